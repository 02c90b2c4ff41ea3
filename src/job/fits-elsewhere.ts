/**
 * What a key that does not open the volume opens instead: another volume of the same disk, or one that was in its place
 * before. A key that fits nothing is a wrong one; a key that fits something tells which drive or which time it is of.
 *
 * Bounded: a disk can be made of volumes without end, and each password costs half a second on each key protector.
 */
import type { KeyMaterial } from "../fve/index.ts"
import { type LabelledCredential, protectorLabel, unlockVolume } from "../unlock/index.ts"
import { loadCredentials } from "./load-credentials.ts"
import type { OpenInput } from "./open-input.ts"
import { openVolume } from "./open-volume.ts"
import type { ElsewhereReport } from "./reports.ts"
import type { CredentialInput, JobContext } from "./requests.ts"

const MOST_VOLUMES = 16
const MOST_STRETCHES = 32

/** @param tried the number of the volume that they do not open */
export async function findElsewhere(
  input: OpenInput,
  tried: number,
  inputs: readonly CredentialInput[],
  context: JobContext,
): Promise<ElsewhereReport[]> {
  const { crypto, signal, emit } = context
  // An FVEK proves itself by the plaintext alone, which is more than a look.
  const loaded = await loadCredentials(inputs, context)
  const credentials = loaded.filter(({ credential }) => credential.kind !== "fvek")
  if (credentials.length === 0) return []
  const found: ElsewhereReport[] = []
  const others = [...input.places.entries()].filter(([i]) => i + 1 !== tried)
  let stretchCount = 0
  let skippedCount = Math.max(0, others.length - MOST_VOLUMES)
  for (const [i, place] of others.slice(0, MOST_VOLUMES)) {
    const volume = await openVolume(input, place, i + 1, signal)
    const material = withoutClearKeys(volume.reconciled.material)
    stretchCount += countStretches(material, credentials)
    if (stretchCount > MOST_STRETCHES) {
      skippedCount++
      continue
    }
    const { keys, openedBy } = await unlockVolume(material, credentials, crypto, { signal })
    if (!keys || !openedBy) continue
    const { credential, protector } = openedBy
    found.push({
      credential,
      volume: i + 1,
      where: place.where,
      standing: place.standing,
      ...(protector && { protectorId: protector.id, protectorLabel: protectorLabel(protector.kind) }),
    })
  }
  if (skippedCount > 0) {
    const text = `the credentials were not tried on ${skippedCount} further volumes of the input: choose one with --volume`
    emit({ type: "notice", code: "volumes-not-tried", text })
  }
  return found
}

/** They open their volume for anybody, and say nothing about the credentials. */
function withoutClearKeys(material: KeyMaterial): KeyMaterial {
  return { ...material, protectors: material.protectors.filter(({ clearKey }) => !clearKey) }
}

/** At most: the same salt is stretched once. */
function countStretches({ protectors }: KeyMaterial, credentials: readonly LabelledCredential[]): number {
  const counts = credentials.map(({ credential }) => {
    const forms = credential.kind === "password" ? credential.forms.length : 1
    const isStretched = credential.kind === "password" || credential.kind === "recovery-password"
    return isStretched ? forms * protectors.filter(({ kind }) => kind === credential.kind).length : 0
  })
  return counts.reduce((sum, count) => sum + count, 0)
}
