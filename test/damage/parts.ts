/** Names of the parts of a volume, as scenarios use them: "copy 2", "FVEK of copy 1", "head backup". */
import { startsWithLatin1 } from "../../src/bytes/compare.ts"
import { type Extent, extent } from "../../src/extents/extent.ts"
import {
  CONVERSION_LOG_SIGNATURE,
  type Datum,
  DatasetHeader,
  DatumRole,
  DatumType,
  EOW_BITMAP_SIGNATURE,
  EOW_SIGNATURE,
  InformationHeader,
  type MetadataBlock,
  parseEowBitmap,
  parseMetadataBlock,
  Protection,
  ValidationHeader,
  VmkInfoBody,
} from "../../src/fve/index.ts"
import type { ForgedVolume } from "../forge/forge.ts"

/** @throws RangeError for a name that the volume has no part for */
export function findPart(volume: ForgedVolume, name: string): readonly Extent[] {
  const [, ofCopy, digit] = /^(?:(.+) of )?copy (\d)$/.exec(name) ?? []
  const parts = digit ? partOfCopy(volume, Number(digit), ofCopy) : partOfVolume(volume, name)
  if (!parts) throw new RangeError(`the volume has no part "${name}"`)
  return parts
}

/** As the forge wrote it: the same in all three places. */
export function blockOf(volume: ForgedVolume): MetadataBlock {
  return parseMetadataBlock(volume.image.subarray(volume.metadataOffsets[0]))!
}

function partOfVolume(volume: ForgedVolume, name: string): readonly Extent[] | undefined {
  const { size, sectorSize, headBackup } = volume
  switch (name) {
    case "boot sector":
      return [extent(0, sectorSize)]
    case "last sector":
      return [extent(size - sectorSize, sectorSize)]
    case "head backup":
      return headBackup && [headBackup]
    case "original boot sector":
      return headBackup && [extent(headBackup.start, sectorSize)]
    case "conversion information":
      return structures(volume, EOW_SIGNATURE)
    case "conversion bitmaps":
      return structures(volume, EOW_BITMAP_SIGNATURE)
    case "conversion logs":
      return structures(volume, CONVERSION_LOG_SIGNATURE)
    case "newest bitmap records":
      return structures(volume, EOW_BITMAP_SIGNATURE).map((part) => newestRecord(volume, part))
    default:
      return undefined
  }
}

function structures({ overlays }: ForgedVolume, signature: string): Extent[] {
  return overlays
    .filter(({ bytes }) => startsWithLatin1(bytes, signature))
    .map(({ at, bytes }) => extent(at, bytes.length))
}

function newestRecord({ image }: ForgedVolume, { start }: Extent): Extent {
  const { header, records } = parseEowBitmap(image.subarray(start))!
  const [first, second] = records.map((record) => record.header.sequence)
  return extent(start + header.recordOffsets[first! > second! ? 0 : 1]!, header.recordSize)
}

const SECTOR = 512

function partOfCopy(volume: ForgedVolume, copy: number, name?: string): readonly Extent[] | undefined {
  const start = volume.metadataOffsets[copy - 1]!
  const at = (offset: number, length: number): Extent[] => [extent(start + offset, length)]
  const { infoSize, dataset } = blockOf(volume)
  const [, sector] = /^sector (\d+)$/.exec(name ?? "") ?? []
  if (sector) return at((Number(sector) - 1) * SECTOR, SECTOR)
  switch (name) {
    case undefined:
      return at(0, volume.areaSize)
    case "information header":
      return at(0, InformationHeader.size)
    case "dataset header":
      return at(InformationHeader.size, DatasetHeader.size)
    case "first 4 KiB":
      return at(0, 4096)
    case "all after the first 4 KiB":
      return at(4096, volume.areaSize - 4096)
    case "checksum":
      return at(infoSize + ValidationHeader.offsetOf("crc"), 4)
    case "validation block":
      return at(infoSize, volume.areaSize - infoSize)
    case "hash":
      return at(infoSize + ValidationHeader.size, 80)
    default: {
      const datums = dataset.datums.filter((datum) => datumNames(datum).includes(name))
      return datums.length > 0 ? datums.flatMap(({ offset, size }) => at(offset, size)) : undefined
    }
  }
}

const PROTECTOR_NAMES: ReadonlyMap<number, string> = new Map([
  [Protection.password, "password"],
  [Protection.recoveryPassword, "recovery password"],
  [Protection.startupKey, "startup key"],
])

/** What a datum of the dataset is called, all of its names. */
function datumNames({ role, type, body }: Datum): readonly string[] {
  if (type === DatumType.vmkInfo) {
    const name = PROTECTOR_NAMES.get(VmkInfoBody.parse(body).protection)
    return ["every protector", ...(name ? [name] : [])]
  }
  if (role === DatumRole.fvek) return ["FVEK"]
  if (role === DatumRole.description) return ["description"]
  return role === DatumRole.virtualization ? ["virtualization info"] : []
}
