/**
 * From credentials to the keys of a volume: every credential on every key protector of its kind, and for each the reason
 * why it did not open. Only an AES-CCM tag decides. What costs nothing is tried first (the clear key, startup keys, raw
 * keys); key stretches, a million hashes each, run side by side and stop as soon as one has opened.
 */
import type { FvekCredential } from "../credential/index.ts"
import type { Crypto } from "../crypto/crypto.ts"
import { isEncryptionMethod, methodFacts } from "../crypto/method.ts"
import { Secret } from "../crypto/secret.ts"
import {
  type Dataset,
  type KeyProtector,
  type VolumeKeys,
  findFvek,
  parseKeyDatum,
  readKeyProtectors,
} from "../fve/index.ts"
import {
  type Attempt,
  type LabelledCredential,
  type StretchAttempt,
  immediateAttempts,
  stretchAttempts,
} from "./attempts.ts"
import { explainUntried, protectorLabel } from "./protector-words.ts"

/** Stretches at a time. More than the usual processors would only slow the first one down. */
const STRETCHES_AT_ONCE = 2

export type TryOutcome = "opened" | "wrong-key" | "other-kind" | "damaged" | "impossible"

export interface Try {
  readonly credential: string
  readonly protector?: KeyProtector
  readonly outcome: TryOutcome
  readonly why: string
  /** The form of a password that was tried, when it is not the typed one. */
  readonly form?: string
}

export interface Unlocked {
  /** Absent when nothing opened the volume. */
  readonly keys?: VolumeKeys
  /** The try that did. */
  readonly openedBy?: Try
  readonly tries: readonly Try[]
}

export interface UnlockOptions {
  readonly signal?: AbortSignal
  /** Steps of the key stretches done, of all that were started. */
  readonly onStretch?: (done: number, total: number) => void
}

export async function unlockVolume(
  dataset: Dataset,
  credentials: readonly LabelledCredential[],
  crypto: Crypto,
  options: UnlockOptions = {},
): Promise<Unlocked> {
  const protectors = readKeyProtectors(dataset)
  const tries: Try[] = []
  const record = (attempt: Attempt, vmk: Uint8Array | undefined): Unlocked | undefined => {
    const opened = judge(attempt, vmk, dataset, crypto)
    tries.push(opened.openedBy)
    return opened.keys ? { ...opened, tries } : undefined
  }
  for (const attempt of immediateAttempts(protectors, credentials)) {
    const done = record(attempt, openVmk(attempt.protector, attempt.key, crypto))
    if (done) return done
  }
  for (const { credential, label } of credentials) {
    if (credential.kind === "vmk") {
      const done = record({ credential: label }, credential.key.reveal())
      if (done) return done
    }
    if (credential.kind === "fvek") {
      const keys = keysOfFvek(credential, dataset)
      tries.push(
        keys ? { credential: label, outcome: "opened", why: FVEK_TAKEN } : fvekDoesNotFit(label, dataset),
      )
      if (keys) return { keys, openedBy: tries.at(-1)!, tries }
    }
  }
  const stretched = await stretchUntilOpen(
    stretchAttempts(protectors, credentials, crypto),
    crypto,
    options,
    record,
  )
  if (stretched) return stretched
  tries.push(...untried(protectors, credentials))
  return { tries }
}

async function stretchUntilOpen(
  attempts: readonly StretchAttempt[],
  crypto: Crypto,
  { signal, onStretch }: UnlockOptions,
  record: (attempt: Attempt, vmk: Uint8Array | undefined) => Unlocked | undefined,
): Promise<Unlocked | undefined> {
  const opened = new AbortController()
  const stop = signal ? AbortSignal.any([signal, opened.signal]) : opened.signal
  const progress = attempts.map(() => ({ done: 0, total: 0 }))
  const report = (): void =>
    onStretch?.(
      progress.reduce((sum, { done }) => sum + done, 0),
      progress.reduce((sum, { total }) => sum + total, 0),
    )
  let next = 0
  let result: Unlocked | undefined
  const work = async (): Promise<void> => {
    while (next < attempts.length && !result) {
      const mine = next++
      const attempt = attempts[mine]!
      const key = await crypto.stretch(attempt.initial, attempt.salt, {
        signal: stop,
        onProgress(done, total) {
          progress[mine] = { done, total }
          report()
        },
      })
      result ??= record(attempt, openVmk(attempt.protector, new Secret(key), crypto))
      if (result) opened.abort()
    }
  }
  const workers = Array.from({ length: Math.min(STRETCHES_AT_ONCE, attempts.length) }, work)
  const ends = await Promise.allSettled(workers)
  if (result) return result
  for (const end of ends) if (end.status === "rejected") throw end.reason
  return undefined
}

