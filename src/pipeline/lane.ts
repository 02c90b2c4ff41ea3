/**
 * What one worker does: read a piece, decrypt it in place, write it, all in one page-aligned memory. The lanes (inline,
 * threads, processes) only carry tickets to this function and outcomes back, so they are equal bit for bit.
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
import { type Outcome, type Ticket, endsAtFailure, nothingDone } from "../rescue/ticket.ts"
import type { PositionalSink } from "../sink/positional-sink.ts"
import { type PlainSectors, type StoredVolume, readPlainSectors } from "../volume/plain-sectors.ts"
import { type Fill, fillLoss } from "./fill.ts"

/** A piece that takes longer comes from a part of the medium that the drive itself has to read again and again. */
const SLOW_MS = 2_000

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
  readonly fill: Fill
  /** False when the ticket was given up: nothing of it may be written any more. */
  readonly isCurrent: (epoch: number) => boolean
  /** Hears where the lane is, so that somebody else can tell whether it hangs. */
  readonly onStep?: ((step: Step) => void | Promise<void>) | undefined
}

/** What a lane is about to do: read a piece, having done so much of its ticket, or write it. */
export type Step = { readonly reads: Extent; readonly soFar: Outcome } | "writes"

export async function runTicket(ticket: Ticket, tools: LaneTools): Promise<Outcome> {
  const started = performance.now()
  let outcome = nothingDone(ticket)
  try {
    for (let rest = ticket.extent; rest.length > 0; rest = restOf(ticket, outcome)) {
      const done = await runPiece(pieceOf(rest, ticket, tools), outcome, ticket, tools)
      outcome = done.outcome
      if (done.isLast) break
    }
  } catch (error) {
    outcome = { ...outcome, error }
  }
  return { ...outcome, elapsedMs: performance.now() - started }
}

interface PieceDone {
  readonly outcome: Outcome
  /** The ticket ends with it. */
  readonly isLast: boolean
}

/** What a ticket has come to with one piece more. */
async function runPiece(piece: Extent, soFar: Outcome, ticket: Ticket, tools: LaneTools): Promise<PieceDone> {
  const { onStep, sink, isCurrent } = tools
  if (onStep) await onStep({ reads: piece, soFar })
  const began = performance.now()
  const read = await readPiece(piece, ticket, tools)
  const isSlow = performance.now() - began > SLOW_MS
  if (onStep) await onStep("writes")
  if (!isCurrent(ticket.epoch)) return { outcome: soFar, isLast: true }
  if (ticket.pass !== "probe") await sink.write(piece.start, read.bytes)
  const outcome = joined(soFar, piece, read)
  if (!endsAtFailure(ticket)) return { outcome, isLast: false }
  return { outcome: isSlow ? { ...outcome, isSlow } : outcome, isLast: isSlow || read.failed.length > 0 }
}

interface Piece extends PlainSectors {
  readonly bytes: Uint8Array
}

/** One read's worth of the output. */
async function readPiece(piece: Extent, ticket: Ticket, tools: LaneTools): Promise<Piece> {
  const { buffer, origin, plan, fill } = tools
  const first = alignDown(origin + piece.start, plan.sectorSize)
  const end = Math.min(alignUp(origin + endOf(piece), plan.sectorSize), plan.size)
  const sectors = buffer.subarray(0, end - first)
  const read = await readPlainSectors(tools, first, sectors, { once: endsAtFailure(ticket) })
  const bytes = sectors.subarray(origin + piece.start - first, origin + endOf(piece) - first)
  const inOutput = (extents: readonly Extent[]): Extent[] =>
    extents.map((e) => intersect(extent(e.start - origin, e.length), piece)).filter((e) => e.length > 0)
  const [failed, lost] = [inOutput(read.failed), inOutput(read.lost)]
  for (const e of [...failed, ...lost]) {
    fillLoss(bytes.subarray(e.start - piece.start, endOf(e) - piece.start), e.start, fill)
  }
  return { bytes, failed, lost, zeros: inOutput(read.zeros), bytesRead: read.bytesRead }
}

/** The next read of what is left: it begins and ends at multiples of the read size, counted in the volume. */
function pieceOf(rest: Extent, { direction, readSize }: Ticket, { origin }: LaneTools): Extent {
  if (direction === "forward") {
    return extentBetween(
      rest.start,
      Math.min(endOf(rest), alignDown(origin + rest.start, readSize) + readSize - origin),
    )
  }
  return extentBetween(
    Math.max(rest.start, alignDown(origin + endOf(rest) - 1, readSize) - origin),
    endOf(rest),
  )
}

function restOf({ extent: whole, direction }: Ticket, { done }: Outcome): Extent {
  return direction === "forward"
    ? extentBetween(endOf(done), endOf(whole))
    : extentBetween(whole.start, done.start)
}

function joined(outcome: Outcome, piece: Extent, read: Piece): Outcome {
  const { done, failed, lost, bytesRead, zeroSectorBytes } = outcome
  return {
    ...outcome,
    done: extent(Math.min(done.start, piece.start), done.length + piece.length),
    failed: [...failed, ...read.failed],
    lost: [...lost, ...read.lost],
    bytesRead: bytesRead + read.bytesRead,
    zeroSectorBytes: zeroSectorBytes + totalLength(read.zeros),
  }
}
