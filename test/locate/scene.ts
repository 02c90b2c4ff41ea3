/** Disks with forged volumes on them, and the search of them: what the tests of `locate/` share. */
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { dateToFiletime } from "../../src/bytes/filetime.ts"
import { viewOf } from "../../src/bytes/struct.ts"
import { type Extent, extent, subtractExtents } from "../../src/extents/extent.ts"
import {
  DatumHeader,
  DatumType,
  type Reach,
  VmkInfoBody,
  metadataBlockParts,
  parseMetadataBlock,
  serializeMetadataBlock,
} from "../../src/fve/index.ts"
import { type VolumePlace, deriveVolumes } from "../../src/locate/index.ts"
import { type PartitionTable, readPartitionTables } from "../../src/partition/index.ts"
import { type ScanState, scanSource } from "../../src/pipeline/index.ts"
import { type ByteSource, memorySource } from "../../src/source/index.ts"
import { type FixtureName, freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { type ForgedVolume, type Recipe, forge } from "../forge/forge.ts"
import { mbrPieces } from "../suites/partition-writer.ts"
import { randomBytes } from "../suites/random-bytes.ts"

export const MIB = 1 << 20

export interface VolumeChoice extends Partial<Recipe> {
  readonly fixture?: FixtureName
  /** Where none of its structures may lie. */
  readonly without?: readonly Extent[]
}

/** Small, with one protector that costs no stretch. */
export function makeVolume({
  fixture = "sample",
  without = [],
  ...recipe
}: VolumeChoice = {}): Promise<ForgedVolume> {
  const free = freeExtents(fixture).flatMap((hole) => subtractExtents(hole, without))
  return forge(loadFixture(fixture), {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    protectors: [{ kind: "startup-key" }],
    free,
    ...recipe,
  })
}

/** A volume without a file system, but larger than any fixture: for what lies inside of it. */
export function makeLargeVolume(size: number, recipe: Partial<Recipe> = {}): Promise<ForgedVolume> {
  const plaintext = new Uint8Array(size)
  plaintext.set(loadFixture("sample").subarray(0, 0x2000))
  return forge(plaintext, {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    protectors: [{ kind: "startup-key" }],
    free: [extent(0x10000, size - 0x20000)],
    ...recipe,
  })
}

export interface Laid {
  readonly at: number
  readonly bytes: Uint8Array
}

const NOISE = randomBytes(MIB - 13, 77)

/** Noise, and what is laid over it in this order. A negative place cuts the head off. */
export function diskWith(size: number, laid: readonly Laid[]): Uint8Array {
  const disk = new Uint8Array(size)
  for (let at = 0; at < size; at += NOISE.length) disk.set(NOISE.subarray(0, size - at), at)
  for (const { at, bytes } of laid) {
    const visible = bytes.subarray(Math.max(0, -at), Math.max(0, size - at))
    disk.set(visible, Math.max(0, at))
  }
  return disk
}

/** An MBR with one partition. */
export function mbrOf(start: number, length: number): Laid {
  return { at: 0, bytes: mbrPieces(512, [{ extent: { start, length }, type: "0x07" }])[0]!.bytes }
}

/** Zeros over parts of a volume or disk, in a copy. */
export function wiped(bytes: Uint8Array, ...parts: readonly Extent[]): Uint8Array {
  const copy = bytes.slice()
  for (const { start, length } of parts) copy.fill(0, start, start + length)
  return copy
}

export const FIRST_SECTOR = extent(0, 512)

/** Both headers of every copy: what is left are datums. */
export function headersOf({ metadataOffsets }: ForgedVolume): Extent[] {
  return metadataOffsets.map((offset) => extent(offset, 112))
}

/** The metadata blocks of the volume, at their places, as if written at that date. */
export function blocksOf({ image, metadataOffsets }: ForgedVolume, written?: Date): Laid[] {
  return metadataOffsets.map((at) => {
    const block = parseMetadataBlock(image.subarray(at, at + 0x10000))!
    const parts = metadataBlockParts(block)
    if (!written) return { at, bytes: serializeMetadataBlock(parts) }
    const dataset = { ...parts.dataset, created: dateToFiletime(written) }
    const datums = parts.datums.map((datum) => redated(datum, written))
    return { at, bytes: serializeMetadataBlock({ ...parts, dataset, datums }) }
  })
}

/** Key protectors have a date of their own. */
function redated(datum: Uint8Array, written: Date): Uint8Array {
  const copy = datum.slice()
  const at = DatumHeader.size + VmkInfoBody.offsetOf("created")
  if (DatumHeader.parse(copy).type === DatumType.vmkInfo) {
    viewOf(copy).setBigUint64(at, dateToFiletime(written), true)
  }
  return copy
}

export interface Search {
  readonly places: readonly VolumePlace[]
  readonly state: ScanState
  readonly tables: readonly PartitionTable[]
}

export async function search(disk: Uint8Array | ByteSource, reach: Reach = "sectors"): Promise<Search> {
  const source = disk instanceof Uint8Array ? memorySource(disk) : disk
  const tables = await readPartitionTables(source)
  const { state } = await scanSource({ source, reach })
  return { places: deriveVolumes(state.traces, tables, source.size), state, tables }
}
