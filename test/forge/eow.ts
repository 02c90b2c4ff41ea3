/**
 * Encrypt-on-write structures of a forged volume: regions that tile everything behind the head, a bitmap and a conversion
 * log for each. Sequence numbers and slots are those of volumes that Windows left in the middle of a conversion: the record
 * with an odd sequence is the first of the two, and a log ends with a blank record when its conversion was stopped.
 */
import { nodeCrypto } from "../../src/crypto/node.ts"
import {
  alignUp,
  contains,
  endOf,
  type Extent,
  extent,
  extentBetween,
  mergeExtents,
} from "../../src/extents/extent.ts"
import {
  conversionLogGeometry,
  type LogRecordFields,
  LOGGED_BYTES,
  serializeConversionLog,
  serializeEowBitmap,
  serializeEowInfo,
} from "../../src/fve/index.ts"
import type { Overlay } from "./blueprint.ts"
import type { ConversionInputs } from "./conversion.ts"
import { seededRandom } from "./random.ts"
import type { EowConversion } from "./recipe.ts"

export interface DrawnEow {
  readonly storedPlain: readonly Extent[]
  readonly zeroed: readonly Extent[]
  readonly overlays: readonly Overlay[]
  readonly eowOffsets: readonly number[]
}

/** `isUnused`: as initialised before a first conversion. */
type EowRecipe = EowConversion & { readonly isUnused?: boolean }

interface Region {
  readonly index: number
  readonly extent: Extent
  readonly bitmapAt: number
  readonly logAt: number
  readonly chunks: readonly Extent[]
  /** Chunks from the low end on that are converted by the bitmap. */
  readonly converted: number
  readonly phase?: NonNullable<EowConversion["inFlight"]>["phase"]
}

/** Structures begin at multiples of this. */
const UNIT = 0x1000
const LARGEST_ALIGNMENT = 0x200000

export function drawEow(recipe: EowRecipe, inputs: ConversionInputs): DrawnEow {
  const { sectorSize, room, image, headBackup } = inputs
  const recordSize = sectorSize
  const bitmapSize = 3 * recordSize
  const { size: logSize } = conversionLogGeometry(sectorSize, recipe.chunkSize)
  const extents = regionsOf(image.size, headBackup, recipe.regionSize)
  const near = image.size / 2
  const eowOffsets = [0, 1].map(() => room.take(UNIT, UNIT, near))
  const regions = extents.map((whole, index) => {
    const bitmapAt = room.take(alignUp(bitmapSize, UNIT) + alignUp(logSize, UNIT), UNIT, near)
    return drawRegion(recipe, index, whole, bitmapAt, bitmapAt + alignUp(bitmapSize, UNIT))
  })
  const info = serializeEowInfo({
    sectorSize,
    chunkSize: recipe.chunkSize,
    copyOffsets: eowOffsets,
    bitmapOffsets: regions.map(({ bitmapAt }) => bitmapAt),
  })
  const zeroed = [
    ...eowOffsets.map((at) => extent(at, alignUp(info.length, sectorSize))),
    ...regions.flatMap(({ bitmapAt, logAt }) => [extent(bitmapAt, bitmapSize), extent(logAt, logSize)]),
  ]
  const scene = { recipe, inputs, hidden: [...inputs.metadata, ...zeroed] }
  return {
    storedPlain: mergeExtents(regions.flatMap((region) => plainParts(scene, region))),
    zeroed,
    overlays: [
      ...eowOffsets.map((at) => ({ at, bytes: info })),
      ...regions.flatMap((region) => [
        { at: region.bitmapAt, bytes: bitmapOf(scene, region, recordSize) },
        { at: region.logAt, bytes: logOf(scene, region) },
      ]),
    ],
    eowOffsets,
  }
}

interface Scene {
  readonly recipe: EowRecipe
  readonly inputs: ConversionInputs
  /** Read as zeros by the file system, and logged as such. */
  readonly hidden: readonly Extent[]
}

/** The head's backup is a region of its own; the others end where they are aligned on the disk. */
function regionsOf(size: number, backup: Extent, regionSize: number): Extent[] {
  const unit = Math.min(LARGEST_ALIGNMENT, regionSize)
  const regions: Extent[] = []
  let at = backup.length
  while (at < size) {
    const borders = at === backup.start ? [endOf(backup)] : [alignUp(at + regionSize, unit), size]
    const end = Math.min(...borders, at < backup.start ? backup.start : size)
    regions.push(extentBetween(at, end))
    at = end
  }
  return regions
}

function drawRegion(
  recipe: EowRecipe,
  index: number,
  whole: Extent,
  bitmapAt: number,
  logAt: number,
): Region {
  const chunks: Extent[] = []
  for (let at = whole.start; at < endOf(whole); at += recipe.chunkSize) {
    chunks.push(extentBetween(at, Math.min(at + recipe.chunkSize, endOf(whole))))
  }
  const share = recipe.progress[index % recipe.progress.length]!
  const inFlight = recipe.inFlight?.region === index ? recipe.inFlight : undefined
  // Something must be left to be in flight.
  const converted = Math.min(Math.round(share * chunks.length), chunks.length - (inFlight ? 1 : 0))
  return {
    index,
    extent: whole,
    bitmapAt,
    logAt,
    chunks,
    converted,
    ...(inFlight && { phase: inFlight.phase }),
  }
}

