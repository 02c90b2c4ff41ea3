/**
 * Times `keys clinic`: candidates for a recovery password that were tried in a second, the start of the program and the
 * unlocking of what was found included. The password has digits that cannot be read, such that the right one comes late.
 */
import { rmSync } from "node:fs"
import { planSearch } from "../src/clinic/index.ts"
import { formatRecoveryPassword } from "../src/credential/recovery-password.ts"
import { EncryptionMethod } from "../src/crypto/method.ts"
import { OURS } from "./contestants.ts"
import { makeVolume } from "./make-volume.ts"
import { measure, median } from "./measure.ts"
import type { BenchOptions } from "./options.ts"
import type { ClinicTiming } from "./report.ts"

const VOLUME_SIZE = 64 * 1024 ** 2

export async function timeClinic(folder: string, { runs }: BenchOptions): Promise<ClinicTiming> {
  const volume = await makeVolume(folder, "clinic", EncryptionMethod.xtsAes128, VOLUME_SIZE)
  const typed = volume.recoveryPassword.replace("660066", "?600??")
  const command = [...OURS, "keys", "clinic", volume.path, "-q", `-rp:${typed}`]
  const cost = median(Array.from({ length: runs }, () => measure(command)))
  for (const path of [volume.path, volume.plaintext]) rmSync(path)
  return { candidateCount: rankOf(volume.recoveryPassword, typed), cost }
}

/** Candidates up to the right one. */
function rankOf(right: string, typed: string): number {
  const plan = planSearch(typed)
  if (plan.kind !== "search") throw new Error("the search of the benchmark is none")
  let rank = 0
  for (const key16 of plan.candidates()) {
    rank++
    if (formatRecoveryPassword(key16) === right) return rank
  }
  throw new Error("the right recovery password is no candidate")
}
