/**
 * Candidates for a recovery password, tried on the key protectors of a volume, four at a time on every processor.
 *
 * No candidate can be checked for less than a whole stretch. A disk holds nothing that is made of the digits but by way of
 * the stretched key: that key wraps the VMK, and everything else that the protector holds of the password is wrapped with
 * the VMK. A step of the stretch needs the one before, so that a part of it tells nothing.
 */
import { toHex } from "../bytes/hex.ts"
import { stretchInputOfRecoveryPassword } from "../credential/index.ts"
import type { Crypto, Stretcher } from "../crypto/crypto.ts"
import { STRETCHER_LANES, STRETCH_STEPS } from "../crypto/inputs.ts"
import { Secret } from "../crypto/secret.ts"
import type { FoundProtector, KeyMaterial } from "../fve/index.ts"
import { gatherVersions, isOfKind, saltsOf } from "./attempts.ts"
import { openVmks } from "./open-boxes.ts"

export interface RecoveryPasswordMatch {
  /** The 48 digits as 16 bytes. */
  readonly key16: Secret
  readonly protector: FoundProtector
}

export interface SearchOptions {
  readonly signal?: AbortSignal
  /** Only the key protector with this ID. */
  readonly keyId?: string
  /** Candidates that are tried from the first one on without a gap: from here a search can go on. */
  readonly onTried?: (count: number) => void
}

/** The different salts that each candidate has to be stretched with: one for each recovery password that the volume has. */
export function recoverySalts({ protectors }: KeyMaterial, keyId?: string): Uint8Array[] {
  const targets = gatherVersions(protectors).filter(
    (target) => isOfKind(target, "recovery-password") && (keyId === undefined || target.id === keyId),
  )
  const salts = new Map(targets.flatMap(saltsOf).map((salt) => [toHex(salt), salt]))
  return [...salts.values()]
}

/** @throws the signal's reason when it is aborted; `onTried` has told how far it came */
export async function searchRecoveryPassword(
  material: KeyMaterial,
  candidates: Iterable<Uint8Array>,
  stretchers: readonly Stretcher[],
  crypto: Crypto,
  { signal, keyId, onTried }: SearchOptions = {},
): Promise<RecoveryPasswordMatch | undefined> {
  const salts = recoverySalts(material, keyId)
  const batches = batchesOf(candidates)
  const tried = new Prefix()
  let match: RecoveryPasswordMatch | undefined
  const work = async (stretcher: Stretcher): Promise<void> => {
    for (const { start, keys } of batches) {
      const found = await tryBatch(keys, salts, stretcher, material, crypto, signal)
      match ??= found
      if (match) return
      onTried?.(tried.add(start, keys.length))
    }
  }
  // Each ends with the batch that it has in hand: half a second later at most nobody computes any more.
  const ends = await Promise.allSettled(stretchers.map(work))
  if (match) return match
  for (const end of ends) if (end.status === "rejected") throw end.reason
  return undefined
}

async function tryBatch(
  keys: readonly Uint8Array[],
  salts: readonly Uint8Array[],
  stretcher: Stretcher,
  material: KeyMaterial,
  crypto: Crypto,
  signal: AbortSignal | undefined,
): Promise<RecoveryPasswordMatch | undefined> {
  const initials = keys.map((key16) => stretchInputOfRecoveryPassword(key16, crypto.sha256))
  for (const salt of salts) {
    const stretched = await stretcher.stretch(initials, salt, { ...(signal && { signal }) })
    for (const [i, key] of stretched.entries()) {
      const [opened] = openVmks(new Secret(key), [], material.protectors, crypto)
      if (opened) return { key16: new Secret(keys[i]!), protector: opened.protector }
    }
  }
  return undefined
}

interface Batch {
  /** Number of the first candidate. */
  readonly start: number
  readonly keys: readonly Uint8Array[]
}

/** One generator for all stretchers: each takes what comes next. */
function* batchesOf(candidates: Iterable<Uint8Array>): Generator<Batch> {
  let start = 0
  let keys: Uint8Array[] = []
  for (const candidate of candidates) {
    keys.push(candidate)
    if (keys.length < STRETCHER_LANES) continue
    yield { start, keys }
    start += keys.length
    keys = []
  }
  if (keys.length > 0) yield { start, keys }
}

/** How far from the first candidate on all are done, though batches end in any order. */
class Prefix {
  #end = 0
  readonly #beyond = new Map<number, number>()

  add(start: number, length: number): number {
    this.#beyond.set(start, length)
    for (let next = this.#beyond.get(this.#end); next; next = this.#beyond.get(this.#end)) {
      this.#beyond.delete(this.#end)
      this.#end += next
    }
    return this.#end
  }
}

/** Long enough for threads to have started, short enough for nobody to wait: an eighth of a stretch. */
const MEASURED_STEPS = STRETCH_STEPS / 8

/** Candidates a second on one salt, measured on all stretchers at once: what the machine has to give right now. */
export async function measureStretchers(
  stretchers: readonly Stretcher[],
  signal: AbortSignal,
): Promise<number> {
  const salt = new Uint8Array(16)
  const initials = Array.from({ length: STRETCHER_LANES }, () => new Uint8Array(32))
  const run = (steps: number): Promise<unknown> =>
    Promise.all(stretchers.map((one) => one.stretch(initials, salt, { signal, steps })))
  // Threads start, and their code is compiled.
  await run(MEASURED_STEPS)
  const start = performance.now()
  await run(MEASURED_STEPS)
  const seconds = (performance.now() - start) / 1000
  return (stretchers.length * STRETCHER_LANES * MEASURED_STEPS) / STRETCH_STEPS / seconds
}
