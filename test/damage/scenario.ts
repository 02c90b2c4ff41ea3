/** Scenario files: `test/damage/NAME.json`, one injury each, with the outcome that is expected. A bug report becomes one first. */
import { readdirSync, readFileSync } from "node:fs"
import type { Conversion } from "../forge/recipe.ts"
import { seededRandom } from "../forge/random.ts"
import { type Injury, injure } from "./injury.ts"
import { type DiskRecipe, layOnDisk, type Victim } from "./victim.ts"
import { type Changes, forgeVolume, VOLUME_NAMES, type VolumeName } from "./volumes.ts"

/** `refused 12`: the exit code of the error. `withheld`: right, but some bytes that could be known may be listed as lost. */
export type Expectation = "recovered" | "withheld" | `refused ${number}`

export type InPlaceExpectation = "opens again" | `refused ${number}`

export interface Scenario {
  /** That of the file. */
  readonly name: string
  /** What happened, and what makes it hard. */
  readonly story: string
  /** Absent: all of them. */
  readonly volumes?: readonly VolumeName[]
  readonly disk?: DiskRecipe
  readonly conversion?: Conversion
  readonly hasPlainTail?: boolean
  readonly injuries: readonly Injury[]
  /** The startup key when absent. */
  readonly credential?: "startup-key" | "recovery-password"
  readonly keyPackage?: "own" | "stranger's"
  /** The program is told where the volume is. */
  readonly isPlaceTold?: boolean
  readonly expected: Expectation
  /** Of single volumes, with the reason. */
  readonly except?: Partial<Readonly<Record<VolumeName, Exception>>>
  /** Of the repair in place. Absent: it is refused where the repair is, else the volume opens again. */
  readonly inPlace?: InPlaceExpectation
  /** Programs that refuse the volume all the same, when it is repaired in place; the reason is in `why`. */
  readonly refusedBy?: readonly string[]
  /** Why not all is well: the reason of an expectation that is not the best one. */
  readonly why?: string
  /** In the quick suite, on its first volume. */
  readonly quick?: boolean
}

interface Exception {
  readonly expected?: Expectation
  readonly inPlace?: InPlaceExpectation
  readonly refusedBy?: readonly string[]
  readonly why: string
}

const FOLDER = new URL(".", import.meta.url)

/** Lies beside them and is none: what is not survived yet. */
const OPEN = "open.json"

export const scenarios: readonly Scenario[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json") && file !== OPEN)
  .sort()
  .map((file) => ({
    ...(JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Omit<Scenario, "name">),
    name: file.replace(/\.json$/, ""),
  }))

export interface Case {
  readonly scenario: Scenario
  readonly volume: VolumeName
  readonly expected: Expectation
  readonly inPlace: InPlaceExpectation
  readonly refusedBy: readonly string[]
}

export const cases: readonly Case[] = scenarios.flatMap((scenario) =>
  (scenario.volumes ?? VOLUME_NAMES).map((volume): Case => {
    const exception = scenario.except?.[volume]
    const expected = exception?.expected ?? scenario.expected
    const usual = expected === "recovered" || expected === "withheld" ? "opens again" : expected
    const inPlace = exception?.inPlace ?? scenario.inPlace ?? usual
    const refusedBy = exception?.refusedBy ?? scenario.refusedBy ?? []
    return { scenario, volume, expected, inPlace, refusedBy }
  }),
)

const SECTOR = 512

export async function makeVictim({ scenario, volume: name }: Case): Promise<Victim> {
  const { conversion, hasPlainTail, disk, injuries } = scenario
  const changes: Changes = {
    ...(conversion && { conversion }),
    ...(hasPlainTail && { hasPlainTail }),
    ...(disk && { hiddenSectorCount: Math.floor(disk.start / SECTOR) }),
  }
  const volume = await forgeVolume(name, changes)
  return injure(layOnDisk(name, volume, disk), injuries, seededRandom(seedOf(scenario.name)))
}

function seedOf(name: string): number {
  return name.split("").reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7)
}
