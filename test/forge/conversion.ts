/** How far a volume is encrypted: the fields that say so, and the places that are (still, or already) plaintext. */
import { conversionLogGeometry, ConversionState, serializeConversionLog } from "../../src/fve/index.ts"
import { type Extent, extent, extentBetween, mergeExtents } from "../../src/extents/extent.ts"
import type { Overlay, PlaintextImage } from "./blueprint.ts"
import { drawEow } from "./eow.ts"
import type { FreeRoom } from "./free-room.ts"
import type { Conversion, Direction, Recipe } from "./recipe.ts"

export interface DrawnConversion {
  readonly state: number
  readonly nextState: number
  readonly watermark: number
  readonly logSize: number
  /** Of the virtualization info's extension. */
  readonly flags: bigint
  readonly storedPlain: readonly Extent[]
  readonly zeroed: readonly Extent[]
  readonly overlays: readonly Overlay[]
  readonly eowOffsets?: readonly number[]
}

export interface ConversionInputs {
  readonly image: PlaintextImage
  readonly recipe: Recipe
  readonly sectorSize: number
  readonly room: FreeRoom
  /** Where encrypt-on-write structures begin. */
  readonly alignment: number
  readonly headBackup: Extent
  readonly metadata: readonly Extent[]
  readonly fvek?: Uint8Array
}

export const ENCRYPTED: Conversion = { kind: "encrypted" }
/** The log of a conversion by watermark is that of one chunk of encrypt-on-write, with smaller chunks. */
const WATERMARK_CHUNK = 0x100000

export function drawConversion(inputs: ConversionInputs): DrawnConversion {
  const { recipe, image, sectorSize } = inputs
  const { conversion = ENCRYPTED } = recipe
  const drawn = drawKind(conversion, inputs)
  const tail = recipe.hasPlainTail ? [extent(image.size - sectorSize, sectorSize)] : []
  const flags = (sectorSize === 4096 ? 1n : 0n) | drawn.flags
  return { ...drawn, flags, storedPlain: mergeExtents([...drawn.storedPlain, ...tail]) }
}

function drawKind(conversion: Conversion, inputs: ConversionInputs): DrawnConversion {
  const { size } = inputs.image
  const settled = { watermark: size, logSize: 0, flags: 0n, storedPlain: [], zeroed: [], overlays: [] }
  const { encrypted, decrypted } = ConversionState
  switch (conversion.kind) {
    case "encrypted":
      return { ...settled, state: encrypted, nextState: encrypted }
    case "decrypted": {
      const eow = conversion.hasEow ? drawEow(UNUSED_EOW, inputs) : settled
      const storedPlain = [extent(0, size)]
      return { ...settled, ...eow, storedPlain, watermark: 0, state: decrypted, nextState: decrypted }
    }
    case "watermark":
      return drawWatermark(conversion, inputs)
    case "eow": {
      // The state says nothing of the conversion; the flags were seen, their meaning is a guess.
      const flags = conversion.direction === "decrypting" ? 0x140n : 0x40n
      return { ...settled, ...drawEow(conversion, inputs), flags, state: encrypted, nextState: encrypted }
    }
  }
}

const UNUSED_EOW = {
  kind: "eow",
  direction: "decrypting",
  progress: [0],
  chunkSize: 0x10000,
  regionSize: 0x200000,
  isUnused: true,
} as const

function drawWatermark(
  conversion: Conversion & { kind: "watermark" },
  { image, sectorSize, room, alignment }: ConversionInputs,
): DrawnConversion {
  const withLog = conversion.state === "converting-with-log"
  const geometry = conversionLogGeometry(sectorSize, WATERMARK_CHUNK)
  const watermark = withLog ? room.take(geometry.size, alignment, conversion.at) : conversion.at
  const unused = { kind: "unused" } as const
  const log = serializeConversionLog({
    sectorSize,
    chunkSize: WATERMARK_CHUNK,
    volumeSize: image.size,
    regionOffset: 0,
    records: [unused, unused],
  })
  return {
    state: {
      paused: ConversionState.paused,
      converting: ConversionState.convertingWithoutLog,
      "converting-with-log": ConversionState.convertingWithLog,
    }[conversion.state],
    nextState: stateAfter(conversion.direction),
    watermark,
    logSize: withLog ? geometry.size : 0,
    flags: 0n,
    storedPlain: [extentBetween(watermark, image.size)],
    zeroed: withLog ? [extent(watermark, geometry.size)] : [],
    overlays: withLog ? [{ at: watermark, bytes: log }] : [],
  }
}

function stateAfter(direction: Direction): number {
  return direction === "encrypting" ? ConversionState.encrypted : ConversionState.decrypted
}
