/**
 * Windows Vista: NTFS in its own place, with the first 16 sectors in plaintext. Its boot sector, and the copy in the last
 * sector, lack one field, the place of $MFTMirr, which $MFT tells.
 */
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import { equalBytes } from "../bytes/compare.ts"
import { hex } from "../extents/extent.ts"
import { type FileSystem, findMftGeometry } from "../filesystem/index.ts"
import { type BootLayout, VistaSector, recogniseBootSector } from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import type { FoundGeometry } from "./search-geometry.ts"
import { STILL_NAMED, holdData } from "./search-geometry-metadata.ts"
import { guessedView } from "./search-geometry-view.ts"

/** In bytes: 16 sectors of 512. */
export const VISTA_HEAD = 0x2000
/** Of a metadata copy, with clusters of up to 16 KiB. */
export const VISTA_AREA_SIZE = 0x4000

type VistaFound = Pick<
  FoundGeometry,
  "layout" | "headLength" | "doubtful" | "metadataOffsets" | "mftMirrorLcn"
> & { readonly fileSystem?: FileSystem }

/** `undefined` when nothing of Windows Vista is there, unless that is known from elsewhere. */
export async function findVista(
  volume: ByteSource,
  cipher: SectorCipher,
  known: {
    readonly layout?: BootLayout | undefined
    readonly metadataOffsets?: readonly number[] | undefined
  },
  signal?: AbortSignal,
): Promise<VistaFound | undefined> {
  const { sectorSize } = cipher
  const first = await readBytes(volume, 0, sectorSize, signal)
  const last = await readBytes(volume, volume.size - sectorSize, sectorSize, signal)
  const sector = [first.bytes, last.bytes].find((bytes) => recogniseBootSector(bytes)?.layout === "vista")
  const hasPlainBootCode = isBootCode((await readBytes(volume, sectorSize, 16, signal)).bytes)
  if (!sector && !hasPlainBootCode && known.layout !== "vista") return undefined
  const named = sector ? recogniseBootSector(sector)!.metadataOffsets : []
  const given = known.metadataOffsets ?? []
  const isContradicted = await holdData(volume, cipher, given, VISTA_AREA_SIZE)
  const mft = await findMirror(volume, cipher, sector, signal)
  const evidence = sector
    ? `its boot sector stands in the ${sector === first.bytes ? "first" : "last"} sector`
    : hasPlainBootCode
      ? "the boot program is there in plaintext"
      : "given"
  return {
    layout: { value: "vista", confidence: sector ? "proven" : "likely", evidence },
    headLength: { value: 0, confidence: "proven", evidence: "Windows Vista moves nothing" },
    doubtful: [],
    metadataOffsets: placesOfMetadata(isContradicted ? [] : given, named),
    ...(mft !== undefined && {
      mftMirrorLcn: { value: BigInt(mft), confidence: "proven", evidence: "$MFT says where its mirror lies" },
    }),
  }
}

/** The boot sector names one of three. */
function placesOfMetadata(given: readonly number[], named: readonly number[]): VistaFound["metadataOffsets"] {
  if (given.length > 0) return { value: given, confidence: "likely", evidence: STILL_NAMED }
  const [first] = named
  const evidence = first === undefined ? "nothing names them" : `the boot sector names ${hex(first)}`
  return { value: named, confidence: "likely", evidence }
}

const BOOT_MANAGER = Uint8Array.from("\x07BOOTMGR", (letter) => letter.charCodeAt(0))

function isBootCode(bytes: Uint8Array): boolean {
  return equalBytes(
    bytes.filter((_, i) => i % 2 === 0),
    BOOT_MANAGER,
  )
}

async function findMirror(
  volume: ByteSource,
  cipher: SectorCipher,
  sector: Uint8Array | undefined,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const view = guessedView({ source: volume, cipher, plainHead: VISTA_HEAD })
  const { bios, mftLcn } = sector ? VistaSector.parse(sector) : { bios: undefined, mftLcn: 0n }
  const hint = bios ? Number(mftLcn) * bios.clusterSectorCount * bios.sectorSize : undefined
  const found = await findMftGeometry(view, { signal, hints: hint ? [hint] : [] })
  return found?.mirrorLcn
}