/** Whether the chunk is stored encrypted by a bitmap with so many chunks converted. */
function isEncrypted({ direction, isUnused }: EowRecipe, chunk: number, converted: number): boolean {
  return !isUnused && (direction === "encrypting") === chunk < converted
}

function plainParts(scene: Scene, region: Region): Extent[] {
  const plain = region.chunks.filter((_, i) => !isEncrypted(scene.recipe, i, region.converted))
  const chunk = region.phase && region.chunks[region.converted]
  if (!chunk) return plain
  const isConverted = convertedSectors(scene, region)
  const target = scene.recipe.direction === "encrypting"
  const { sectorSize } = scene.inputs
  const sectors = Array.from({ length: chunk.length / sectorSize }, (_, i) => i)
  return [
    ...plain.filter((e) => e.start !== chunk.start),
    ...sectors
      .filter((i) => isConverted(i) !== target)
      .map((i) => extent(chunk.start + i * sectorSize, sectorSize)),
  ]
}

/** Of the chunk in flight. */
function convertedSectors({ recipe }: Scene, { phase, index }: Region): (sector: number) => boolean {
  if (phase === "done" || phase === "stale") return () => true
  if (phase !== "partly") return () => false
  const bits = seededRandom(index + 7 + recipe.chunkSize).bytes(recipe.chunkSize / 512)
  return (sector) => bits[sector]! % 2 === 1
}

function bitmapOf({ recipe }: Scene, region: Region, recordSize: number): Uint8Array {
  const done = region.phase === "stale" ? region.converted + 1 : region.converted
  const bitsAfter = (converted: number): Uint8Array => {
    const bits = new Uint8Array(Math.ceil(region.chunks.length / 8))
    // Those past the count are 1 on real volumes that began encrypted.
    if (recipe.direction === "decrypting" && !recipe.isUnused) bits.fill(0xff)
    region.chunks.forEach((_, i) => {
      const mask = 1 << (i & 7)
      bits[i >> 3] = isEncrypted(recipe, i, converted) ? bits[i >> 3]! | mask : bits[i >> 3]! & ~mask
    })
    return bits
  }
  const record = (sequence: number, converted: number) => ({
    sequence: BigInt(sequence),
    flags: sequence > 1 ? 2 : 0,
    bitCount: region.chunks.length,
    bits: bitsAfter(converted),
  })
  const newest = record(1 + done, done)
  const older = record(done, Math.max(0, done - 1))
  return serializeEowBitmap({
    regionIndex: region.index,
    regionOffset: region.extent.start,
    regionSize: region.extent.length,
    logOffset: region.logAt,
    recordSize,
    records: inSlots(newest, older),
  })
}

function logOf(scene: Scene, region: Region): Uint8Array {
  const { sectorSize, image } = scene.inputs
  const newest = 1 + region.converted
  const unused: LogRecordFields = { kind: "unused" }
  const chunkRecord = (chunk: number): LogRecordFields => ({
    kind: "chunk",
    sequence: BigInt(1 + chunk),
    offset: region.chunks[chunk]!.start,
    data: firstBytesBefore(scene, region.chunks[chunk]!),
    isTorn: region.phase === "torn" && chunk === region.converted,
  })
  const last = region.converted > 0 ? chunkRecord(region.converted - 1) : unused
  const blank: LogRecordFields = { kind: "blank", sequence: BigInt(newest) }
  const current = region.phase ? chunkRecord(region.converted) : region.converted > 0 ? blank : unused
  return serializeConversionLog({
    sectorSize,
    chunkSize: scene.recipe.chunkSize,
    volumeSize: image.size,
    regionOffset: region.extent.start,
    records: newest % 2 === 1 ? [current, last] : [last, current],
  })
}

/** The record with the odd sequence first. */
function inSlots<T extends { readonly sequence: bigint }>(newest: T, older: T): [T, T] {
  return newest.sequence % 2n === 1n ? [newest, older] : [older, newest]
}

/** The first bytes of every sector of a chunk as they were stored before its conversion. */
function firstBytesBefore({ recipe, inputs, hidden }: Scene, chunk: Extent): Uint8Array {
  const { image, headBackup, sectorSize, fvek } = inputs
  const cipher = fvek && nodeCrypto.createSectorCipher(inputs.recipe.method, fvek, sectorSize)
  const data = new Uint8Array((chunk.length / sectorSize) * LOGGED_BYTES)
  for (let i = 0; i < chunk.length / sectorSize; i++) {
    const at = chunk.start + i * sectorSize
    if (hidden.some((e) => contains(e, at))) continue
    const sector = image.read(contains(headBackup, at) ? at - headBackup.start : at, sectorSize)
    if (recipe.direction === "decrypting") cipher?.encrypt(sector, at)
    data.set(sector.subarray(0, LOGGED_BYTES), i * LOGGED_BYTES)
  }
  return data
}
