/** The step from a volume to its keys, with everything that a report says of it. */
import { CredentialError, MetadataError } from "../errors.ts"
import type { Finding } from "../findings.ts"
import { type VolumeKeys, listSources } from "../fve/index.ts"
import { type JudgedCopy, type Settled, keysFit, settle } from "../repair/index.ts"
import { type Try, type UnlockOptions, type Unlocked, protectorLabel, unlockVolume } from "../unlock/index.ts"
import { knownOf } from "./geometry-step.ts"
import { askForKeyPackage } from "./key-package-words.ts"
import { loadCredentials } from "./load-credentials.ts"
import { type OpenVolume, type VolumeMetadata, isDecrypted, knownFacts } from "./open-volume.ts"
import { rememberKeys } from "./remember-secrets.ts"
import type { OpenedBy, TryReport } from "./reports.ts"
import type { CredentialInput, JobContext } from "./requests.ts"

export interface UnlockStep {
  /** As it is known now: the key tells more than the checksums did. */
  readonly metadata: VolumeMetadata
  /** The metadata copies as they are judged now; absent when nothing opened it. */
  readonly judged?: readonly JudgedCopy[]
  /** Absent when nothing on the volume is encrypted, or when nothing opened it. */
  readonly keys?: VolumeKeys
  /** Absent when nothing opened it. */
  readonly openedBy?: OpenedBy
  readonly tries: readonly TryReport[]
  readonly findings: readonly Finding[]
}

export async function unlock(
  volume: OpenVolume,
  metadata: VolumeMetadata,
  inputs: readonly CredentialInput[],
  context: JobContext,
): Promise<UnlockStep> {
  const credentials = await loadCredentials(inputs, context)
  const { reconciled } = metadata
  if (isDecrypted(metadata)) {
    const settled = settle(reconciled, undefined, context.crypto)
    return {
      metadata: withSettled(metadata, settled),
      judged: settled.judged,
      openedBy: { credential: "none needed: nothing on the volume is encrypted" },
      tries: [],
      findings: settled.findings,
    }
  }
  const unlocked = await unlockVolume(reconciled.material, credentials, context.crypto, {
    ...unlockOptions(context),
    ...proofBySectors(volume, metadata, context),
  })
  const tries = unlocked.tries.map(describeTry)
  const { keys, openedBy } = unlocked
  if (!keys || !openedBy) return { metadata, tries, findings: [] }
  rememberKeys(keys, context)
  const settled = settle(reconciled, keys, context.crypto, openedBy.protector)
  const opened = withSettled(metadata, settled)
  return {
    metadata: opened,
    judged: settled.judged,
    keys,
    openedBy: describeOpening(openedBy),
    tries,
    findings: [...settled.findings, ...unlocked.findings, ...findingsOf(unlocked, keys, opened)],
  }
}

/** A volume of whose metadata nothing can be read but key protectors and keys, here or in a key package. */
export async function unlockByKeysAlone(
  { reconciled }: OpenVolume,
  inputs: readonly CredentialInput[],
  context: JobContext,
): Promise<Omit<UnlockStep, "metadata">> {
  const unlocked = await unlockVolume(
    reconciled.material,
    await loadCredentials(inputs, context),
    context.crypto,
    unlockOptions(context),
  )
  const { keys, openedBy, findings } = unlocked
  if (keys) rememberKeys(keys, context)
  return {
    ...(keys && { keys }),
    ...(openedBy && { openedBy: describeOpening(openedBy) }),
    tries: unlocked.tries.map(describeTry),
    findings,
  }
}

function unlockOptions({ signal, emit }: JobContext): UnlockOptions {
  return {
    signal,
    onStretch: (done, total) => emit({ type: "progress", phase: "unlock", done, total, unreadable: 0 }),
  }
}

/**
 * A key package or a stray datum may be another volume's, all of its tags right: its keys make nothing of this one. Where
 * the start is open nothing can be said yet, since with a wrong one no keys do.
 */
function proofBySectors(
  volume: OpenVolume,
  metadata: VolumeMetadata,
  { crypto, signal }: JobContext,
): Pick<UnlockOptions, "proves"> {
  if (volume.place.otherStarts.length > 0) return {}
  const { source } = volume
  const known = knownOf(volume, metadata)
  return { proves: (keys) => keysFit({ source, readings: [keys], crypto, known, signal }) }
}

function withSettled(metadata: VolumeMetadata, { block, account }: Settled): VolumeMetadata {
  return {
    ...metadata,
    ...(block && { block }),
    ...(account && knownFacts(account, metadata.reconciled)),
  }
}

function findingsOf({ openedBy }: Unlocked, keys: VolumeKeys, { facts }: VolumeMetadata): Finding[] {
  const findings: Finding[] = []
  if (openedBy?.protector?.kind === "clear-key") {
    findings.push({
      code: "clear-key",
      severity: "notice",
      text: "no password was needed: a clear key lies on the disk, so anyone can open this volume",
    })
  }
  if (openedBy?.protector?.isOlder) {
    const { id, from } = openedBy.protector
    findings.push({
      code: "protector-removed",
      severity: "notice",
      text: `the key protector ${id} was removed since, or made anew: only ${listSources(from)} still ${from.length === 1 ? "has" : "have"} it`,
      evidence: { protectorId: id, from },
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
export function requireMetadata({ copies, metadata, place, reconciled }: OpenVolume): VolumeMetadata {
  if (metadata) return metadata
  const [known] = place.traces.copies
  const places = copies.map(({ copy, reason }) => `copy ${copy.copy}: ${reason}`)
  throw new MetadataError("metadata-lost", "the volume is BitLocker's, but no metadata copy can be read", {
    next: [
      ...askForKeyPackage({ volumeId: known?.trace.volumeId, protectors: reconciled.material.protectors }),
      "if the drive fails while it is read, image it first and use the image",
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

/** Of a volume that was opened, but not by way of the key that all of its key protectors wrap. */
export function lacksVmk(): CredentialError {
  return new CredentialError("vmk-unknown", "what opened the volume does not give its VMK", {
    next: [
      "give the recovery password, the password, a startup key or the VMK itself",
      "a volume that is not encrypted has no keys",
    ],
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
