/**
 * `locate`: searches the whole input for BitLocker volumes when boot sector, partition table or both are gone. It needs no
 * credential and writes nothing but, when asked for, the state from which it goes on after a stop.
 */
import { EXIT_DONE, EXIT_DONE_WITH_LOSSES, NotFveError } from "../errors.ts"
import { hex, totalLength } from "../extents/extent.ts"
import { type VolumePlace, bootOf, deriveVolumes, foundEnough, startOf } from "../locate/index.ts"
import { readPartitionTables } from "../partition/index.ts"
// Not through the door, which also loads all that decrypts: a search on a fast disk is over in a second.
import { scanSource } from "../pipeline/scan-source.ts"
import { type ScanState, scannedBytes } from "../pipeline/scan-state.ts"
import type { ByteSource, SourceSpec } from "../source/byte-source.ts"
import { openSource, resolveSource, USUAL_READ_TIMEOUT_MS } from "../source/index.ts"
import { createContext } from "./context.ts"
import type { LocateReport, LocatedVolumeReport } from "./locate-report.ts"
import type { SourceReport } from "./reports.ts"
import type { JobContext, JobShell } from "./requests.ts"
import { loadScanState, openCheckpoints } from "./scan-checkpoint.ts"

export interface LocateOptions {
  /** Volumes at any byte offset, and all that there are: the scan does not end when one was found. */
  readonly all?: boolean
  /** Goes on when enough was found: what was found may be the remains of an earlier volume. */
  readonly toTheEnd?: boolean
  /** The file of an earlier scan's state, if there is one, and of this one's. */
  readonly statePath?: string
  /** Worker threads; chosen from the size when absent. */
  readonly lanes?: number
  /** A read of a device that takes longer counts as failed; a minute when absent. */
  readonly readTimeoutMs?: number | undefined
}

export interface LocateRequest extends LocateOptions {
  readonly input: { readonly path: string }
}

/** @throws SourceError, NotFveError when there is no trace of BitLocker */
export async function locateOnInput(request: LocateRequest, shell: JobShell = {}): Promise<LocateReport> {
  const started = performance.now()
  const context = createContext(shell)
  const { path } = request.input
  const spec = await resolveSource(path)
  const { readTimeoutMs = USUAL_READ_TIMEOUT_MS } = request
  const source = await openSource(spec, { readTimeoutMs, signal: context.signal })
  try {
    const { places, state, endedEarly } = await scanForVolumes(spec, source, request, context)
    if (places.length === 0) throw nothingFound(path, state)
    const kind = spec.kind === "device" ? "device" : "file"
    const report: SourceReport = { path, kind, size: source.size, sectorSize: source.sectorSize }
    return {
      source: report,
      volumes: places.map(describePlace),
      scannedBytes: scannedBytes(state),
      endedEarly,
      unreadable: state.unreadable,
      traceCounts: countTraces(state),
      elapsedMs: Math.round(performance.now() - started),
      next: nextSteps(path, places, source.size, endedEarly),
      exitCode: state.unreadable.length > 0 ? EXIT_DONE_WITH_LOSSES : EXIT_DONE,
    }
  } finally {
    await source.close()
  }
}

export interface FoundVolumes {
  readonly places: readonly VolumePlace[]
  readonly state: ScanState
  /** Enough was found before the end. */
  readonly endedEarly: boolean
}

/** The scan as a step of any job. @throws SourceError, and the signal's reason; what was scanned is saved then */
export async function scanForVolumes(
  spec: SourceSpec,
  source: ByteSource,
  { all = false, toTheEnd = all, statePath, lanes, readTimeoutMs }: LocateOptions,
  { emit, signal }: Pick<JobContext, "emit" | "signal">,
): Promise<FoundVolumes> {
  emit({ type: "phase", phase: "locate" })
  const tables = await readPartitionTables(source)
  const reach = all ? "anywhere" : "sectors"
  const checkpoints = statePath === undefined ? undefined : openCheckpoints(statePath)
  const { state, endedEarly, stopped } = await scanSource({
    source: spec,
    reach,
    state: statePath === undefined ? undefined : await loadScanState(statePath, source.size, reach),
    isEnough: toTheEnd ? undefined : (traces) => foundEnough(traces, tables, source.size),
    lanes,
    readTimeoutMs,
    signal,
    onProgress(state) {
      const unreadable = totalLength(state.unreadable)
      emit({ type: "progress", phase: "locate", done: scannedBytes(state), total: state.size, unreadable })
      checkpoints?.offer(state)
    },
  })
  await checkpoints?.save(state)
  if (stopped !== undefined) throw stopped
  return { places: deriveVolumes(state.traces, tables, source.size, state.unreadable), state, endedEarly }
}

function describePlace(place: VolumePlace, i: number): LocatedVolumeReport {
  const { extent, fullSize, where, standing, traces, evidence, otherStarts } = place
  const [best] = traces.copies.map(({ trace }) => trace)
  const changed = traces.copies
    .map(({ trace }) => trace.changed ?? "")
    .sort()
    .at(-1)
  return {
    index: i + 1,
    start: startOf(place),
    size: extent.length,
    ...(fullSize !== undefined && { fullSize }),
    where,
    standing,
    layout: bootOf(place).layout,
    ...(best && { volumeId: best.volumeId }),
    ...(changed && { changed }),
    bootSector: place.boot ? "found" : traces.boot ? "remains" : "gone",
    copies: traces.copies.map(({ copy, trace }) => ({ copy, at: trace.at, health: trace.health })),
    eowBlockCount: traces.eow.length,
    strayDatumCount: traces.strays.length,
    evidence,
    otherStarts,
  }
}

function countTraces({ traces }: ScanState): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { kind } of traces) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

function nextSteps(
  path: string,
  places: readonly VolumePlace[],
  sourceSize: number,
  endedEarly: boolean,
): string[] {
  const current = places.filter(({ standing }) => standing === "current")
  const inside = current.filter(({ missingHead }) => missingHead === undefined)
  return [
    ...inside.map((place) => `repair-bde inspect ${path}${optionsFor(place, sourceSize)}`),
    ...(current.length > inside.length
      ? [`repair-bde ${path} OUTPUT finds by itself the volume that begins before the input`]
      : []),
    ...(endedEarly ? ["--all goes on to the end, for other volumes on the same disk"] : []),
  ]
}

function optionsFor({ extent }: VolumePlace, sourceSize: number): string {
  const isWhole = extent.start === 0 && extent.length === sourceSize
  return isWhole ? "" : ` --offset ${hex(extent.start)} --size ${extent.length}`
}

function nothingFound(path: string, state: ScanState): NotFveError {
  const isAll = state.reach === "anywhere"
  return new NotFveError("no-trace", `no trace of BitLocker in the ${state.size} bytes of ${path}`, {
    next: [
      ...(isAll ? [] : ["try --all: it also finds what does not lie on whole sectors, as in a memory dump"]),
      "check that this is the right drive, and that it is read whole: an image of a partition holds that one only",
    ],
    data: { path, size: state.size, unreadable: totalLength(state.unreadable) },
  })
}
