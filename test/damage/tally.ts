/**
 * Counts what came of each damaged volume. `REPAIR_BDE_DAMAGE_RESULTS=FILE` makes a run write it down as JSON, case by case
 * and in sums, so that a document says what was measured and nothing else. A reporter, since only the main process sees
 * the tests of all files; each test leaves its record in its own metadata.
 */
import { writeFileSync } from "node:fs"
import type { Reporter, TestModule } from "vitest/node"
import type { Outcome } from "./attempt.ts"
import type { PeerName, PeerResult } from "./peers.ts"
import type { Verdict } from "./verdict.ts"

/** `refused`: where that is right. `wrong`: bytes, a size, or a loss without a word, or no outcome at all. */
export type Count = "right" | "right with losses" | "refused" | "refused needlessly" | "wrong"

export interface DamageRecord {
  readonly kind: "scenario" | "combination"
  /** Of the scenario file; of a combination, its seed. */
  readonly name: string
  readonly volume: string
  /** What may come of it: `recovered`, `withheld`, `refused 12`. */
  readonly expected: readonly string[]
  readonly result: string
  readonly count: Count
  /** Absent when it was refused. */
  readonly exitCode?: number
  readonly bytes?: Verdict["bytes"]
  readonly detail: string
  /** What other programs make of the same input; absent where they were not asked. */
  readonly peers?: Readonly<Record<PeerName, PeerResult>>
}

/** Of a repair in place: `opens again`, or `refused 12`. */
export interface InPlaceRecord {
  readonly name: string
  readonly volume: string
  readonly result: string
  /** The undo file gave the damaged image back, bit for bit. */
  readonly isUndone?: boolean
}

/** Where the results are to be written, if anywhere. */
export const RESULTS = process.env.REPAIR_BDE_DAMAGE_RESULTS

declare module "vitest" {
  interface TaskMeta {
    damage?: DamageRecord
    inPlace?: InPlaceRecord
  }
}

export function recordOf(
  about: Pick<DamageRecord, "kind" | "name" | "volume" | "expected">,
  { result, detail, verdict, report }: Outcome,
): DamageRecord {
  return {
    ...about,
    result,
    count: countOf(about.expected, result, verdict),
    ...(report && { exitCode: report.exitCode }),
    ...(verdict && { bytes: verdict.bytes }),
    detail,
  }
}

function countOf(expected: readonly string[], result: string, verdict: Verdict | undefined): Count {
  if (result.startsWith("refused")) return expected.includes(result) ? "refused" : "refused needlessly"
  if (result === "withheld") return "right with losses"
  if (result !== "recovered") return "wrong"
  return verdict && verdict.bytes.lost > 0 ? "right with losses" : "right"
}

export default class DamageTally implements Reporter {
  readonly #path: string

  constructor({ path }: { readonly path: string }) {
    this.#path = path
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const metas = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.meta()))
    const records = metas.flatMap(({ damage }) => damage ?? [])
    const inPlace = metas.flatMap(({ inPlace: record }) => record ?? [])
    if (records.length + inPlace.length === 0) return
    const sums = (kind: DamageRecord["kind"]) => sumOf(records.filter((record) => record.kind === kind))
    const tally = { scenarios: sums("scenario"), combinations: sums("combination"), records, inPlace }
    writeFileSync(this.#path, `${JSON.stringify(tally, undefined, 2)}\n`)
  }
}

function sumOf(records: readonly DamageRecord[]): Readonly<Record<string, number>> {
  const sum = (count: Count): number => records.filter((record) => record.count === count).length
  return {
    cases: records.length,
    right: sum("right"),
    rightWithLosses: sum("right with losses"),
    refused: sum("refused"),
    refusedNeedlessly: sum("refused needlessly"),
    wrong: sum("wrong"),
    wrongWithExit0: records.filter(({ count, exitCode }) => count === "wrong" && exitCode === 0).length,
  }
}
