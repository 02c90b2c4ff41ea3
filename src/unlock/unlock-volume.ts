/**
 * From credentials to the keys of a volume: every credential on every key protector of its kind, in every version of it that
 * was found, and for each the reason why it did not open. Only an AES-CCM tag decides. What costs nothing is tried first
 * (the clear key, startup keys, raw keys); key stretches, a million hashes each, run side by side and stop as soon as one
 * has opened.
 */
import type { Crypto } from "../crypto/crypto.ts"
import { Secret } from "../crypto/secret.ts"
import type { Finding } from "../findings.ts"
import type { FoundProtector, KeyMaterial, VolumeKeys } from "../fve/index.ts"
import {
  type LabelledCredential,
  type StretchAttempt,
  type VersionedProtector,
  gatherVersions,
  keyAttempts,
  stretchAttempts,
} from "./attempts.ts"
import { certificateTargets, notTheCertificate, openSealedKeys } from "./certificates.ts"
import { type OpenedFvek, type OpenedVmk, openFveks, openVmks } from "./open-boxes.ts"
import { fvekFinding, protectorFinding } from "./provenance.ts"
import { chooseFvek } from "./raw-fvek.ts"
import { type StretchOptions, stretchUntilOpen } from "./stretch-until-open.ts"
import { type Try, TryLog, notOpened, untried } from "./tries.ts"

export interface Unlocked {
  /** Absent when nothing opened the volume. */
  readonly keys?: VolumeKeys
  /** The try that did. */
  readonly openedBy?: Try
  readonly tries: readonly Try[]
  /** Which of several versions were right. */
  readonly findings: readonly Finding[]
}

export interface UnlockOptions extends StretchOptions {
  /** Whether the plaintext shows that the keys are right: asked only where no tag can tell. */
  readonly proves?: (keys: VolumeKeys) => Promise<boolean>
}

interface Session {
  readonly material: KeyMaterial
  readonly crypto: Crypto
  readonly options: UnlockOptions
  readonly log: TryLog
}

type Opened = Pick<Unlocked, "findings"> & { readonly keys: VolumeKeys; readonly openedBy: Try }

export async function unlockVolume(
  material: KeyMaterial,
  credentials: readonly LabelledCredential[],
  crypto: Crypto,
  options: UnlockOptions = {},
): Promise<Unlocked> {
  const session = { material, crypto, options, log: new TryLog() }
  const protectors = gatherVersions(material.protectors)
  const opened =
    (await tryKeys(session, protectors, credentials)) ??
    (await tryCertificates(session, protectors, credentials)) ??
    (await tryRawKeys(session, credentials)) ??
    (await tryStretches(session, stretchAttempts(protectors, credentials, crypto)))
  if (!opened) for (const row of untried(protectors, credentials)) session.log.add(row)
  return { findings: [], ...opened, tries: session.log.tries() }
}

async function tryKeys(
  session: Session,
  protectors: readonly VersionedProtector[],
  credentials: readonly LabelledCredential[],
): Promise<Opened | undefined> {
  for (const { credential, targets, key } of keyAttempts(protectors, credentials)) {
    const opened = await tryKey(session, { credential, targets, key })
    if (opened) return opened
  }
  return undefined
}

interface KeyTrial {
  readonly credential: string
  readonly targets: readonly VersionedProtector[]
  readonly key: Secret
  readonly form?: string
}

async function tryKey(
  session: Session,
  { credential, targets, key, form }: KeyTrial,
): Promise<Opened | undefined> {
  const { material, crypto, log } = session
  const ids = targets.map(({ id }) => id)
  const vmks = openVmks(key, ids, material.protectors, crypto)
  for (const vmk of vmks) {
    const about = { credential, protector: vmk.protector, ...(form !== undefined && { form }) }
    const opened = await tryVmk(session, about, vmk)
    if (opened) return opened
  }
  const missed = targets.filter(({ id }) => !vmks.some(({ protector }) => protector.id === id))
  for (const target of missed) log.add(notOpened(credential, target, form))
  return undefined
}

