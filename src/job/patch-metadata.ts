/** What all metadata copies have to say after a repair in place, and the bytes in which they say it. */
import { randomUUID } from "node:crypto"
import { isGuid } from "../bytes/guid.ts"
import { MetadataError } from "../errors.ts"
import type { Finding } from "../findings.ts"
import { ConversionState, type VolumeFacts } from "../fve/index.ts"
import {
  type DoubtfulField,
  type Reconciled,
  type Settled,
  newArea,
  proveDatums,
  provenArea,
  settle,
} from "../repair/index.ts"
import { isStoredEncrypted } from "../volume/index.ts"
import type { VolumeMetadata } from "./open-volume.ts"
import type { PatchQuestion } from "./patch-step.ts"
import type { PlanStep } from "./plan-step.ts"
import type { JobContext } from "./requests.ts"

/**
 * What a search for the geometry has no word on, the metadata may have. Where that is gone, its name stands in a key package,
 * and a volume of which every sector was found to be stored encrypted is one that is encrypted from end to end.
 */
export function completeMetadata(question: PatchQuestion, context: JobContext): VolumeMetadata {
  const { metadata, volume, planned } = question
  const { account: told, proof } = settledOf(question, context)
  const isSure = (field: DoubtfulField): boolean => !told?.doubts.some((doubt) => doubt.field === field)
  const isInferred = proof === "none" && planned !== undefined && isAllEncrypted(planned)
  const { encrypted } = ConversionState
  const facts: VolumeFacts = {
    ...metadata.facts,
    volumeId: nameOf(metadata),
    ...(told && isSure("metadataOffsets") && { metadataOffsets: told.facts.metadataOffsets }),
    ...(told && isSure("areaSize") && { areaSize: told.facts.areaSize }),
    ...(isInferred && { state: encrypted, nextState: encrypted, watermark: volume.source.size }),
  }
  const doubts = metadata.account.doubts.filter(({ field }) => !(isInferred && field === "conversion"))
  return { ...metadata, facts, account: { facts, doubts } }
}

/** @throws MetadataError when nothing proves what the copies have to be */
export function metadataArea(
  question: PatchQuestion,
  context: JobContext,
): { area: Uint8Array; findings: readonly Finding[] } {
  const { volume, metadata, keys } = question
  const { reconciled, facts } = metadata
  const { proof, block } = settledOf(question, context)
  const copies = volume.copies.map(({ copy }) => copy)
  if (block && proof !== "none") return { area: provenArea(block, copies), findings: [] }
  const proven = keys?.vmk && proveDatums(reconciled.material, facts, keys, context.crypto)
  if (keys && proven?.isUsable) {
    const area = newArea({ facts, datums: proven.datums, keys }, context.crypto, new Date())
    return { area, findings: [...proven.findings, MADE_ANEW] }
  }
  throw new MetadataError(
    "metadata-unprovable",
    "no metadata copy is proven, and without the VMK none can be made",
    {
      next: ["give a credential that opens a key protector", "give the key package with --key-package"],
    },
  )
}

function settledOf(
  { metadata: { reconciled }, keys }: PatchQuestion,
  { crypto }: JobContext,
): Pick<Settled | Reconciled, "proof" | "block" | "account"> {
  return keys ? settle(reconciled, keys, crypto) : reconciled
}

function nameOf({ account, reconciled }: VolumeMetadata): string {
  const packages = reconciled.evidence.packages ?? []
  const names = [account.facts.volumeId, ...packages.map(({ volumeId = "" }) => volumeId)]
  return names.find(isGuid) ?? randomUUID().toUpperCase()
}

function isAllEncrypted({ plan, findings }: PlanStep): boolean {
  const isOpen = findings.some(({ code }) => code === "storage-undecidable")
  return !isOpen && plan.runs.every((run) => isStoredEncrypted(run) || run.kind === "zeroed")
}

const MADE_ANEW: Finding = {
  code: "metadata-made-anew",
  severity: "notice",
  text: "no metadata copy is whole: three new ones are made of what is proven, and signed with the volume's key",
}
