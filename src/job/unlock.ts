/** The step from a volume to its keys, with everything that a report says of it. */
import { CredentialError, MetadataError } from "../errors.ts"
import type { Finding } from "../findings.ts"
import type { VolumeKeys } from "../fve/index.ts"
import { type Try, type Unlocked, unlockVolume, verifyMetadata } from "../unlock/index.ts"
import { loadCredentials } from "./load-credentials.ts"
import { type OpenVolume, type VolumeMetadata, isDecrypted } from "./open-volume.ts"
import type { OpenedBy, TryReport } from "./reports.ts"
import type { CredentialInput, JobContext } from "./requests.ts"
import { protectorLabel } from "../unlock/index.ts"

export interface UnlockStep {
  /** Absent when nothing on the volume is encrypted, or when nothing opened it. */
  readonly keys?: VolumeKeys
  /** Absent when nothing opened it. */
  readonly openedBy?: OpenedBy
  readonly tries: readonly TryReport[]
  readonly findings: readonly Finding[]
}

export async function unlock(
  metadata: VolumeMetadata,
  inputs: readonly CredentialInput[],
  context: JobContext,
): Promise<UnlockStep> {
  const credentials = await loadCredentials(inputs)
  if (isDecrypted(metadata)) {
    return {
      openedBy: { credential: "none needed: nothing on the volume is encrypted" },
      tries: [],
      findings: [verifyMetadata(metadata.block, undefined, context.crypto)],
    }
  }
  const unlocked = await unlockVolume(metadata.block.dataset, credentials, context.crypto, {
    signal: context.signal,
    onStretch: (done, total) =>
      context.emit({ type: "progress", phase: "unlock", done, total, unreadable: 0 }),
  })
  return {
    ...(unlocked.keys && { keys: unlocked.keys }),
    ...(unlocked.openedBy && { openedBy: describeOpening(unlocked.openedBy) }),
    tries: unlocked.tries.map(describeTry),
    findings: unlocked.keys ? findingsOf(unlocked, unlocked.keys, metadata, context) : [],
  }
}

function findingsOf(
  { openedBy }: Unlocked,
  keys: VolumeKeys,
  { block, facts }: VolumeMetadata,
  { crypto }: JobContext,
): Finding[] {
  const findings = [verifyMetadata(block, keys.vmk, crypto)]
  if (openedBy?.protector?.kind === "clear-key") {
    findings.push({
      code: "clear-key",
      severity: "notice",
      text: "no password was needed: a clear key lies on the disk, so anyone can open this volume",
    })
  }
  if (facts.methodNumber !== keys.method) {
    findings.push({
      code: "method-from-fvek",
      severity: "damage",
      text: `the dataset names the encryption method 0x${facts.methodNumber.toString(16)}, the key itself 0x${keys.method.toString(16)}: the key is right`,
    })
  }
  return findings
}

/** @throws MetadataError when there is nothing to unlock */
export function requireMetadata({ copies, metadata }: OpenVolume): VolumeMetadata {
  if (metadata) return metadata
  const places = copies.map(({ copy, reason }) => `copy ${copy.copy}: ${reason}`)
  throw new MetadataError("metadata-lost", "the volume is BitLocker's, but no metadata copy can be read", {
    next: [
      "if the drive fails while it is read, image it first and use the image",
      "keep the key package of this drive at hand, if there is one: it replaces the metadata",
    ],
    data: { copies: places },
  })
}

export function nothingOpened(tries: readonly TryReport[], credentialCount: number): CredentialError {
  const message =
    credentialCount === 0
      ? "the volume is locked, and no credential was given"
      : "no credential opens the volume"
  const wanted = tries
    .filter(({ outcome }) => outcome === "other-kind" || outcome === "wrong-key")
    .flatMap(({ protectorId, protectorLabel: label }) =>
      protectorId ? [`find the ${label} with the key ID ${protectorId}`] : [],
    )
  return new CredentialError("nothing-opened", message, {
    next: [
      ...new Set(wanted),
      "the first eight characters of a key ID are what Windows shows and help desks ask for",
    ],
    data: { tries: tries.map((t) => ({ ...t })) },
  })
}

function describeTry({ credential, protector, outcome, why, form }: Try): TryReport {
  return {
    credential: form ? `${credential}, ${form}` : credential,
    ...(protector && { protectorId: protector.id, protectorLabel: protectorLabel(protector.kind) }),
    outcome,
    why,
  }
}

function describeOpening({ credential, protector, form }: Try): OpenedBy {
  return {
    credential,
    ...(protector && { protectorId: protector.id, protectorLabel: protectorLabel(protector.kind) }),
    ...(form && { form }),
  }
}
