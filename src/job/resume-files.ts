/** Where the maps of a run lie, and what lies there already. No map ever replaces a file that is none of ours. */
import type { BigIntStats } from "node:fs"
import { readFile, realpath, stat } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { SinkError, SourceError, UsageError } from "../errors.ts"
import { LARGEST_MAPFILE, type Mapfile, parseMapfile } from "../extents/mapfile.ts"
import { refuseSource } from "../sink/refuse-source.ts"
import type { RepairRequest } from "./requests.ts"
import { type RunIdentity, isOurs } from "./resume-identity.ts"

export interface MapPaths {
  readonly map: string
  readonly sourceMap?: string
  /** Somebody asked for the map: it stays when the run is over. */
  readonly isNamed: boolean
}

/** As much of an ID as Windows shows, and people read out. */
const SHORT_ID_LENGTH = 8

/**
 * Beside an image, as a user of ddrescue looks for it; for a device, beside which there is no place, in the current folder.
 * @returns undefined for what nobody can go on with: standard output, the null device
 */
export async function chooseMapPaths(
  { output, map, sourceMap }: RepairRequest,
  { volume, plan }: RunIdentity,
): Promise<MapPaths | undefined> {
  const facts = output === "-" ? undefined : await factsOf(output)
  const isStream = output === "-" || facts?.isCharacterDevice() === true
  if (isStream) return undefined
  const id = volume === "unknown" ? plan : volume
  const usual = facts?.isBlockDevice()
    ? `repair-bde-${id.slice(0, SHORT_ID_LENGTH).toUpperCase()}.map`
    : `${output}.map`
  return {
    map: map ?? usual,
    ...(sourceMap !== undefined && { sourceMap }),
    isNamed: map !== undefined,
  }
}

/** @throws UsageError, SinkError where a map would lie on the input, on its drive, or in place of another file of the run */
export async function refuseMapPaths({ map, sourceMap }: MapPaths, request: RepairRequest): Promise<void> {
  const maps = sourceMap === undefined ? [map] : [map, sourceMap]
  const inputMap = request.input.map
  const others = [request.output, request.input.path, ...(inputMap === undefined ? [] : [inputMap])]
  const taken = new Set(await Promise.all(others.map(placeOf)))
  for (const path of maps) {
    const place = await placeOf(path)
    if (taken.has(place)) {
      throw new UsageError("map-is-other-file", `${path} is another file of this run`, {
        next: ["name a file of its own for each map"],
        data: { path },
      })
    }
    taken.add(place)
    await refuseSource(path, await factsOf(path), request.input.path)
  }
}

/** `undefined` where there is none, or nothing of one: a power cut can leave the name alone. @throws UsageError, SourceError */
export async function loadMapfile(path: string, size: number): Promise<Mapfile | undefined> {
  const text = await readText(path)
  if (text === undefined || /^\0*$/.test(text)) return undefined
  const mapfile = parseMapfile(text, size)
  if (!("fault" in mapfile)) return mapfile
  throw unusable(path, mapfile.fault)
}

/** @throws SinkError unless nothing is there, or a map that a run of ours made */
export async function refuseForeignMap(path: string): Promise<void> {
  const mapfile = await loadMapfile(path, 0)
  if (!mapfile || isOurs(mapfile.comments)) return
  throw new SinkError("map-of-another-run", `${path} is the map of another program`, {
    next: ["name another file for the map"],
    data: { path },
  })
}

export async function factsOf(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined)
}

/** The same for all names of a file, whether it is there or not. */
async function placeOf(path: string): Promise<string> {
  return realpath(path).catch(async () => {
    const folder = await realpath(dirname(path)).catch(() => resolve(dirname(path)))
    return join(folder, basename(path))
  })
}

async function readText(path: string): Promise<string | undefined> {
  const facts = await factsOf(path)
  if (!facts) return undefined
  if (!facts.isFile()) throw unusable(path, "is no file")
  if (facts.size > LARGEST_MAPFILE) throw unusable(path, "is too large for a mapfile")
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new SourceError("map-unreadable", `cannot read the map ${path}`, {
      next: ["check that you may read it"],
      data: { path },
      cause,
    })
  })
}

function unusable(path: string, fault: string): UsageError {
  return new UsageError("map-unusable", `${path} ${fault}`, {
    next: ["name another file for the map; this one stays as it is"],
    data: { path },
  })
}
