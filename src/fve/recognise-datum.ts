/**
 * A datum met by a search, away from its dataset. Datums have neither signature nor checksum: bounds, and the tiling of what
 * is nested, decide; and of a wrapped key that it looks like nothing, which tables and texts never do.
 */
import { isAllZero } from "../bytes/compare.ts"
import { toHex } from "../bytes/hex.ts"
import type { Finding } from "../findings.ts"
import {
  AesCcmBody,
  DatumHeader,
  DatumRole,
  DatumType,
  VirtualizationExtension,
  VirtualizationInfoBody,
  VmkInfoBody,
} from "./datum-layout.ts"
import { type Datum, parseDatums } from "./datum.ts"
import { extentAt } from "./places.ts"
import type { DatumTrace } from "./trace.ts"

/** Of a key protector's own: keys, how they are made, and what a TPM or a certificate holds. */
const PROTECTOR_PARTS: ReadonlySet<number> = new Set([
  DatumType.key,
  DatumType.stretchKey,
  DatumType.useKey,
  DatumType.aesCcm,
  DatumType.tpmBlob,
  DatumType.asymmetricBlob,
])
const SECTOR = 512
/** The largest head that is relocated is that of a To Go volume: a FAT of a few hundred megabytes at most. */
const LARGEST_HEAD = 1 << 30

/** @param bytes from the start of the datum on, longer than it */
export function recogniseDatum(bytes: Uint8Array, at: number): DatumTrace | undefined {
  if (bytes.length < DatumHeader.size) return undefined
  const { size } = DatumHeader.parse(bytes)
  const findings: Finding[] = []
  const [datum] = size > bytes.length ? [] : parseDatums(bytes, 0, size, findings)
  if (!datum || findings.length > 0 || (datum.flags & 1) === 0) return undefined
  const seen = describe(datum)
  return seen && { kind: "datum", at, role: datum.role, type: datum.type, size, ...seen }
}

type Seen = Pick<DatumTrace, "name" | "headBackup" | "isExtended">

function describe(datum: Datum): Seen | undefined {
  switch (datum.role) {
    case DatumRole.keyProtector:
      return describeProtector(datum)
    case DatumRole.fvek:
      return describeFvek(datum)
    case DatumRole.virtualization:
      return describeVirtualization(datum)
  }
  return undefined
}

function describeProtector({ type, body, properties }: Datum): Seen | undefined {
  if (type !== DatumType.vmkInfo || body.length < VmkInfoBody.size) return undefined
  const isOne =
    properties.some(({ type }) => PROTECTOR_PARTS.has(type)) &&
    properties.every(({ flags }) => (flags & 1) === 1) &&
    !isAllZero(body.subarray(0, 16))
  return isOne ? { name: VmkInfoBody.parse(body).id } : undefined
}

function describeFvek({ type, body }: Datum): Seen | undefined {
  if (type !== DatumType.aesCcm || body.length < AesCcmBody.size) return undefined
  const nonceAndTag = body.subarray(0, AesCcmBody.size)
  return looksRandom(body.subarray(AesCcmBody.offsetOf("tag"))) ? { name: toHex(nonceAndTag) } : undefined
}

/** Of 44 random bytes 40 differ from each other, of 92 there are 77; below half of them chance is out of the question. */
function looksRandom(bytes: Uint8Array): boolean {
  return new Set(bytes).size > bytes.length / 2
}

function describeVirtualization({ type, body }: Datum): Seen | undefined {
  if (type !== DatumType.virtualizationInfo || body.length < VirtualizationInfoBody.size) return undefined
  const { backupOffset, backupSize } = VirtualizationInfoBody.parse(body)
  const headBackup = extentAt(backupOffset, backupSize)
  const isPlace =
    headBackup !== undefined &&
    headBackup.start % SECTOR === 0 &&
    headBackup.length % SECTOR === 0 &&
    headBackup.length <= LARGEST_HEAD
  if (!isPlace) return undefined
  const rest = body.subarray(VirtualizationInfoBody.size)
  const isExtended = rest.length >= VirtualizationExtension.size
  if (isExtended && VirtualizationExtension.parse(rest).size !== VirtualizationExtension.size)
    return undefined
  return { name: `head at ${headBackup.start}, ${headBackup.length} bytes`, headBackup, isExtended }
}
