/** What a lane's process and its owner tell each other, as Node's advanced serialization carries it. */
import type { Extent } from "../extents/extent.ts"
import type { Outcome, Ticket } from "../rescue/ticket.ts"
import type { ProcessSetup } from "./lane-setup.ts"
import type { PortableError } from "./portable-error.ts"

export type ProcessRequest =
  | { readonly setup: ProcessSetup }
  | { readonly ticket: Ticket }
  /** The run has this age now: older tickets write no more. */
  | { readonly epoch: number }
  | { readonly close: true }

export type ProcessReply =
  /** About to read, having done so much of the ticket. */
  | { readonly reads: Extent; readonly soFar: Omit<Outcome, "error"> }
  | { readonly writes: true }
  | { readonly outcome: Omit<Outcome, "error">; readonly error?: PortableError }
