/**
 * `repair -nov`: makes the drive itself open again. It writes only what is destroyed, after the patch was shown, a person
 * named the drive by its key ID, and the undo file is on another medium: locate → unlock where needed → patch → undo file →
 * write → open afresh.
 */
import { EXIT_DONE, EXIT_DONE_WITH_LOSSES, SinkError, UsageError } from "../errors.ts"
import { ConversionState, type Patch } from "../fve/index.ts"
import { applyPatch, refuseBusy } from "../patch/apply.ts"
import { createContext } from "./context.ts"
import { describeVolume } from "./describe-volume.ts"
import { openChosenVolume } from "./candidate-volumes.ts"
import { openInput } from "./open-input.ts"
import type { OpenVolume, VolumeMetadata } from "./open-volume.ts"
import { type InPlaceReport, describePatch } from "./patch-report.ts"
import { type PatchQuestion, makePatch } from "./patch-step.ts"
import { reachPlan } from "./reach-plan.ts"
import type { OpenedBy, VolumeReport } from "./reports.ts"
import type { CheckRequest, CredentialInput, JobContext, JobShell } from "./requests.ts"
import { saveUndoFile } from "./undo-files.ts"
import { verifyAfresh } from "./verify-afresh.ts"

export interface InPlaceRequest extends CheckRequest {
  /** A key ID of the volume, its first eight characters at least: the answer to the question, for scripts. */
  readonly yesWriteTo?: string
  /** Where the undo file goes. Absent: into the current folder, under a name of its own. */
  readonly undoFile?: string
  /** Show the patch, and write nothing. */
  readonly dryRun?: boolean
}

/** @throws every class of error: nothing was written then, unless it says so */
export async function repairInPlace(request: InPlaceRequest, shell: JobShell = {}): Promise<InPlaceReport> {
  const started = performance.now()
  const context = createContext(shell)
  const opened: Opened = (await openWithoutKey(request, context)) ?? (await reachPlan(request, context))
  const { input, openedBy } = opened
  try {
    const { patch, findings } = await makePatch(opened, context)
    for (const finding of findings) context.emit({ type: "finding", finding })
    context.emit({ type: "patch", patch: describePatch(patch) })

    const dryRun = request.dryRun ?? false
    const isNothing = patch.edits.length === 0
    const written =
      dryRun || isNothing ? undefined : await write(withKeys(request, opened), patch, opened, context)
    const isWell = written?.verification.opens ?? true
    return {
      source: input.report,
      volume: written?.volume ?? opened.report,
      ...(openedBy && { openedBy }),
      patch: describePatch(patch),
      ...(written && { undoFile: written.undoFile, verification: written.verification }),
      findings,
      dryRun,
      elapsedMs: Math.round(performance.now() - started),
      next: nextSteps(request, isNothing, written?.undoFile),
      exitCode:
        isWell && !findings.some(({ severity }) => severity === "damage") ? EXIT_DONE : EXIT_DONE_WITH_LOSSES,
    }
  } finally {
    await input.source.close()
  }
}

interface Opened extends PatchQuestion {
  readonly report: VolumeReport
  readonly openedBy?: OpenedBy
  /** All that were tried. Absent where none was needed. */
  readonly credentials?: readonly CredentialInput[]
}

/** What places held is known now, and they are not asked again. */
function withKeys(given: InPlaceRequest, { credentials }: Opened): InPlaceRequest {
  const { places: _, ...request } = given
  return { ...request, ...(credentials && { credentials }) }
}

/**
 * Copies of metadata that the boot sector leads to are restored without any key. Where the boot sector is gone, what looks
 * like the volume may be remains of an earlier one, and only a key tells.
 * @returns undefined where a key was given, lies on the disk, or is needed
 */
async function openWithoutKey(request: InPlaceRequest, context: JobContext): Promise<Opened | undefined> {
  if (request.credentials.length > 0 || request.places) return undefined
  const input = await openInput(request.input, context, { scan: true })
  let isOurs = false
  try {
    const volume = await openChosenVolume(input, request, context)
    const { metadata, reconciled } = volume
    const isIntact = reconciled.proof === "crc" && metadata?.account.doubts.length === 0
    const isSettled =
      isIntact && isLedTo(volume, metadata) && metadata.facts.state === ConversionState.encrypted
    if (!isSettled || metadata.protectors.some(({ kind }) => kind === "clear-key")) return undefined
    const report = await describeVolume(volume, context.signal)
    context.emit({ type: "volume", volume: report })
    isOurs = true
    return { input, volume, metadata, report }
  } finally {
    if (!isOurs) await input.source.close()
  }
}

