/**
 * Gathers the evidence for the plan of a volume: how its sectors are stored, and what a reader sees in place of them. Each
 * source of evidence has a file of its own (`watermark`, `border`, `legacy-log`, `eow`, `trial`, `tail`, `vista`); here they
 * meet, in the order of their authority: state, then log or bitmaps, then the sectors themselves.
 */
import {
  type Extent,
  alignDown,
  alignUp,
  contains,
  extent,
  extentBetween,
  mergeExtents,
  subtractExtents,
  totalLength,
} from "../extents/extent.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import type { Finding } from "../findings.ts"
import { type FileSystem, recogniseFileSystem } from "../filesystem/index.ts"
import { ConversionState, type FveBootSector, type VolumeFacts } from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { findBorder } from "./border.ts"
import type { DoubtfulPlace, StoragePart } from "./eow-region.ts"
import type { EowPlaces } from "./eow-structures.ts"
import { surveyEow } from "./eow.ts"
import { WATERMARK_CHUNK, chunkSizeOfLog, findLegacyLog, surveyLegacyLog } from "./legacy-log.ts"
import { type PlanFacts, planVolume } from "./plan-volume.ts"
import { type PlainBootSector, plainTailFinding, readLastSector, tailOf } from "./tail.ts"
import { decideByTrial, rulesForUniform, trialFindings } from "./trial.ts"
import { plainView } from "./view.ts"
import { vistaSubstitutions } from "./vista.ts"
import { isBorder, plainHeadOf, storedByState } from "./watermark.ts"

/** What of the metadata is a guess: nothing of it is relied on, and the sectors decide. */
export type StorageDoubt =
  /** Whether encrypt-on-write is at work: the boot sector was rebuilt. */
  | "layout"
  /** The conversion state, and everything that hangs on it. */
  | "state"
  | "watermark"

export interface ConversionQuestion {
  /** The volume as stored, from its first byte. */
  readonly source: ByteSource
  /** Bytes before the first one of the source; none when absent. */
  readonly missingHead?: number
  readonly facts: VolumeFacts
  readonly boot: FveBootSector
  readonly sectorSize: number
  /** Absent when nothing is encrypted. */
  readonly cipher?: SectorCipher
  readonly doubts?: readonly StorageDoubt[]
  /** What a scan found of conversions, in bytes from the start of the volume. */
  readonly found?: EowPlaces
  /** Bytes looked at, of those that a trial has to look at. */
  readonly onProgress?: (done: number, total: number) => void
}

export interface ConversionEvidence {
  /** Everything that `planVolume` needs. */
  readonly facts: PlanFacts
  readonly findings: readonly Finding[]
}

/** The head of a volume of Windows 7 and later, where nothing tells its length: 16 sectors, or 2 of 4096 bytes. */
const USUAL_HEAD = 0x2000

export async function surveyConversion(
  question: ConversionQuestion,
  signal?: AbortSignal,
): Promise<ConversionEvidence> {
  const { source, missingHead = 0, facts, boot, sectorSize, cipher } = question
  const told = await surveyStorage(question, signal)
  const stored = cipher ? await decide(told, question, cipher, signal) : told
  const { findings } = stored
  const planFacts: PlanFacts = {
    size: source.size,
    held: extentBetween(alignUp(missingHead, sectorSize), source.size),
    sectorSize,
    ...(cipher && { method: cipher.method }),
    ...(facts.headBackup && { headBackup: facts.headBackup }),
    zeroed: zeroedExtents(facts, stored.zeroed, sectorSize),
    storedPlain: mergeExtents(stored.plain),
    ...(headIsLost(facts, boot) && { missingHead: headOf(question) }),
    substitutions: boot.layout === "vista" ? vistaSubstitutions(facts, 0) : [],
  }
  const tails = await findPlainTails(question, planFacts, signal)
  if (boot.layout === "vista") return { facts: tails.reduce(withVistaTail(facts), planFacts), findings }
  const evidence = { facts: planFacts, findings }
  return cipher ? withPlainTails(evidence, tails, source, cipher, signal) : evidence
}

/** A boot sector in plaintext behind the file system, and that one, if it is known. */
interface PlainTail {
  readonly end: number
  readonly bootSector: PlainBootSector
  readonly fileSystem: FileSystem | undefined
}

