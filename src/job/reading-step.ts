/** How the lanes are to read a drive that may fail: what the caller asked for, and what is asked and said on the way. */
import { SourceError } from "../errors.ts"
import { type Extent, extent, hex, intersect } from "../extents/extent.ts"
import { structureExtents } from "../filesystem/index.ts"
import type { Reading } from "../pipeline/index.ts"
import { plainView } from "../volume/index.ts"
import { awaitDrive } from "./await-drive.ts"
import type { ReachedPlan } from "./reach-plan.ts"
import type { JobContext, RepairRequest } from "./requests.ts"

const SMALL_SECTOR = 512

/** @param wanted the part of the volume that is written */
export async function readingOf(
  { fill, reading = {} }: RepairRequest,
  reached: ReachedPlan,
  wanted: Extent,
  context: JobContext,
): Promise<Reading> {
  const { input, volume } = reached
  const { retries, isReversed, maxErrors, readTimeoutMs, waitMs, despiteErrors } = reading
  const isDevice = input.spec.kind === "device"
  const first = isDevice ? await structuresIn(reached, wanted) : []
  return {
    fill,
    first,
    retries,
    isReversed,
    maxErrors,
    readTimeoutMs,
    onFailing: (where) => hearOfErrors(reached, where, { despiteErrors: despiteErrors ?? false }, context),
    ...(waitMs !== undefined && {
      awaitSource: (error: unknown) => awaitDrive({ input, volume, waitMs }, error, context),
    }),
  }
}

/** An image on a disk that is well gives everything at the same pace; a drive gives what matters most before it dies. */
async function structuresIn({ volume, planned }: ReachedPlan, wanted: Extent): Promise<Extent[]> {
  const structures = await structureExtents(plainView(volume.source, planned.plan, planned.cipher))
  return structures
    .map((e) => intersect(e, wanted))
    .filter((e) => e.length > 0)
    .map((e) => extent(e.start - wanted.start, e.length))
}

/**
 * The first read has failed. A drive that begins to fail should be read once, by a program that does nothing else: so it says
 * the command, and goes on only when told. @throws SourceError when nobody said so
 */
async function hearOfErrors(
  { input: { spec, report, source }, planned }: ReachedPlan,
  where: Extent,
  { despiteErrors }: { readonly despiteErrors: boolean },
  { emit, ask }: JobContext,
): Promise<void> {
  const { path } = report
  const unit = Math.max(planned.plan.sectorSize, source.sectorSize)
  const loss = unit > SMALL_SECTOR ? `; a sector of ${unit} bytes is lost with any bad part of it` : ""
  if (spec.kind !== "device") {
    const text = `${path} has read errors, the first at ${hex(where.start)} of the output: what can be read comes first, bad areas last${loss}`
    emit({ type: "notice", code: "read-errors", text })
    return
  }
  const image = imagingCommand(spec)
  const text = `${path} has read errors, and each failing read may be its last: image it first, onto another drive: ${image}${loss}`
  emit({ type: "notice", code: "read-errors", text })
  if (despiteErrors) return
  const question = `Read ${path} itself all the same?`
  if (await ask?.({ code: "read-errors", text: question })) return
  throw new SourceError("source-failing", `${path} has read errors, and nobody agreed to go on reading it`, {
    next: [
      `${image}, then run the same command with drive.img as its input and --input-map drive.map`,
      "add --despite-errors to go on with the drive itself: what is written already is not read again",
    ],
    data: { path, at: where.start, command: image },
  })
}

/** Direct, in the drive's own sectors, with its map: so that a second run tries only what the first one missed. */
function imagingCommand({ path, sectorSize }: { path: string; sectorSize: number }): string {
  const sectors = sectorSize === 512 ? [] : ["-b", String(sectorSize)]
  return ["ddrescue", "-d", ...sectors, "-r3", path, "drive.img", "drive.map"].join(" ")
}
