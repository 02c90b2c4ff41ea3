/** Writes partition tables, from the declarations that the reader uses: as pieces of a disk, at either sector size. */
import { crc32 } from "../../src/bytes/crc32.ts"
import { serializeUtf16 } from "../../src/bytes/utf16.ts"
import { type Extent, endOf } from "../../src/extents/extent.ts"
import { GptEntry, GptHeader, Mbr, type MbrEntry } from "../../src/partition/index.ts"
import type { Piece } from "./sparse-source.ts"

export interface NewPartition {
  readonly extent: Extent
  readonly type: string
  readonly name?: string
  readonly guid?: string
}

const EMPTY_ENTRY: MbrEntry = {
  status: 0,
  firstChs: new Uint8Array(3),
  type: 0,
  lastChs: new Uint8Array(3),
  firstSector: 0,
  sectorCount: 0,
}

/** One sector with up to four entries; positions count from `base`. */
export function mbrSector(
  sectorSize: number,
  partitions: readonly NewPartition[],
  bases = [0, 0, 0, 0],
): Uint8Array {
  const entries = Array.from({ length: 4 }, (_, i): MbrEntry => {
    const partition = partitions[i]
    if (!partition) return EMPTY_ENTRY
    return {
      ...EMPTY_ENTRY,
      type: Number(partition.type),
      firstSector: (partition.extent.start - bases[i]!) / sectorSize,
      sectorCount: partition.extent.length / sectorSize,
    }
  })
  return Mbr.serialize({
    bootCode: new Uint8Array(440),
    diskSignature: 0x1234abcd,
    reserved444: 0,
    entries,
    signature: 0xaa55,
  })
}

/** Primary partitions, and logical ones each behind an extended boot record of its own sector. */
export function mbrPieces(
  sectorSize: number,
  primary: readonly NewPartition[],
  logical: readonly NewPartition[] = [],
): Piece[] {
  if (logical.length === 0) return [{ at: 0, bytes: mbrSector(sectorSize, primary) }]
  const recordAt = (i: number): number => logical[i]!.extent.start - sectorSize
  const base = recordAt(0)
  const linkTo = (i: number): NewPartition => ({
    extent: { start: recordAt(i), length: logical[i]!.extent.length + sectorSize },
    type: "0x05",
  })
  const chain = { extent: { start: base, length: endOf(logical.at(-1)!.extent) - base }, type: "0x0f" }
  return [
    { at: 0, bytes: mbrSector(sectorSize, [...primary, chain]) },
    ...logical.map((partition, i) => {
      const entries = i + 1 < logical.length ? [partition, linkTo(i + 1)] : [partition]
      return { at: recordAt(i), bytes: mbrSector(sectorSize, entries, [recordAt(i), base]) }
    }),
  ]
}

/** Protective MBR, both headers and both arrays of a disk of `size` bytes. */
export function gptPieces(size: number, sectorSize: number, partitions: readonly NewPartition[]): Piece[] {
  const entryCount = 128
  const array = new Uint8Array(entryCount * GptEntry.size)
  for (const [
    i,
    { extent, type, name = "", guid = `00000000-0000-0000-0000-${String(i + 1).padStart(12, "0")}` },
  ] of partitions.entries()) {
    const nameBytes = new Uint8Array(72)
    nameBytes.set(serializeUtf16(name))
    const entry = GptEntry.serialize({
      type,
      guid,
      firstSector: BigInt(extent.start / sectorSize),
      lastSector: BigInt(endOf(extent) / sectorSize - 1),
      attributes: 0n,
      name: nameBytes,
    })
    array.set(entry, i * GptEntry.size)
  }
  const last = size - sectorSize
  const primaryArray = 2 * sectorSize
  const backupArray = last - array.length
  const header = (own: number, other: number, entriesAt: number): Uint8Array => {
    const value = {
      signature: "EFI PART",
      revision: 0x00010000,
      headerSize: GptHeader.size,
      headerCrc: 0,
      reserved20: 0,
      ownSector: BigInt(own / sectorSize),
      otherSector: BigInt(other / sectorSize),
      firstUsableSector: BigInt((primaryArray + array.length) / sectorSize),
      lastUsableSector: BigInt(backupArray / sectorSize - 1),
      diskGuid: "0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0",
      entriesSector: BigInt(entriesAt / sectorSize),
      entryCount,
      entrySize: GptEntry.size,
      entriesCrc: crc32(array),
    }
    return GptHeader.serialize({ ...value, headerCrc: crc32(GptHeader.serialize(value)) })
  }
  const protective = {
    extent: { start: sectorSize, length: Math.min(last, (2 ** 32 - 1) * sectorSize) },
    type: "0xee",
  }
  return [
    { at: 0, bytes: mbrSector(sectorSize, [protective]) },
    { at: sectorSize, bytes: header(sectorSize, last, primaryArray) },
    { at: primaryArray, bytes: array },
    { at: backupArray, bytes: array },
    { at: last, bytes: header(last, sectorSize, backupArray) },
  ]
}

/** The pieces in memory, laid over zeros. */
export function diskOf(size: number, pieces: readonly Piece[]): Uint8Array {
  const disk = new Uint8Array(size)
  for (const { at, bytes } of pieces) disk.set(bytes, at)
  return disk
}
