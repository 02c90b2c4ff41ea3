/** A sparse image of a huge GPT disk whose one partition, almost at its end, is a small BitLocker volume. */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs"
import { crc32 } from "../src/bytes/crc32.ts"
import { serializeUtf16 } from "../src/bytes/utf16.ts"
import { GptEntry, GptHeader, Mbr, type MbrEntry } from "../src/partition/index.ts"

const SECTOR = 512
const ENTRY_COUNT = 128
/** Sectors of the array of entries. */
const ARRAY_SECTORS = (ENTRY_COUNT * GptEntry.size) / SECTOR
const BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
const MIB = 1024 ** 2

export function makeHugeDisk(path: string, size: number, volumePath: string): void {
  const volume = readFileSync(volumePath)
  const at = size - volume.length - MIB
  const entries = new Uint8Array(ARRAY_SECTORS * SECTOR)
  entries.set(GptEntry.serialize(entryFor(at, volume.length)))
  const lastSector = size / SECTOR - 1

  const disk = openSync(path, "wx")
  ftruncateSync(disk, size)
  writeSync(disk, protectiveMbr(), 0, SECTOR, 0)
  writeSync(disk, header(1, lastSector, 2, entries), 0, GptHeader.size, SECTOR)
  writeSync(disk, entries, 0, entries.length, 2 * SECTOR)
  writeSync(disk, volume, 0, volume.length, at)
  writeSync(disk, entries, 0, entries.length, (lastSector - ARRAY_SECTORS) * SECTOR)
  const copy = header(lastSector, 1, lastSector - ARRAY_SECTORS, entries)
  writeSync(disk, copy, 0, copy.length, lastSector * SECTOR)
  closeSync(disk)
}

function entryFor(at: number, length: number): GptEntry {
  const name = new Uint8Array(72)
  name.set(serializeUtf16("Basic data partition"))
  return {
    type: BASIC_DATA,
    guid: "6E1C5A40-0D0B-4F0E-9B5E-3A7E5D9C2B11",
    firstSector: BigInt(at / SECTOR),
    lastSector: BigInt((at + length) / SECTOR - 1),
    attributes: 0n,
    name,
  }
}

function header(own: number, other: number, entriesSector: number, entries: Uint8Array): Uint8Array {
  const fields: GptHeader = {
    signature: "EFI PART",
    revision: 0x00010000,
    headerSize: GptHeader.size,
    headerCrc: 0,
    reserved20: 0,
    ownSector: BigInt(own),
    otherSector: BigInt(other),
    firstUsableSector: BigInt(2 + ARRAY_SECTORS),
    lastUsableSector: BigInt(Math.max(own, other) - ARRAY_SECTORS - 1),
    diskGuid: "0F4C7A52-7B1D-4C83-8E55-91D2A6B3C4E7",
    entriesSector: BigInt(entriesSector),
    entryCount: ENTRY_COUNT,
    entrySize: GptEntry.size,
    entriesCrc: crc32(entries),
  }
  return GptHeader.serialize({ ...fields, headerCrc: crc32(GptHeader.serialize(fields)) })
}

function protectiveMbr(): Uint8Array {
  const unused: MbrEntry = {
    status: 0,
    firstChs: new Uint8Array(3),
    type: 0,
    lastChs: new Uint8Array(3),
    firstSector: 0,
    sectorCount: 0,
  }
  // The whole disk, as far as 32 bits reach.
  const whole = { ...unused, type: 0xee, firstSector: 1, sectorCount: 0xffffffff }
  return Mbr.serialize({
    bootCode: new Uint8Array(440),
    diskSignature: 0,
    reserved444: 0,
    entries: [whole, unused, unused, unused],
    signature: 0xaa55,
  })
}
