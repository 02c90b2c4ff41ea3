/**
 * Going on where an earlier run stopped. The map beside an output says which of its bytes are there; a run that would write
 * the very same bytes writes only the others. Any other output that exists is refused, since nobody knows whose it is.
 *
 * At the end of a run without losses the map has nothing left to say, and goes, unless somebody asked for it by name. It
 * stays where something is left to do: the run was stopped, or places could not be read.
 */
import { SinkError, UsageError } from "../errors.ts"
import { ExtentMap, Status } from "../extents/extent-map.ts"
import { serializeMapfile, stateOf } from "../extents/mapfile.ts"
import { type CheckpointFile, openCheckpointFile } from "../pipeline/checkpoint-file.ts"
import { USUAL_PACE } from "../pipeline/checkpoint.ts"
import type { RunCheckpoint, RunResult } from "../pipeline/index.ts"
import type { ExistingOutput, PreparedOutput } from "../sink/index.ts"
import { openSource, resolveSource } from "../source/index.ts"
import type { StoredVolume } from "../volume/plain-sectors.ts"
import { type OutputOrigin, sourceMapOf } from "../volume/index.ts"
import type { JobContext, RepairRequest } from "./requests.ts"
import { checkOutput } from "./resume-check.ts"
import {
  type MapPaths,
  chooseMapPaths,
  factsOf,
  loadMapfile,
  refuseForeignMap,
  refuseMapPaths,
} from "./resume-files.ts"
import {
  type RunIdentity,
  differences,
  serializeIdentity,
  sourceMapComments,
  zeroSectorBytesIn,
  zeroSectorComments,
} from "./resume-identity.ts"

export interface ResumePlan {
  /** What is to become of an output that is there. */
  readonly existing: ExistingOutput
  /** Absent where no map is kept. */
  readonly paths?: MapPaths
  /** What an earlier run left. */
  readonly left?: LeftMap
}

export interface LeftMap {
  readonly map: ExtentMap
  /** Bytes in sectors of raw zeros, of what is finished. */
  readonly zeroSectorBytes: number
}

/** @throws SinkError, UsageError where an output or a map that is there is not this run's */
export async function planResume(request: RepairRequest, identity: RunIdentity): Promise<ResumePlan> {
  const existing = request.overwrite ? "overwrite" : "refuse"
  const paths = await chooseMapPaths(request, identity)
  if (!paths) {
    if (request.resume) throw nothingToResume(request, "what goes there does not stay")
    refuseNamedMaps(request)
    return { existing }
  }
  await refuseMapPaths(paths, request)
  if (paths.sourceMap !== undefined) await refuseForeignMap(paths.sourceMap)
  if (request.overwrite) {
    await refuseForeignMap(paths.map)
    return { existing, paths }
  }
  const size = Number(identity.size)
  const mapfile = await loadMapfile(paths.map, size)
  if (mapfile) refuseOtherRun(paths.map, differences(identity, mapfile.comments))
  const output = await factsOf(request.output)
  if (mapfile && output) {
    if (output.isFile() && output.size !== BigInt(size)) throw otherSize(request.output, output.size, size)
    const left = { map: mapfile.map, zeroSectorBytes: zeroSectorBytesIn(mapfile.comments) }
    return { existing: "continue", paths, left }
  }
  if (request.resume) {
    throw nothingToResume(request, output ? `there is no map ${paths.map}` : "there is no such output")
  }
  return { existing, paths }
}

export interface RunMap {
  readonly left?: LeftMap
  readonly checkpoint?: RunCheckpoint
  /** The run is over, without a result when what came after it failed. Resolves to the path of the map, when it stays. */
  close(result?: RunResult): Promise<string | undefined>
}

export interface RunMapRequest {
  readonly request: RepairRequest
  readonly identity: RunIdentity
  readonly plan: ResumePlan
  readonly origin: OutputOrigin
  readonly volume: StoredVolume
}