function isLedTo({ place }: OpenVolume, { facts }: VolumeMetadata): boolean {
  const named = place.boot?.metadataOffsets ?? []
  return named.length > 0 && named.every((at, i) => at === facts.metadataOffsets[i])
}

interface Written {
  readonly undoFile: string
  readonly verification: InPlaceReport["verification"] & object
  readonly volume: VolumeReport
}

async function write(
  request: InPlaceRequest,
  patch: Patch,
  { input: opened, volume }: Pick<Opened, "input" | "volume">,
  context: JobContext,
): Promise<Written> {
  const { emit, crypto, signal } = context
  const { spec } = opened
  await refuseBusy(spec)
  await approve(request, patch, context)
  signal.throwIfAborted()
  const created = new Date()
  const path = request.undoFile ?? undoFileName(patch, created)
  const saved = await saveUndoFile(
    path,
    { patch, input: request.input.path, created },
    request.input.path,
    crypto,
  )
  emit({
    type: "notice",
    code: "undo-file",
    text: `${path} takes it all back: ${undoCommand(path, request)}`,
  })
  emit({ type: "phase", phase: "write" })
  await applyPatch(spec, saved)
  emit({ type: "phase", phase: "proof" })
  // What only a search found, no usual place leads to: it is looked at where it is.
  const { extent } = volume.place
  const input = opened.isScanned
    ? { path: request.input.path, offset: extent.start, size: extent.length }
    : request.input
  return { undoFile: path, ...(await verifyAfresh({ ...request, input }, context)) }
}

/** Characters of a key ID that Windows shows, and people read out. */
const SHORT_ID_LENGTH = 8

/** Only who names the drive by a key ID of it has looked at the right one. @throws UsageError, SinkError */
async function approve(
  { yesWriteTo, input }: InPlaceRequest,
  { identity, edits }: Patch,
  { ask }: JobContext,
): Promise<void> {
  // A volume that is not encrypted has no key.
  const ids = identity.keyIds.length > 0 ? identity.keyIds : [identity.volumeId]
  if (yesWriteTo !== undefined) {
    const typed = yesWriteTo.replace(/^\{|\}$/g, "").toUpperCase()
    if (typed.length >= SHORT_ID_LENGTH && ids.some((id) => id.startsWith(typed))) return
    throw new UsageError("key-id-differs", "the key ID of --yes-write-to is none of this volume", {
      next: [
        `look at the key IDs with \`repair-bde inspect ${input.path}\``,
        "make sure that this is the right drive",
      ],
      data: { keyIds: ids },
    })
  }
  const bytes = edits.reduce((sum, { after }) => sum + after.length, 0)
  const text = `${bytes} bytes will be written to ${input.path} itself. To agree, type the first eight characters of its key ID:`
  const answers = ids.map((id) => id.slice(0, SHORT_ID_LENGTH))
  if (await ask?.({ code: "write-to-drive", text, answers })) return
  throw new SinkError("write-not-approved", `nobody agreed to write to ${input.path}: nothing was written`, {
    next: [
      "run it on a terminal, and type the first eight characters of the volume's key ID",
      `give them with --yes-write-to, as \`repair-bde inspect ${input.path}\` shows them`,
    ],
  })
}

/** `repair-bde-1A2B3C4D-20240131-235959.undo` */
function undoFileName({ identity }: Patch, created: Date): string {
  const time = created
    .toISOString()
    .replace(/[-:]|\..*$/g, "")
    .replace("T", "-")
  return `repair-bde-${identity.volumeId.slice(0, SHORT_ID_LENGTH)}-${time}.undo`
}

function undoCommand(undoFile: string, { input }: InPlaceRequest): string {
  return `repair-bde undo ${undoFile} ${input.path}`
}

function nextSteps(request: InPlaceRequest, isNothing: boolean, undoFile: string | undefined): string[] {
  if (isNothing) return ["nothing has to be written: every structure of the volume is right as it is"]
  if (undoFile === undefined) return ["run the same command without --dry-run"]
  return [`${undoCommand(undoFile, request)}   (takes it back, as long as nothing else was written)`]
}
