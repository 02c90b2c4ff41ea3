/**
 * `--input-map`: what the mapfile of an image says that it never had. Only what is finished there was read from the drive;
 * anything else in the image is whatever its file held before.
 */
import { SourceError } from "../errors.ts"
import { type Extent, extent } from "../extents/extent.ts"
import { Status } from "../extents/extent-map.ts"
import type { DriveSpec, SourceSpec } from "../source/byte-source.ts"
import { openSource } from "../source/index.ts"
import { loadMapfile } from "./resume-files.ts"

/** @throws SourceError, UsageError when there is no such map, or it is none */
export async function withoutMissing(drive: DriveSpec, mapPath: string | undefined): Promise<SourceSpec> {
  if (mapPath === undefined) return drive
  const source = await openSource(drive)
  const { size } = source
  await source.close()
  const mapfile = await loadMapfile(mapPath, size)
  if (!mapfile) {
    throw new SourceError("map-unreadable", `there is no map ${mapPath}`, {
      next: ["name the mapfile with which the image was made"],
      data: { path: mapPath },
    })
  }
  const missing: Extent[] = []
  for (const { start, length, status } of mapfile.map) {
    if (status !== Status.finished) missing.push(extent(start, length))
  }
  return missing.length === 0 ? drive : { kind: "masked", of: drive, missing }
}
