/** Injuries to the three metadata copies of a volume, each named for what happened, each the same on every run. */
import { crc32 } from "../../src/bytes/crc32.ts"
import { type Extent, extent } from "../../src/extents/extent.ts"
import {
  type Datum,
  DatumRole,
  DatumType,
  type MetadataBlock,
  type MetadataCopy,
  ValidationHeader,
  parseMetadataBlock,
} from "../../src/fve/index.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import type { TestVolume } from "./volumes.ts"

const SECTOR = 512
const HEADER_SIZE = 0x40
const HEADERS_SIZE = 0x70

/** The areas of the three copies, to be changed in place, and what of them cannot be read. */
export interface Injured {
  readonly areas: Uint8Array[]
  readonly unreadable: Extent[][]
}
export type Injury = (injured: Injured, volume: TestVolume) => void

const noise = (area: Uint8Array, start: number, end: number, seed = 7): void =>
  area.set(randomBytes(end - start, seed + start), start)

const wholeAreaOf = ({ facts }: TestVolume): number => facts.areaSize

function destroyCopies(...copies: readonly number[]): Injury {
  return ({ areas }, volume) => {
    for (const copy of copies) noise(areas[copy - 1]!, 0, wholeAreaOf(volume), copy)
  }
}

function inAll(injure: (area: Uint8Array, block: MetadataBlock, copy: number) => void): Injury {
  return ({ areas }, { block }) => areas.forEach((area, i) => injure(area, block, i))
}

/** The body of a datum: its size still leads to the next one. */
const destroyDatum = (area: Uint8Array, { offset, size }: Datum, seed?: number): void =>
  noise(area, offset + 8, offset + size, seed)

/** Recovery password, FVEK, startup key: without two of them the volume still opens. */
function threeDatums({ dataset }: MetadataBlock): Datum[] {
  const protectors = dataset.datums.filter(({ type }) => type === DatumType.vmkInfo)
  const fvek = dataset.datums.find(({ role }) => role === DatumRole.fvek)!
  return [protectors[1]!, fvek, protectors[2]!]
}

const fvekOf = ({ dataset }: MetadataBlock): Datum =>
  dataset.datums.find(({ role }) => role === DatumRole.fvek)!

export const INJURIES = {
  none: () => {},
  "copy-1-destroyed": destroyCopies(1),
  "copies-1-2-destroyed": destroyCopies(1, 2),
  "copy-header-destroyed-datums-intact": inAll((area, _, i) => noise(area, 0, HEADER_SIZE, i)),
  "copy-headers-and-dataset-headers-destroyed": inAll((area, _, i) => noise(area, 0, HEADERS_SIZE, i)),
  "each-copy-a-different-datum-destroyed": inAll((area, block, i) =>
    destroyDatum(area, threeDatums(block)[i]!, i),
  ),
  "same-damage-in-two-copies": ({ areas }, { block }) => {
    for (const area of areas.slice(0, 2)) destroyDatum(area, fvekOf(block))
  },
  "same-damage-in-two-copies-of-a-header": ({ areas }) => {
    for (const area of areas.slice(0, 2)) noise(area, 0x0c, 0x40)
  },
  "a-sector-lost-in-each-copy": ({ areas, unreadable }, { block }) =>
    areas.forEach((area, i) => {
      const start = SECTOR * (i % Math.ceil(block.infoSize / SECTOR))
      area.fill(0, start, start + SECTOR)
      unreadable[i]!.push(extent(start, SECTOR))
    }),
  "crc-wrong-everywhere": inAll((area, { infoSize }, i) => noise(area, infoSize + 4, infoSize + 8, i)),
  "crc-wrong-everywhere-by-the-state": inAll((area) => noise(area, 0x0c, 0x18)),
  "validation-destroyed": inAll((area, { infoSize }, i) => noise(area, infoSize, infoSize + 0x58, i)),
  "datum-size-broken": inAll((area, block) =>
    area.fill(0, threeDatums(block)[0]!.offset, threeDatums(block)[0]!.offset + 2),
  ),
  "each-copy-a-different-datum-size-broken": inAll((area, block, i) => {
    const { offset } = threeDatums(block)[i]!
    area.set([0xff, 0xee], offset)
  }),
  "stale-copy": ({ areas }, { olderArea }) => areas[1]!.set(olderArea),
  "two-stale-copies": ({ areas }, { olderArea }) => areas.slice(0, 2).forEach((area) => area.set(olderArea)),
  "stale-copy-and-the-others-damaged": ({ areas }, { olderArea, block }) => {
    areas[0]!.set(olderArea)
    destroyDatum(areas[1]!, threeDatums(block)[0]!)
    noise(areas[2]!, 0x0c, 0x30)
  },
} as const satisfies Record<string, Injury>
export type InjuryName = keyof typeof INJURIES
export const INJURY_NAMES = Object.keys(INJURIES) as InjuryName[]

/** @param isRefitted whether every copy was given a right CRC-32 again, where its header still tells what it covers */
export function injure(volume: TestVolume, injury: Injury, isRefitted = false): MetadataCopy[] {
  const injured: Injured = { areas: [0, 1, 2].map(() => volume.area.slice()), unreadable: [[], [], []] }
  injury(injured, volume)
  return injured.areas.map((bytes, i) => {
    if (isRefitted) refitCrc(bytes)
    const offset = volume.forged.metadataOffsets[i]!
    const block = parseMetadataBlock(bytes, offset)
    const unreadable = injured.unreadable[i]!.map((e) => ({ ...e, start: e.start + offset }))
    return { copy: i + 1, offset, bytes, ...(block && { block }), unreadable }
  })
}

export function refitCrc(area: Uint8Array): void {
  const block = parseMetadataBlock(area)
  if (!block || block.infoSize < HEADERS_SIZE || block.infoSize + ValidationHeader.size > area.length) return
  const at = block.infoSize + ValidationHeader.offsetOf("crc")
  new DataView(area.buffer).setUint32(at, crc32(area.subarray(0, block.infoSize)), true)
}