/** A VMK that its tag has proven, or that was given: it must also open the FVEK. */
async function tryVmk(
  { material, crypto, options, log }: Session,
  about: Pick<Try, "credential" | "protector" | "form">,
  { vmk, failed }: Pick<OpenedVmk, "vmk" | "failed">,
): Promise<Opened | undefined> {
  const opened = openFveks(vmk, material, crypto)
  for (const { keys, box } of opened) {
    if (!keys) continue
    // Another volume's package or datum opens with that volume's key, all of its tags right.
    const isSure = !box.mayBeForeign || !options.proves || (await options.proves(keys))
    if (!isSure) {
      const why = "opens, but what it opens are the keys of another volume"
      log.add({ ...about, outcome: "wrong-key", why })
      continue
    }
    const openedBy = log.add({ ...about, outcome: "opened", why: "opens" })
    const findings = [
      ...(about.protector ? protectorFinding(about.protector, failed) : []),
      ...fvekFinding([box, ...opened.map((one) => one.box)], material),
    ]
    return { keys, openedBy, findings }
  }
  log.add({ ...about, ...whyNoFvek(opened, material, about.protector) })
  return undefined
}

function whyNoFvek(
  opened: readonly OpenedFvek[],
  { fveks }: KeyMaterial,
  protector: FoundProtector | undefined,
): Pick<Try, "outcome" | "why"> {
  const unknown = opened.find(({ keys }) => !keys)
  if (unknown) {
    const why = `opens, but the encryption method 0x${unknown.keyType.toString(16)} is not known`
    return { outcome: "impossible", why }
  }
  if (opened.length > 0) return { outcome: "wrong-key", why: "opens the keys of another volume" }
  if (!protector) return { outcome: "wrong-key", why: "this VMK does not open the volume's FVEK" }
  if (fveks.length === 0) return { outcome: "damaged", why: "opens, but the volume has no FVEK" }
  const why = protector.isOlder
    ? "opens an older generation of the metadata, whose VMK does not open the volume's FVEK"
    : "opens, but the FVEK datum is damaged"
  return { outcome: "damaged", why }
}

async function tryCertificates(
  session: Session,
  protectors: readonly VersionedProtector[],
  credentials: readonly LabelledCredential[],
): Promise<Opened | undefined> {
  for (const { credential, label } of credentials) {
    if (credential.kind !== "public-key") continue
    for (const target of certificateTargets(credential, protectors)) {
      const keys = openSealedKeys(credential, target, session.crypto)
      for (const key of keys) {
        const opened = await tryKey(session, { credential: label, targets: [target], key })
        if (opened) return opened
      }
      if (keys.length === 0) session.log.add(notTheCertificate(label, target, credential))
    }
  }
  return undefined
}

async function tryRawKeys(
  session: Session,
  credentials: readonly LabelledCredential[],
): Promise<Opened | undefined> {
  const { material, options, log } = session
  for (const { credential, label } of credentials) {
    if (credential.kind === "vmk") {
      const opened = await tryVmk(session, { credential: label }, { vmk: credential.key, failed: [] })
      if (opened) return opened
    }
    if (credential.kind === "fvek") {
      const { keys, why } = await chooseFvek(credential, material, options.proves)
      const row = log.add({ credential: label, outcome: keys ? "opened" : "wrong-key", why })
      if (keys) return { keys, openedBy: row, findings: [] }
    }
  }
  return undefined
}

async function tryStretches(
  session: Session,
  attempts: readonly StretchAttempt[],
): Promise<Opened | undefined> {
  return stretchUntilOpen(attempts, session.crypto, session.options, (attempt, key) => {
    const { credential, target, form } = attempt
    const found = form === undefined ? {} : { form }
    return tryKey(session, { credential, targets: [target], key: new Secret(key), ...found })
  })
}
