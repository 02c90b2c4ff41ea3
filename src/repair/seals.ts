/**
 * Seals: the SHA-256 that stands behind every metadata block, wrapped under the VMK. Whoever has the VMK can make one, and
 * nobody else; so the block that a seal fits is the one that Windows wrote, whatever its CRC-32 says.
 */
import { equalBytes } from "../bytes/compare.ts"
import { crc32 } from "../bytes/crc32.ts"
import { toHex } from "../bytes/hex.ts"
import type { Crypto } from "../crypto/crypto.ts"
import type { Secret } from "../crypto/secret.ts"
import {
  AREA_SIZE,
  type Datum,
  InformationHeader,
  KeyType,
  ValidationHeader,
  freeNonceCounter,
  parseDatums,
  parseKeyDatum,
  parseMetadataBlock,
  readCcmBox,
} from "../fve/index.ts"
import { type Candidate, coveredSizes, testimoniesOf } from "./intact-blocks.ts"
import { findByOracle, partsOf, sew } from "./combinations.ts"
import { patchTogether, wholes } from "./patchwork.ts"
import { HASH_DATUM_SIZE, findValidation, hashDatumOf } from "./salvage-block.ts"
import type { MetadataEvidence, Witness } from "./witnesses.ts"

export interface Seal {
  readonly digest: Uint8Array
  /** Bytes that it covers. */
  readonly infoSize: number
  /** The wrapped datum as it stands behind the block. */
  readonly datum: Uint8Array
  /** The first nonce counter above its own: it goes up with every change of the metadata. */
  readonly nonceCounter: number
}

/** Whether anything in the witness was wrapped under the VMK: then it is of this volume, whatever its name. */
export function isOfKey({ block }: Witness, vmk: Secret, crypto: Crypto): boolean {
  const opens = (datum: Datum): boolean => {
    const box = readCcmBox(datum)
    return (box && crypto.openCcm(vmk.reveal(), box)) !== undefined || datum.properties.some(opens)
  }
  const hash = block && hashDatumOf(block)
  return block !== undefined && [...block.dataset.datums, ...(hash ? [hash] : [])].some(opens)
}

/** The seals that the VMK opens, newest first. */
export function openSeals(own: readonly Witness[], vmk: Secret, crypto: Crypto): Seal[] {
  const seals = new Map<string, Seal>()
  for (const infoSize of coveredSizes(own)) {
    for (const { bytes } of own) {
      const seal = openSealAt(bytes, infoSize, vmk, crypto)
      if (seal) seals.set(toHex(seal.datum), seal)
    }
  }
  return [...seals.values()].sort((a, b) => b.nonceCounter - a.nonceCounter)
}

function openSealAt(bytes: Uint8Array, infoSize: number, vmk: Secret, crypto: Crypto): Seal | undefined {
  const at = infoSize + ValidationHeader.size
  const [datum] = parseDatums(bytes, at, at + HASH_DATUM_SIZE, [])
  const box = datum && readCcmBox(datum)
  const plaintext = box && crypto.openCcm(vmk.reveal(), box)
  const key = plaintext && parseKeyDatum(plaintext)
  if (!datum || key?.keyType !== KeyType.metadataHash) return undefined
  const nonceCounter = freeNonceCounter([datum])
  return { digest: key.key, infoSize, datum: bytes.slice(at, at + HASH_DATUM_SIZE), nonceCounter }
}

/** The block under the seal: one with a right CRC-32, or a combination of what the witnesses say. */
export function findSealed(
  seal: Seal,
  alternatives: readonly Candidate[],
  own: readonly Witness[],
  evidence: MetadataEvidence,
  crypto: Crypto,
): Candidate | undefined {
  const { infoSize, digest } = seal
  const isRight = (covered: Uint8Array): boolean => equalBytes(crypto.sha256(covered), digest)
  const known = alternatives.find(
    ({ block }) => block.infoSize === infoSize && isRight(block.bytes.subarray(0, infoSize)),
  )
  if (known) return known
  const testimonies = testimoniesOf(own, evidence)
  const patchwork = patchTogether(testimonies, infoSize)
  for (const one of [...wholes(testimonies, infoSize), ...(patchwork ? [patchwork] : [])]) {
    const choice = findByOracle(one, isRight)
    if (!choice) continue
    const covered = sew(one, choice)
    const holders = own.filter(({ bytes }) => equalBytes(bytes.subarray(0, infoSize), covered))
    const block = parseMetadataBlock(sealedArea(covered, seal, own))
    return block && { block, from: holders.map(({ name }) => name), parts: partsOf(one, choice) }
  }
  return undefined
}

/** The whole area with a right CRC-32, which is not sealed itself and may be what was damaged. */
function sealedArea(covered: Uint8Array, { infoSize, datum }: Seal, own: readonly Witness[]): Uint8Array {
  const version = InformationHeader.parse(covered).version === 1 ? 1 : 2
  const area = new Uint8Array(version === 1 ? vistaAreaSize(infoSize, own) : AREA_SIZE)
  const validation = { size: area.length - infoSize, version, crc: crc32(covered) }
  area.set(covered)
  area.set(ValidationHeader.serialize(validation), infoSize)
  area.set(datum, infoSize + ValidationHeader.size)
  return area
}

/** By a validation block that says it, else of the usual clusters. */
function vistaAreaSize(infoSize: number, own: readonly Witness[]): number {
  const told = own.find(({ bytes }) => findValidation(bytes) === infoSize)
  return told ? infoSize + ValidationHeader.parse(told.bytes, infoSize).size : USUAL_VISTA_AREA
}
const USUAL_VISTA_AREA = 0x4000
