/**
 * The two messages between the coordinator and its lanes, as data that crosses threads and processes. Positions are those
 * of the output: 0 is the first byte that the run writes.
 */
import { type Extent, extent } from "../extents/extent.ts"

/**
 * What a ticket is for. The first is for outputs that take every byte once and in order; the others are the passes of GNU
 * ddrescue (its manual, "Algorithm"), and a look at a drive that has stopped answering.
 */
export type Pass =
  /** Reads as exactly as the medium allows, goes on behind what is bad, and is final. */
  | "stream"
  /** Large reads over what nobody has tried; ends at the first one that fails. */
  | "copy"
  /** From an edge of what failed, sector by sector, up to the first one that is bad. */
  | "trim"
  /** Every sector between two bad edges. */
  | "scrape"
  /** What is known to be bad, once more. */
  | "retry"
  /** Reads and writes nothing: does the source answer at all? */
  | "probe"

export type Direction = "forward" | "backward"

export interface Ticket {
  readonly id: number
  readonly extent: Extent
  readonly pass: Pass
  readonly direction: Direction
  /** Bytes that one read asks for; whole sectors of the volume. Reads begin and end at multiples of it. */
  readonly readSize: number
  /** The age of the run when the ticket was made. A lane whose ticket has grown old writes no more. */
  readonly epoch: number
}

/** Whether the first read that fails ends the ticket: what lies behind it is left for later. */
export function endsAtFailure({ pass }: Pick<Ticket, "pass">): boolean {
  return pass === "copy" || pass === "trim" || pass === "probe"
}

export interface Outcome {
  readonly id: number
  /**
   * What was written, unreadable parts (as the fill pattern) included: the ticket's extent from its start on, or up to its
   * end when it goes backward.
   */
  readonly done: Extent
  /** Reads that failed. A read that was given up lies beside `done`: nothing was written there. */
  readonly failed: readonly Extent[]
  /** What the plan says nobody can read. */
  readonly lost: readonly Extent[]
  /** Bytes that came from the source: what the volume shows as zeros is never read. */
  readonly bytesRead: number
  /** The last read took so long that it is better to go on elsewhere first. */
  readonly isSlow?: true
  /** Sectors that are stored encrypted and hold nothing but zeros: trimmed by an SSD, or never written. */
  readonly zeroSectorBytes: number
  readonly elapsedMs: number
  /** Why the lane gave up before the end of the ticket: the source is gone, the output is full. */
  readonly error?: unknown
}

/** Of a lane that could not even begin. */
export function nothingDone(ticket: Ticket): Outcome {
  const { start, length } = ticket.extent
  const done = extent(ticket.direction === "backward" ? start + length : start, 0)
  return { id: ticket.id, done, failed: [], lost: [], bytesRead: 0, zeroSectorBytes: 0, elapsedMs: 0 }
}