/** At the end of the source, and at that of the file system: an image may go on behind its volume. */
async function findPlainTails(
  { source, cipher, sectorSize }: ConversionQuestion,
  planFacts: PlanFacts,
  signal: AbortSignal | undefined,
): Promise<PlainTail[]> {
  const fileSystem = await recogniseFileSystem(plainView(source, planVolume(planFacts), cipher))
  const ownEnd = fileSystem?.type === "ntfs" ? fileSystem.sizeBytes + sectorSize : source.size
  const tails: PlainTail[] = []
  for (const end of new Set([ownEnd, source.size])) {
    const bootSector = await readLastSector(source, end, sectorSize, signal)
    if (bootSector) tails.push({ end, bootSector, fileSystem })
  }
  return tails
}

async function withPlainTails(
  told: ConversionEvidence,
  tails: readonly PlainTail[],
  source: ByteSource,
  cipher: SectorCipher,
  signal: AbortSignal | undefined,
): Promise<ConversionEvidence> {
  const { sectorSize } = cipher
  const plain = [...told.facts.storedPlain]
  const findings = [...told.findings]
  for (const { end, fileSystem } of tails) {
    if (plain.some((e) => contains(e, end - 1))) continue
    const tail = tailOf(end, sectorSize, fileSystem)
    const { storedPlain } = await decideByTrial(source, [tail], cipher, rulesForUniform(sectorSize), {
      signal,
    })
    plain.push(...storedPlain)
    findings.push(plainTailFinding(storedPlain))
  }
  return { facts: { ...told.facts, storedPlain: mergeExtents(plain) }, findings }
}

export interface StorageSurvey extends StoragePart {
  readonly zeroed: readonly Extent[]
}

/** What the volume's own structures say about how its sectors are stored; without a cipher nothing is tried. */
export async function surveyStorage(
  question: ConversionQuestion,
  signal?: AbortSignal,
): Promise<StorageSurvey> {
  const { source, facts, boot, cipher, sectorSize, found } = question
  if (usesEow(question)) {
    const { eowOffsets: offsets } = boot
    const eow = await surveyEow(
      { source, sectorSize, offsets, found, headBackup: facts.headBackup, cipher },
      signal,
    )
    // The head's own place holds filler: the head is judged where it is kept.
    return { ...eow, undecided: eow.undecided.flatMap((e) => cutOut(e, [headOf(question)])) }
  }
  const isKnown = !isStateDoubtful(question)
  if (isKnown && isBorder(facts) && cipher) return surveyWatermark(question, cipher, signal)
  const log = facts.state === ConversionState.convertingWithLog ? facts.conversionLog : undefined
  const zeroed = log ? [log] : []
  return { ...storedByState(facts, source.size, sectorSize, isKnown), zeroed, findings: [] }
}

/** The boot sector says so; where it was rebuilt, the structures themselves do, but in states only that they can be in. */
function usesEow(question: ConversionQuestion): boolean {
  const { boot, facts, found } = question
  if (boot.layout === "eow") return true
  if (!question.doubts?.includes("layout") || boot.layout !== "windows7") return false
  const isThere = found !== undefined && found.infos.length + found.bitmaps.length > 0
  return isThere && (!isBorder(facts) || isStateDoubtful(question))
}

/** Unconfirmed: on volumes that are no To Go ones, seen during conversions on write only, and not on all of them. */
const EOW_FLAG = 0x40n

function isStateDoubtful({ doubts = [], facts, boot }: ConversionQuestion): boolean {
  const mayBeEow = boot.layout === "windows7" && ((facts.extensionFlags ?? 0n) & EOW_FLAG) !== 0n
  return doubts.includes("state") || (doubts.includes("layout") && mayBeEow)
}