/** Under the lock of the output. @throws SinkError, UsageError */
export async function openRunMap(
  { request, identity, plan, origin, volume }: RunMapRequest,
  { spec }: PreparedOutput,
  { emit }: JobContext,
): Promise<RunMap> {
  const { paths } = plan
  if (!paths || !("path" in spec)) return { close: async () => undefined }
  const left = plan.left && (await readAgain(request, identity))
  if (left) {
    const { map } = left
    const output = await openSource(await resolveSource(spec.path))
    try {
      await checkOutput(output, request.output, map, volume, origin.start)
    } finally {
      await output.close()
    }
    emit({ type: "notice", code: "resumed", text: resumedText(request.output, map) })
  }
  const file = openCheckpointFile(paths.map)
  const sourceFile = paths.sourceMap === undefined ? undefined : openCheckpointFile(paths.sourceMap)
  const textOf = ({ map, zeroSectorBytes }: LeftMap): string => {
    const comments = [...serializeIdentity(identity), ...zeroSectorComments(zeroSectorBytes)]
    return serializeMapfile({ map, comments, ...stateOf(map) })
  }
  const sourceTextOf = (map: ExtentMap): string => {
    const sourceMap = sourceMapOf(map, origin)
    return serializeMapfile({ map: sourceMap, comments: sourceMapComments(identity), ...stateOf(sourceMap) })
  }
  const atStart = left ?? { map: new ExtentMap(Number(identity.size)), zeroSectorBytes: 0 }
  await (left ? file.goOn(textOf(left)) : beginMap(file, paths.map, textOf(atStart)))
  await sourceFile?.begin(sourceTextOf(atStart.map))
  return {
    ...(left && { left }),
    checkpoint: {
      async save(map, zeroSectorBytes) {
        await file.save(textOf({ map, zeroSectorBytes }))
        await sourceFile?.save(sourceTextOf(map))
      },
      always: paths.isNamed || sourceFile !== undefined,
      pace: request.mapInterval === undefined ? undefined : { ...USUAL_PACE, ms: request.mapInterval * 1000 },
    },
    async close(result) {
      await sourceFile?.close()
      const isComplete = result !== undefined && result.stopped === undefined && isWhole(result.map)
      const stays = paths.isNamed || !isComplete
      await (stays ? file.close() : file.remove())
      return stays ? paths.map : undefined
    },
  }
}

const isWhole = (map: ExtentMap): boolean => map.total(Status.finished) === map.size

function refuseNamedMaps({ output, map, sourceMap }: RepairRequest): void {
  const named = map ?? sourceMap
  if (named === undefined) return
  throw new UsageError(
    "map-without-output",
    `there is no map of ${nameOf(output)}: what goes there does not stay`,
    {
      next: ["leave out the map, or name a file or a drive as the output"],
      data: { path: named },
    },
  )
}

async function beginMap(file: CheckpointFile, path: string, text: string): Promise<void> {
  if (await factsOf(path)) await file.forget()
  await file.begin(text)
}

/** The run that held the lock until now may have gone further, or been of another volume. */
async function readAgain(request: RepairRequest, identity: RunIdentity): Promise<LeftMap> {
  const { left } = await planResume(request, identity)
  if (left) return left
  throw new SinkError("sink-in-use", `another run has changed ${request.output} meanwhile`, {
    next: ["run the same command again"],
    data: { path: request.output },
  })
}

function resumedText(output: string, map: ExtentMap): string {
  const rest = map.size - map.total(Status.finished)
  return `an earlier run began ${output}: ${rest} of ${map.size} bytes are still missing`
}

function refuseOtherRun(path: string, others: readonly string[]): void {
  const [other] = others
  if (other === undefined) return
  throw new SinkError("map-of-another-run", `${path} is the map of ${other}`, {
    next: [
      "name another output, or another map with --map",
      "add -f to start afresh, over this output and its map",
    ],
    data: { path, differences: others },
  })
}

function otherSize(path: string, size: bigint, expected: number): SinkError {
  return new SinkError("output-differs", `${path} has ${size} bytes, and its map is of ${expected}`, {
    next: [
      "look whether this is the file that the earlier run wrote",
      "name another output",
      "add -f to start afresh",
    ],
    data: { path, size: Number(size), expected },
  })
}

function nothingToResume({ output }: RepairRequest, why: string): SinkError {
  return new SinkError("nothing-to-resume", `there is nothing to go on with in ${nameOf(output)}: ${why}`, {
    next: ["name the output of the earlier run, and its map with --map", "leave out --resume to begin anew"],
    data: { path: output },
  })
}

const nameOf = (output: string): string => (output === "-" ? "standard output" : output)
