/** What forbids to repair a volume in place: where anything is open, only a look at a decrypted copy can decide. */
import { MetadataError, UnsupportedError } from "../errors.ts"
import { hexRange } from "../extents/extent.ts"
import { ConversionState } from "../fve/index.ts"
import { bootOf } from "../locate/index.ts"
import { proveVolume } from "../proof/index.ts"
import { plainView } from "../volume/index.ts"
import type { PatchQuestion } from "./patch-step.ts"
import { decryptedExtents } from "./plan-step.ts"

const COPIES = 3
const INSTEAD = "decrypt it to an OUTPUT instead: that touches nothing and shows what is right"

/** @throws UnsupportedError, MetadataError */
export async function refuseDoubts(question: PatchQuestion): Promise<void> {
  await refuseOthers(question)
  const { metadata, planned } = question
  const { doubts } = metadata.account
  if (doubts.length === 0 && metadata.facts.metadataOffsets.length === COPIES)
    return refuseConversion(question)
  const texts =
    doubts.length > 0
      ? doubts.map(({ text }) => text)
      : ["nothing tells where all of its metadata copies were"]
  throw new MetadataError("metadata-doubtful", `too little is known of the volume: ${texts.join("; ")}`, {
    next: [...(planned ? [] : ["give a credential: with the key more can be told"]), INSTEAD],
    data: { doubts: texts },
  })
}

async function refuseOthers(question: PatchQuestion): Promise<void> {
  const { place } = question.volume
  const why = place.missingHead ? "head" : (await isCurrent(question)) ? undefined : "other"
  if (!why) return
  const text = {
    head: "the input begins inside of the volume: its first sectors are not there to be repaired",
    other:
      "what the key makes of it is no volume: another one took its place since, which a repair would destroy, or its first sectors are lost",
  }[why]
  throw new UnsupportedError("volume-not-current", text, { next: [INSTEAD], data: { where: place.where } })
}

/**
 * Of two generations the one that is less damaged looks like the current one. But only the current one's key makes files of
 * what is stored, and any other's makes noise.
 */
async function isCurrent({ volume, planned }: PatchQuestion): Promise<boolean> {
  const { standing } = volume.place
  if (standing === "foreign" || !planned) return standing === "current"
  const { plan, cipher } = planned
  const view = plainView(volume.source, plan, cipher)
  const { verdict } = await proveVolume(view, { decrypted: decryptedExtents(plan) })
  return standing === "current" ? verdict !== "noise" : verdict === "proven"
}

/** A trial settles them for this program; to Windows the volume would go on saying something else. */
const UNDECIDED: ReadonlySet<string> = new Set([
  "eow-info-lost",
  "storage-decided-by-trial",
  "storage-undecidable",
])

function refuseConversion(question: PatchQuestion): void {
  if (!isConverting(question)) return
  const { planned } = question
  const open = (planned?.findings ?? []).filter(({ code }) => UNDECIDED.has(code))
  if (planned && open.length === 0) return
  const where = open.flatMap(({ extent }) => (extent ? [hexRange(extent)] : []))
  const message = planned
    ? `the conversion of this volume is undecided by its own structures: ${where.join(", ") || "they are gone"}`
    : "the volume is in the middle of a conversion: only with its key can be told how far it came"
  throw new UnsupportedError("conversion-undecided", message, { next: [INSTEAD], data: { where } })
}

/** Where the boot sector is lost, it may have told of a conversion on write whose structures are lost too. */
function isConverting({ volume: { place }, metadata: { facts } }: PatchQuestion): boolean {
  const mayBe = !place.boot && place.traces.copies.some(({ trace }) => trace.usesEow)
  const isWhole = facts.state === ConversionState.encrypted || facts.state === ConversionState.decrypted
  return bootOf(place).layout === "eow" || mayBe || !isWhole
}
