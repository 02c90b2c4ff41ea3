/** Our own program on a damaged volume, as a person runs it: the outcome is an output that is judged, or a refusal. */
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  AppError,
  type CredentialInput,
  type InputChoice,
  recoveryPassword,
  type RepairReport,
  repairVolume,
  startupKey,
} from "../../dist/index.js"
import type { Extent } from "../../src/extents/extent.ts"
import { forgeKeyPackage } from "../forge/key-package.ts"
import { consultOracle } from "./oracle.ts"
import type { Scenario } from "./scenario.ts"
import { judgeOutput, type Verdict } from "./verdict.ts"
import type { Victim } from "./victim.ts"
import { forgeStranger } from "./volumes.ts"

export interface Outcome {
  /** `recovered`, `wrong`, …, `refused 12`, `crashed`. */
  readonly result: string
  readonly detail: string
  readonly verdict?: Verdict
  readonly report?: RepairReport
}

/** @param folder for the input, its keys and the output */
export async function attemptRepair(victim: Victim, scenario: Scenario, folder: string): Promise<Outcome> {
  const path = join(folder, "damaged.img")
  const output = join(folder, "repaired.img")
  writeFileSync(path, victim.input)
  rmSync(output, { force: true })
  // The volumes differ in little but their damage.
  for (const beside of ["plan.json", "map"]) rmSync(`${output}.${beside}`, { force: true })
  const input = inputFor(victim, scenario, path)
  const keys = await keysFor(victim, scenario, folder)
  try {
    const report = await repairVolume({ input, output, ...keys })
    const verdict = judgeOutput(readFileSync(output), consultOracle(victim), reportedBy(report))
    const detail = [`exit ${report.exitCode}`, verdict.detail].filter(Boolean).join(": ")
    return { result: verdict.judgement, detail, verdict, report }
  } catch (error) {
    if (error instanceof AppError)
      return { result: `refused ${error.exitCode}`, detail: `${error.code}: ${error.message}` }
    return {
      result: "crashed",
      detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }
  } finally {
    rmSync(output, { force: true })
  }
}

export function inputFor({ start, volume }: Victim, { isPlaceTold }: Scenario, path: string): InputChoice {
  return { path, ...(isPlaceTold && { offset: start, size: volume.size }) }
}

/** With exit code 0 nothing is reported as lost but what the output does not hold. */
function reportedBy({ exitCode, unreadable, volume }: RepairReport): readonly Extent[] {
  const damage = volume.findings.flatMap(({ severity, extent, code }) =>
    extent && severity === "damage" && (exitCode !== 0 || code === "input-truncated") ? [extent] : [],
  )
  return [...unreadable, ...damage]
}

/** What the owner of the volume holds. */
export async function keysFor(
  victim: Victim,
  scenario: Pick<Scenario, "credential" | "keyPackage">,
  folder: string,
): Promise<{ credentials: CredentialInput[]; keyPackages: string[] }> {
  return {
    credentials: credentialsFor(victim, scenario, folder),
    keyPackages: await keyPackagesFor(victim, scenario, folder),
  }
}

function credentialsFor(
  { volume }: Victim,
  { credential = "startup-key" }: Pick<Scenario, "credential">,
  folder: string,
): CredentialInput[] {
  // Of a decrypted volume.
  if (volume.protectors.length === 0) return []
  if (credential === "startup-key") return [startupKey(writeStartupKey(volume, folder))]
  const { recoveryPassword: digits } = volume.protectors.find(({ kind }) => kind === credential)!
  return [recoveryPassword(digits!)]
}

export function writeStartupKey({ protectors }: Victim["volume"], folder: string): string {
  const { fileName, file } = protectors.find((protector) => protector.startupKey)!.startupKey!
  const path = join(folder, fileName)
  writeFileSync(path, file)
  return path
}

async function keyPackagesFor(
  { volume }: Victim,
  { keyPackage, credential = "startup-key" }: Pick<Scenario, "credential" | "keyPackage">,
  folder: string,
): Promise<string[]> {
  if (!keyPackage) return []
  const owner = keyPackage === "own" ? volume : await forgeStranger()
  const protector = owner.protectors.find(({ kind }) => kind === credential)!
  const path = join(folder, `BitLocker Key Package {${protector.id}}.KPG`)
  writeFileSync(
    path,
    forgeKeyPackage(owner, { variant: "dataset", encoding: "binary", protectorId: protector.id }),
  )
  return [path]
}
