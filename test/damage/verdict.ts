/** Judges what a program made of a damaged volume: compares its output with what can still be known. */
import { endOf, type Extent, hex } from "../../src/extents/extent.ts"
import { differingSectors, Fate, type Truth } from "./oracle.ts"

/**
 * `recovered`: every byte that can be known is right, and every loss that can be noticed was reported. `withheld`: nothing is
 * wrong, but something that can be known was given up. `unreported`: a loss went without a word. `wrong`: bytes that are
 * neither right nor reported.
 */
export type Judgement = "recovered" | "withheld" | "unreported" | "wrong" | "wrong size"

export interface Verdict {
  readonly judgement: Judgement
  readonly bytes: Readonly<Record<"wrong" | "withheld" | "unreported" | "lost", number>>
  /** For a failure message. */
  readonly detail: string
}

const SECTOR = 512

/** @param reported what the program named as lost or doubtful, in positions of the volume */
export function judgeOutput(output: Uint8Array, truth: Truth, reported: readonly Extent[]): Verdict {
  const { expected, remaining, otherReadings, fates } = truth
  const isReported = new Uint8Array(expected.length)
  for (const e of reported) isReported.fill(1, Math.max(0, e.start), endOf(e))
  const readings = [remaining, ...otherReadings]
  const bytes = { wrong: 0, withheld: 0, unreported: 0, lost: 0 }
  const places: string[] = []
  const count = (kind: keyof typeof bytes, at: number): void => {
    if (bytes[kind] === 0) places.push(`${kind} from ${hex(at)} on`)
    bytes[kind] += 1
  }
  for (const sector of differingSectors(output, expected)) {
    for (let i = sector; i < Math.min(sector + SECTOR, output.length, expected.length); i++) {
      if (output[i] === expected[i] || fates[i] === Fate.untold) continue
      if (fates[i] === Fate.known) count(isReported[i] ? "withheld" : "wrong", i)
      else if (isReported[i]) count("lost", i)
      else if (fates[i] === Fate.missing) count("unreported", i)
      else
        count(output[i] === 0 || readings.some((reading) => reading[i] === output[i]) ? "lost" : "wrong", i)
    }
  }
  const sized = judgeSize(output.length, truth, isReported)
  const judgement =
    bytes.wrong > 0
      ? "wrong"
      : (sized ?? (bytes.unreported > 0 ? "unreported" : bytes.withheld > 0 ? "withheld" : "recovered"))
  const sums = Object.entries(bytes).filter(([, sum]) => sum > 0)
  const sizes = sized ? [`${output.length} instead of ${expected.length} bytes`] : []
  return {
    judgement,
    bytes,
    detail: [...sums.map(([kind, sum]) => `${sum} bytes ${kind}`), ...sizes, ...places].join(", "),
  }
}

/** An output may end where a cut image ends, when that is said. */
function judgeSize(
  size: number,
  { expected, fates }: Truth,
  isReported: Uint8Array,
): "wrong size" | undefined {
  if (size === expected.length) return undefined
  if (size > expected.length) return "wrong size"
  for (let i = size; i < expected.length; i++) {
    if (fates[i] !== Fate.untold && (fates[i] === Fate.known || !isReported[i])) return "wrong size"
  }
  return undefined
}