async function surveyWatermark(
  question: ConversionQuestion,
  cipher: SectorCipher,
  signal: AbortSignal | undefined,
): Promise<StorageSurvey> {
  const { source, facts, sectorSize, doubts = [], found } = question
  const hasLog = facts.state === ConversionState.convertingWithLog
  const log = hasLog
    ? (facts.conversionLog ?? (await findLegacyLog(source, found?.logs ?? [], sectorSize, signal)))
    : undefined
  const claimed = doubts.includes("watermark") ? undefined : facts.watermark
  // Before Windows 8 there was no way to leave free space out.
  const isFull = facts.isBeforeWindows8 === true
  const chunkSize = (log && chunkSizeOfLog(log, sectorSize)) ?? WATERMARK_CHUNK
  const inFlight =
    hasLog && claimed !== undefined ? [extentBetween(claimed - chunkSize, claimed + chunkSize)] : []
  const ignored = [...notStorage(question, log ? [log] : []), ...inFlight]
  const border =
    claimed === 0
      ? storedByState(facts, source.size, sectorSize)
      : await findBorder(
          { source, cipher, ...(claimed && { claimed }), ignored, isFull },
          trialOptions(question, signal),
        )
  const head = plainHeadOf(facts, source.size)
  const told: StorageSurvey = {
    plain: [...(head.length > 0 ? [head] : []), ...border.plain],
    undecided: [],
    zeroed: log ? [log] : [],
    findings: "findings" in border ? border.findings : [],
  }
  if (!hasLog) return told
  const byLog = await surveyLegacyLog({ source, cipher, log, plain: border.plain, isFull }, signal)
  return {
    ...told,
    ...byLog,
    plain: [...(head.length > 0 ? [head] : []), ...byLog.plain],
    findings: [...told.findings, ...byLog.findings],
  }
}

/** Settles the undecided extents by trial. */
async function decide(
  stored: StorageSurvey,
  question: ConversionQuestion,
  cipher: SectorCipher,
  signal: AbortSignal | undefined,
): Promise<StorageSurvey> {
  const plain = [...stored.plain]
  const findings = [...stored.findings]
  const ignored = notStorage(question, stored.zeroed)
  const total = totalLength(stored.undecided)
  let before = 0
  for (const { rules, ...place } of stored.undecided) {
    const whole = extent(place.start, alignDown(place.length, cipher.sectorSize))
    const places = subtractExtents(whole, ignored)
    const options = { signal, onProgress: (done: number) => question.onProgress?.(before + done, total) }
    const settled = await decideByTrial(question.source, places, cipher, rules, options)
    before += place.length
    plain.push(...settled.storedPlain)
    if (places.length > 0) findings.push(...trialFindings(whole, settled))
  }
  return { ...stored, plain, undecided: [], findings }
}

function trialOptions({ source, onProgress }: ConversionQuestion, signal: AbortSignal | undefined) {
  return { signal, onProgress: (done: number) => onProgress?.(done, source.size) }
}

/** What shows nothing about how sectors are stored: BitLocker's own structures, and filler in the place of the head. */
function notStorage(question: ConversionQuestion, structures: readonly Extent[]): Extent[] {
  const { facts, sectorSize } = question
  return [...zeroedExtents(facts, structures, sectorSize), headOf(question)]
}

/** The head's own place, which in Windows Vista is the head itself. */
function headOf({ facts, sectorSize }: ConversionQuestion): Extent {
  if (facts.version === 1) return extent(0, 0)
  return extent(0, facts.headBackup?.length ?? (facts.headSectorCount * sectorSize || USUAL_HEAD))
}

function headIsLost({ version, headBackup }: VolumeFacts, { layout }: FveBootSector): boolean {
  return version !== 1 && layout !== "vista" && headBackup === undefined
}

function cutOut({ rules, ...place }: DoubtfulPlace, holes: readonly Extent[]): DoubtfulPlace[] {
  return subtractExtents(place, holes).map((e) => ({ ...e, rules }))
}

/** Whole sectors: a structure that ends inside one hides all of it. */
function zeroedExtents(facts: VolumeFacts, structures: readonly Extent[], sectorSize: number): Extent[] {
  const copies = facts.metadataOffsets.map((at) => extent(at, alignUp(facts.areaSize, sectorSize)))
  return [...copies, ...structures].map((e) => {
    const start = alignDown(e.start, sectorSize)
    return extent(start, alignUp(e.start + e.length, sectorSize) - start)
  })
}

/**
 * Windows Vista changes the backup boot sector like the boot sector, and leaves both in plaintext; one without the change was
 * written by somebody else since.
 */
function withVistaTail(facts: VolumeFacts): (planFacts: PlanFacts, tail: PlainTail) => PlanFacts {
  return (planFacts, { end, bootSector }) => {
    const at = end - planFacts.sectorSize
    const changed = bootSector === "fve" ? vistaSubstitutions(facts, at) : []
    return {
      ...planFacts,
      storedPlain: mergeExtents([...planFacts.storedPlain, extent(at, planFacts.sectorSize)]),
      substitutions: [...planFacts.substitutions, ...changed],
    }
  }
}