/** The VMK, when the key opens one of the protector's boxes. */
function openVmk(protector: KeyProtector, key: Secret, crypto: Crypto): Uint8Array | undefined {
  for (const box of protector.wrappedVmk) {
    const plaintext = crypto.openCcm(key.reveal(), box)
    const vmk = plaintext && parseKeyDatum(plaintext)
    if (vmk) return vmk.key
  }
  return undefined
}

/** Says what an attempt came to: the VMK must also open the FVEK. */
function judge(
  attempt: Attempt,
  vmk: Uint8Array | undefined,
  dataset: Dataset,
  crypto: Crypto,
): { keys?: VolumeKeys; openedBy: Try } {
  const about = { credential: attempt.credential, ...(attempt.protector && { protector: attempt.protector }) }
  const form = attempt.form ? { form: attempt.form } : {}
  if (!vmk) {
    const damaged = attempt.protector?.wrappedVmk.length === 0
    const why = damaged
      ? "the key protector holds no wrapped key"
      : "the key does not open this key protector"
    return { openedBy: { ...about, ...form, outcome: damaged ? "damaged" : "wrong-key", why } }
  }
  const boxes = findFvek(dataset)
  for (const box of boxes) {
    const plaintext = crypto.openCcm(vmk, box)
    const fvek = plaintext && parseKeyDatum(plaintext)
    if (!fvek) continue
    // The key type inside the wrapped datum outranks the field of the dataset header, which nothing protects.
    const { keyType } = fvek
    if (!isEncryptionMethod(keyType) || methodFacts(keyType).fvekLength !== fvek.key.length) {
      const why = `opens, but the encryption method 0x${keyType.toString(16)} is not known`
      return { openedBy: { ...about, ...form, outcome: "impossible", why } }
    }
    const keys = { method: keyType, fvek: new Secret(fvek.key), vmk: new Secret(vmk) }
    return { keys, openedBy: { ...about, ...form, outcome: "opened", why: "opens" } }
  }
  if (!attempt.protector) {
    return { openedBy: { ...about, outcome: "wrong-key", why: "this VMK does not open the volume's FVEK" } }
  }
  const why =
    boxes.length === 0 ? "opens, but the volume has no FVEK" : "opens, but the FVEK datum is damaged"
  return { openedBy: { ...about, ...form, outcome: "damaged", why } }
}

const FVEK_TAKEN = "taken as given: only the plaintext can prove an FVEK"

function keysOfFvek({ readings }: FvekCredential, dataset: Dataset): VolumeKeys | undefined {
  const { method } = dataset.header
  const reading = readings.find((reading) => reading.method === method)
  return reading && { method: reading.method, fvek: reading.key }
}

function fvekDoesNotFit(credential: string, dataset: Dataset): Try {
  const { method } = dataset.header
  const needed = isEncryptionMethod(method)
    ? `${methodFacts(method).name} takes ${methodFacts(method).fvekLength} bytes`
    : `the volume's encryption method 0x${method.toString(16)} is not known`
  return { credential, outcome: "wrong-key", why: `the FVEK does not fit: ${needed}` }
}

/** Key protectors that no credential was for, and what they would need. */
function untried(protectors: readonly KeyProtector[], credentials: readonly LabelledCredential[]): Try[] {
  return protectors.flatMap((protector): Try[] => {
    const given = credentials.filter(({ credential }) => credential.kind === protector.kind)
    const needsSalt = protector.kind === "password" || protector.kind === "recovery-password"
    if (given.length > 0 && needsSalt && !protector.salt) {
      const why = "the key protector has lost the salt of its key stretch"
      return given.map(({ label }) => ({ credential: label, protector, outcome: "damaged", why }))
    }
    if (given.length > 0 || protector.clearKey) return []
    const { outcome, why } = explainUntried(protector.kind)
    return [{ credential: `none for ${protectorLabel(protector.kind)}`, protector, outcome, why }]
  })
}
