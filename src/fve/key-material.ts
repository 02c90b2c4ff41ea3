/**
 * Key material: everything that may hold the keys of one volume, from wherever it was found: metadata copies, key packages,
 * datums without a block. Nothing in it is trusted, and differently damaged versions of the same key protector stand side
 * by side: an AES-CCM tag tells the right one, and nothing else does.
 */
import { toHex } from "../bytes/hex.ts"
import type { CcmBox } from "../crypto/crypto.ts"
import type { Dataset } from "./dataset.ts"
import { DatumRole, DatumType, KeyBody, KeyType } from "./datum-layout.ts"
import type { Datum } from "./datum.ts"
import { type KeyProtector, type ProtectorKind, readKeyProtector } from "./key-protector.ts"
import { readCcmBox } from "./wrapped-key.ts"

export interface Provenance {
  /** Where the very same bytes were found, in words: "copy 2", "key package 1". */
  readonly from: readonly string[]
  /** Only in metadata that the volume has since replaced. */
  readonly isOlder: boolean
  /** Nothing ties it to this volume but that it was found or given: a right tag does not make it this volume's. */
  readonly mayBeForeign: boolean
}
export type FoundProtector = KeyProtector & Provenance
export type FoundFvek = CcmBox & Provenance

export interface KeyMaterial {
  /** Best proof first; versions of one key protector have the same ID, or had. */
  readonly protectors: readonly FoundProtector[]
  /** The wrapped FVEKs, best proof first. */
  readonly fveks: readonly FoundFvek[]
  /** The dataset header's word on the encryption method, which nothing protects. */
  readonly methodNumber: number
  /** Everything that was searched, in words, whether or not it held anything. */
  readonly sources: readonly string[]
}

export interface MaterialSource {
  /** "copy 2". */
  readonly name: string
  /** Made of other sources: named where it alone has something. */
  readonly isDerived?: boolean
  readonly datums: readonly Datum[]
  readonly isOlder?: boolean
  readonly mayBeForeign?: boolean
}

/** @param sources best proof first */
export function collectKeyMaterial(sources: readonly MaterialSource[], methodNumber: number): KeyMaterial {
  const protectors = new Pool<KeyProtector>()
  const fveks = new Pool<CcmBox>()
  for (const source of sources) {
    for (const protector of source.datums.map(readKeyProtector)) {
      if (protector) protectors.add(toHex(protector.datum.body), withRightKind(protector), source)
    }
    for (const datum of source.datums.filter(({ role }) => role === DatumRole.fvek)) {
      const box = readCcmBox(datum)
      if (box) fveks.add(toHex(datum.body), box, source)
    }
  }
  return {
    protectors: protectors.found(),
    fveks: fveks.found(),
    methodNumber,
    sources: sources.filter(({ isDerived }) => !isDerived).map(({ name }) => name),
  }
}

/** Of one dataset that needs no second opinion. */
export function keyMaterialOf({ datums, header }: Dataset, name = "the metadata"): KeyMaterial {
  return collectKeyMaterial([{ name, datums }], header.method)
}

/** Distinct finds in the order in which they came, each with all of its places; what is older, or may be foreign, last. */
class Pool<T extends object> {
  readonly #finds = new Map<string, { what: T; from: string[]; isOlder: boolean; mayBeForeign: boolean }>()

  add(bytes: string, what: T, source: MaterialSource): void {
    const { name, isDerived, isOlder = false, mayBeForeign = false } = source
    const find = this.#finds.get(bytes)
    if (!find) {
      this.#finds.set(bytes, { what, from: [name], isOlder, mayBeForeign })
      return
    }
    if (!isDerived && !find.from.includes(name)) find.from.push(name)
    find.isOlder &&= isOlder
    find.mayBeForeign &&= mayBeForeign
  }

  found(): (T & Provenance)[] {
    const rank = ({ isOlder, mayBeForeign }: Provenance): number => Number(isOlder) + 2 * Number(mayBeForeign)
    const all = [...this.#finds.values()].map(({ what, ...provenance }) => ({ ...what, ...provenance }))
    return all.sort((a, b) => rank(a) - rank(b))
  }
}

/**
 * The protection field may be what was damaged; the properties tell the same again. A PIN has the stretch of a password,
 * so kinds with a TPM are left alone.
 */
function withRightKind(protector: KeyProtector): KeyProtector {
  const kind = kindOfProperties(protector.datum)
  const isSure = kind === "recovery-password" || !/tpm|pin|network/.test(protector.kind)
  const isOdd = protector.kind === "unknown" || (kind !== "startup-key" && kind !== protector.kind)
  return kind && isSure && isOdd ? { ...protector, kind } : protector
}

function kindOfProperties({ properties }: Datum): ProtectorKind | undefined {
  for (const { type, body } of properties) {
    if (body.length < KeyBody.size) continue
    const { keyType } = KeyBody.parse(body)
    if (type === DatumType.stretchKey && keyType === KeyType.recoveryPassword) return "recovery-password"
    if (type === DatumType.stretchKey && keyType === KeyType.password) return "password"
    if (type === DatumType.useKey && keyType === KeyType.externalKey) return "startup-key"
    if (type === DatumType.key && keyType === KeyType.clearKey) return "clear-key"
  }
  return undefined
}
