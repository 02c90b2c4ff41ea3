/**
 * What all three metadata copies have to be. A block that a checksum has proven is written as it is. Where none is, a new one
 * is made of datums that are proven one by one, with what only a holder of the volume's key can give it: the next nonce and
 * the SHA-256 under the VMK, and then the CRC-32.
 */
import { equalBytes } from "../bytes/compare.ts"
import { dateToFiletime } from "../bytes/filetime.ts"
import type { Crypto } from "../crypto/crypto.ts"
import {
  type Datum,
  type InformationHeader,
  type MetadataBlock,
  type MetadataCopy,
  ValidationHeader,
  type VolumeFacts,
  type VolumeKeys,
  freeNonceCounter,
  makeNonce,
  parseDatums,
  sealedHash,
  serializeMetadataBlock,
} from "../fve/index.ts"

/** The whole area of a proven block. Behind its validation block are zeros, unless every intact copy says otherwise. */
export function provenArea(block: MetadataBlock, copies: readonly MetadataCopy[]): Uint8Array {
  const end = block.infoSize + ValidationHeader.size + (block.validation?.hash?.size ?? 0)
  const area = new Uint8Array(block.areaSize)
  area.set(block.bytes.subarray(0, block.areaSize))
  const isTwin = ({ bytes }: MetadataCopy): boolean =>
    equalBytes(bytes.subarray(0, end), area.subarray(0, end))
  const twins = copies.filter(isTwin)
  const areAlike = twins.every(({ bytes }) => equalBytes(bytes.subarray(0, area.length), area))
  if (twins.length === 0 || !areAlike) area.fill(0, end)
  return area
}

export interface NewMetadata {
  readonly facts: VolumeFacts
  /** Serialized, in the order in which they are written. */
  readonly datums: readonly Uint8Array[]
  readonly keys: VolumeKeys
}

/** @throws RangeError when the datums do not fit, TypeError without the VMK: both are for the caller to see to */
export function newArea({ facts, datums, keys }: NewMetadata, crypto: Crypto, now: Date): Uint8Array {
  if (!keys.vmk) throw new TypeError("metadata cannot be signed without the VMK")
  const parsed = datums.flatMap((datum): Datum[] => parseDatums(datum, 0, datum.length, []))
  const counter = freeNonceCounter(parsed)
  return serializeMetadataBlock({
    header: headerOf(facts),
    dataset: {
      id: facts.volumeId,
      // Set before it is hashed: the hash itself uses the counter below it.
      nonceCounter: counter + 1,
      method: keys.method,
      created: dateToFiletime(facts.created ?? now),
    },
    datums,
    areaSize: facts.areaSize,
    hash: sealedHash(crypto, keys.vmk.reveal(), makeNonce(now, counter)),
  })
}

/** The inverse of `readVolumeFacts`, as far as the header goes. */
export function headerOf(facts: VolumeFacts): Omit<InformationHeader, "signature" | "size"> {
  const { version, state, nextState, watermark, headSectorCount, metadataOffsets, conversionLog } = facts
  const isLogHere = conversionLog?.start === watermark
  return {
    version,
    state,
    nextState,
    watermark: BigInt(watermark),
    logSize: isLogHere ? conversionLog.length : 0,
    headSectorCount,
    copyOffsets: metadataOffsets.map(BigInt),
    headBackup: facts.mftMirrorLcn ?? BigInt(facts.headBackup?.start ?? 0),
  }
}
