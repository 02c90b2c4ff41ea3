/**
 * The two messages between the coordinator and its lanes, as data that crosses threads and processes. Positions are those
 * of the output: 0 is the first byte that the run writes.
 */
import { type Extent, extent } from "../extents/extent.ts"

/** What a ticket is for. Media that fail will add trimming, scraping and retrying. */
export type Pass = "copy"

export interface Ticket {
  readonly id: number
  readonly extent: Extent
  readonly pass: Pass
  /** Bytes that one read asks for; whole sectors of the volume. */
  readonly readSize: number
  /** The age of the run when the ticket was made. A lane whose ticket has grown old writes no more. */
  readonly epoch: number
}

export interface Outcome {
  readonly id: number
  /** What was written, unreadable parts (as zeros) included: the head of the ticket's extent, or all of it. */
  readonly done: Extent
  /** What of it could not be read. */
  readonly failed: readonly Extent[]
  /** Sectors that are stored encrypted and hold nothing but zeros: trimmed by an SSD, or never written. */
  readonly zeroSectorBytes: number
  readonly elapsedMs: number
  /** Why the lane gave up before the end of the ticket: the source is gone, the output is full. */
  readonly error?: unknown
}

/** Of a lane that could not even begin. */
export function nothingDone(ticket: Ticket): Outcome {
  const done = extent(ticket.extent.start, 0)
  return { id: ticket.id, done, failed: [], zeroSectorBytes: 0, elapsedMs: 0 }
}
