/**
 * What one worker does: read a piece, decrypt it in place, write it, all in one page-aligned memory. The lanes (inline,
 * threads) only carry tickets to this function and outcomes back, so they are equal bit for bit.
 *
 * The volume counts in whole sectors, the output in bytes: `--range` may begin and end inside a sector. Only the reads are
 * widened to sectors then; what is written is exactly the ticket's extent.
 */
import {
  type Extent,
  alignDown,
  alignUp,
  endOf,
  extent,
  extentBetween,
  intersect,
  totalLength,
} from "../extents/extent.ts"
import type { Outcome, Ticket } from "../rescue/ticket.ts"
import type { PositionalSink } from "../sink/positional-sink.ts"
import { type PlainSectors, type StoredVolume, readPlainSectors } from "../volume/plain-sectors.ts"

export interface Lane {
  /** Tickets run one after the other, in the order given. Never rejects: a failure is part of the outcome. */
  run(ticket: Ticket): Promise<Outcome>
  close(): Promise<void>
  /** Leaves a lane that hangs in a read; nothing waits for it any more. */
  abandon(): void
}

export interface LaneTools extends StoredVolume {
  readonly sink: PositionalSink
  /** The cipher's own memory, or any other; holds at least one read. */
  readonly buffer: Uint8Array
  /** Position in the volume of the output's first byte. */
  readonly origin: number
  /** False when the ticket was given up: nothing of it may be written any more. */
  readonly isCurrent: (epoch: number) => boolean
}

export async function runTicket(ticket: Ticket, tools: LaneTools): Promise<Outcome> {
  const started = performance.now()
  const failed: Extent[] = []
  let zeroSectorBytes = 0
  let at = ticket.extent.start
  let failure: { error?: unknown } = {}
  try {
    while (at < endOf(ticket.extent)) {
      const written = await writePiece(at, ticket, tools)
      if (!written) break
      failed.push(...written.failed)
      zeroSectorBytes += totalLength(written.zeros)
      at = written.end
    }
  } catch (error) {
    failure = { error }
  }
  const done = extentBetween(ticket.extent.start, at)
  return { id: ticket.id, done, failed, zeroSectorBytes, elapsedMs: performance.now() - started, ...failure }
}

/** One read's worth of the output from `at` on; `undefined` when the ticket was given up meanwhile. */
async function writePiece(
  at: number,
  ticket: Ticket,
  tools: LaneTools,
): Promise<(PlainSectors & { readonly end: number }) | undefined> {
  const { buffer, origin, plan, sink } = tools
  const first = alignDown(origin + at, plan.sectorSize)
  const end = Math.min(origin + endOf(ticket.extent), first + ticket.readSize)
  const sectors = buffer.subarray(0, Math.min(alignUp(end, plan.sectorSize), plan.size) - first)
  const { failed, zeros } = await readPlainSectors(tools, first, sectors)
  if (!tools.isCurrent(ticket.epoch)) return undefined
  await sink.write(at, sectors.subarray(origin + at - first, end - first))

  const output = extentBetween(at, end - origin)
  const inOutput = (extents: readonly Extent[]) =>
    extents.map((e) => intersect(extent(e.start - origin, e.length), output)).filter((e) => e.length > 0)
  return { end: endOf(output), failed: inOutput(failed), zeros: inOutput(zeros) }
}
