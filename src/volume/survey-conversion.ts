/**
 * Gathers the evidence for the plan of a volume: how its sectors are stored, and what a reader sees in place of them. Each
 * source of evidence has a file of its own (`watermark`, `legacy-log`, `eow`, `trial`, `tail`, `vista`); here they meet, in
 * the order of their authority: state, then log or bitmaps, then the sectors themselves.
 */
import {
  type Extent,
  alignDown,
  alignUp,
  endOf,
  extent,
  hexRange,
  mergeExtents,
  subtractExtents,
} from "../extents/extent.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import type { Finding } from "../findings.ts"
import { recogniseFileSystem } from "../filesystem/index.ts"
import { ConversionState, type FveBootSector, type VolumeFacts } from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { surveyEow } from "./eow.ts"
import { surveyLegacyLog } from "./legacy-log.ts"
import { type PlanFacts, planVolume } from "./plan-volume.ts"
import { plainTailFinding, readLastSector, tailOf } from "./tail.ts"
import { decideByTrial } from "./trial.ts"
import { plainView } from "./view.ts"
import { vistaSubstitutions } from "./vista.ts"
import { storedByState } from "./watermark.ts"

export interface ConversionQuestion {
  /** The volume as stored, from its first byte. */
  readonly source: ByteSource
  readonly facts: VolumeFacts
  readonly boot: FveBootSector
  readonly sectorSize: number
  /** Absent when nothing is encrypted. */
  readonly cipher?: SectorCipher
}

export interface ConversionEvidence {
  /** Everything that `planVolume` needs. */
  readonly facts: PlanFacts
  readonly findings: readonly Finding[]
}

export async function surveyConversion(
  question: ConversionQuestion,
  signal?: AbortSignal,
): Promise<ConversionEvidence> {
  const { source, facts, boot, sectorSize, cipher } = question
  const told = await surveyStorage(question, signal)
  const stored = cipher ? await decide(told, source, cipher, signal) : told
  const { findings } = stored
  const planFacts: PlanFacts = {
    size: source.size,
    held: source.size,
    sectorSize,
    ...(cipher && { method: cipher.method }),
    ...(facts.headBackup && { headBackup: facts.headBackup }),
    zeroed: zeroedExtents(facts, stored.zeroed, sectorSize),
    storedPlain: mergeExtents(stored.plain),
    substitutions: boot.layout === "vista" ? vistaSubstitutions(facts, 0) : [],
  }
  const last = await readLastSector(source, sectorSize, signal)
  if (boot.layout === "vista")
    return { facts: last === "fve" ? withVistaTail(planFacts, facts) : planFacts, findings }
  const isPlainAlready = planFacts.storedPlain.some((e) => endOf(e) >= source.size)
  if (!cipher || !last || isPlainAlready) return { facts: planFacts, findings }
  const fileSystem = await recogniseFileSystem(plainView(source, planVolume(planFacts), cipher))
  const tail = tailOf(source.size, sectorSize, fileSystem)
  const { storedPlain } = await decideByTrial(source, tail, cipher, signal)
  return {
    facts: { ...planFacts, storedPlain: mergeExtents([...planFacts.storedPlain, ...storedPlain]) },
    findings: [...findings, plainTailFinding(storedPlain)],
  }
}

export interface StorageSurvey {
  readonly plain: readonly Extent[]
  /** What neither state nor bitmaps tell; empty after a trial. */
  readonly undecided: readonly Extent[]
  readonly zeroed: readonly Extent[]
  readonly findings: readonly Finding[]
}

/** What the volume's own structures say about how its sectors are stored; without a cipher nothing is tried. */
export async function surveyStorage(
  { source, facts, boot, cipher }: ConversionQuestion,
  signal?: AbortSignal,
): Promise<StorageSurvey> {
  if (boot.layout === "eow") {
    const eow = await surveyEow(source, boot.eowOffsets, cipher, signal)
    // The head's own place holds filler: the head is judged where it is kept.
    const filler = extent(0, facts.headBackup?.length ?? 0)
    return { ...eow, undecided: mergeExtents(eow.undecided).flatMap((e) => subtractExtents(e, [filler])) }
  }
  const { plain, undecided } = storedByState(facts, source.size)
  const log = facts.state === ConversionState.convertingWithLog ? facts.conversionLog : undefined
  const zeroed = log ? [log] : []
  if (!log || !cipher) return { plain, undecided, zeroed, findings: [] }
  return { ...(await surveyLegacyLog(source, log, plain, cipher, signal)), undecided, zeroed }
}

/** Settles the undecided extents by trial. */
async function decide(
  stored: StorageSurvey,
  source: ByteSource,
  cipher: SectorCipher,
  signal: AbortSignal | undefined,
): Promise<StorageSurvey> {
  const plain = [...stored.plain]
  const findings = [...stored.findings]
  for (const { start, length } of stored.undecided) {
    const place = extent(start, alignDown(length, cipher.sectorSize))
    if (place.length === 0) continue
    const trial = await decideByTrial(source, place, cipher, signal)
    plain.push(...trial.storedPlain)
    findings.push({
      code: trial.blind ? "storage-undecidable" : "storage-decided-by-trial",
      severity: trial.blind ? "damage" : "notice",
      text: trial.blind
        ? `no sector in ${hexRange(place)} shows how it is stored: taken as encrypted`
        : `how ${hexRange(place)} is stored was decided from its sectors: ${trial.decidedSectors} showed it, ${trial.inheritedSectors} went with their neighbours`,
      extent: place,
      evidence: { decidedSectors: trial.decidedSectors, inheritedSectors: trial.inheritedSectors },
    })
  }
  return { ...stored, plain, undecided: [], findings }
}

/** Whole sectors: a structure that ends inside one hides all of it. */
function zeroedExtents(facts: VolumeFacts, structures: readonly Extent[], sectorSize: number): Extent[] {
  const copies = facts.metadataOffsets.map((at) => extent(at, alignUp(facts.areaSize, sectorSize)))
  return [...copies, ...structures].map((e) => {
    const start = alignDown(e.start, sectorSize)
    return extent(start, alignUp(e.start + e.length, sectorSize) - start)
  })
}

/** Windows Vista changes the backup boot sector like the boot sector, and leaves both in plaintext. */
function withVistaTail(planFacts: PlanFacts, facts: VolumeFacts): PlanFacts {
  const at = planFacts.size - planFacts.sectorSize
  return {
    ...planFacts,
    storedPlain: mergeExtents([...planFacts.storedPlain, extent(at, planFacts.sectorSize)]),
    substitutions: [...planFacts.substitutions, ...vistaSubstitutions(facts, at)],
  }
}
