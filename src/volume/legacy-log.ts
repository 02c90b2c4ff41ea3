/**
 * The conversion log of a conversion by watermark (state 2). Its geometry is that of an encrypt-on-write region's log with
 * chunks of its own size. Unconfirmed: no volume in this state was seen; the checksums of its parts decide whether the
 * reading is right, and without a valid record the watermark stands.
 */
import { type Extent, extent, hex, intersect, subtractExtents } from "../extents/extent.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import type { Finding } from "../findings.ts"
import { LOGGED_BYTES, conversionLogGeometry, currentLogRecord, parseConversionLog } from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import { decideInFlight } from "./in-flight.ts"

/** Sectors of a log that are no data: two headers, and two control sectors for each of two records. */
const CONTROL_SECTORS = 6

export interface LegacyLogSurvey {
  readonly plain: readonly Extent[]
  readonly findings: readonly Finding[]
}

/** Corrects what the watermark says by the chunk in flight. */
export async function surveyLegacyLog(
  source: ByteSource,
  log: Extent,
  plainByWatermark: readonly Extent[],
  cipher: SectorCipher,
  signal?: AbortSignal,
): Promise<LegacyLogSurvey> {
  const { sectorSize } = cipher
  const dataSize = (log.length - CONTROL_SECTORS * sectorSize) / 2
  const unchanged = { plain: plainByWatermark, findings: [] }
  if (dataSize < LOGGED_BYTES || dataSize % LOGGED_BYTES !== 0) return unchanged
  const geometry = conversionLogGeometry(sectorSize, (dataSize / LOGGED_BYTES) * sectorSize)
  const { bytes } = await readBytes(source, log.start, log.length, signal)
  const current = currentLogRecord(parseConversionLog(bytes, geometry))
  if (current?.state !== "complete" || current.chunkOffset === undefined) return unchanged
  const logged = extent(current.chunkOffset, (current.data.length / LOGGED_BYTES) * sectorSize)
  const chunk = intersect(logged, extent(0, source.size))
  if (chunk.length === 0 || chunk.start % sectorSize !== 0) return unchanged
  const raw = new Uint8Array(chunk.length)
  await source.read(chunk.start, raw, signal)
  const byWatermark = !plainByWatermark.some((e) => intersect(e, chunk).length > 0)
  const plainInChunk = decideInFlight(raw, current.data, chunk.start, cipher, byWatermark)
  return {
    plain: [...plainByWatermark.flatMap((e) => subtractExtents(e, [chunk])), ...plainInChunk],
    findings: [
      {
        code: "chunk-in-flight",
        severity: "notice",
        text: `the chunk at ${hex(chunk.start)} was being converted: decided sector by sector from the conversion log`,
        extent: chunk,
      },
    ],
  }
}
