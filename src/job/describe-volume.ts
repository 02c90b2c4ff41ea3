/** A volume as its report: what `inspect` prints. */
import { isEncryptionMethod, methodFacts } from "../crypto/method.ts"
import { endOf, extentBetween, hex, totalLength } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { ConversionState, type KeyProtector, type VolumeFacts } from "../fve/index.ts"
import { bootOf, startOf } from "../locate/index.ts"
import type { JudgedCopy } from "../repair/index.ts"
import { opensAnywhere, opensWith, protectorLabel } from "../unlock/index.ts"
import { surveyStorage } from "../volume/index.ts"
import { type OpenVolume, type VolumeMetadata, bootSectorOf, isDecrypted } from "./open-volume.ts"
import type { MetadataCopyReport, MethodReport, ProtectorReport, VolumeReport } from "./reports.ts"

export async function describeVolume(volume: OpenVolume, signal: AbortSignal): Promise<VolumeReport> {
  const { index, place, metadata } = volume
  const fullSize = fullSizeOf(volume)
  const common = {
    index,
    offset: place.extent.start,
    size: place.extent.length,
    ...(fullSize !== undefined && { fullSize }),
    where: place.where,
    metadataCopies: describeCopies(volume.copies),
  }
  if (!metadata) {
    const text = "no metadata copy can be read: without one, only a key package can open this volume"
    return {
      ...common,
      layout: layoutOf(volume),
      sectorSize: bootOf(place).sectorSize,
      state: "unknown",
      clearKey: false,
      protectors: [],
      findings: [{ code: "metadata-lost", severity: "damage", text }],
    }
  }
  const { facts, protectors } = metadata
  const method = describeMethod(facts)
  const percent = await encryptedPercent(volume, metadata, signal)
  return {
    ...common,
    layout: layoutOf(volume),
    sectorSize: metadata.sectorSize,
    volumeId: facts.volumeId,
    ...(facts.description && { description: facts.description }),
    ...(facts.created && { created: facts.created.toISOString() }),
    ...(facts.osBuild && { windowsBuild: facts.osBuild }),
    ...(method && { method }),
    state: describeState(volume, metadata),
    ...(percent !== undefined && { encryptedPercent: percent }),
    clearKey: protectors.some(({ kind }) => kind === "clear-key"),
    protectors: protectors.map(describeProtector),
    findings: [...metadata.findings, ...truncation(volume), ...onlyInItsComputer(metadata)],
  }
}

/** The volume's own size, when it is known to be more than what the input holds. */
export function fullSizeOf({ place, metadata }: OpenVolume): number | undefined {
  // Of a full volume the watermark is the size; while converting it is the border, and of Windows Vista it is 0.
  const claimed = metadata?.facts.state === ConversionState.encrypted ? metadata.facts.watermark : 0
  const size = Math.max(place.fullSize ?? 0, claimed)
  return size > place.extent.length ? size : undefined
}

export function truncation(volume: OpenVolume): Finding[] {
  const { place } = volume
  const size = fullSizeOf(volume)
  // Bytes before the input are missing too, but not at its end.
  const end = endOf(place.extent) - startOf(place)
  if (size === undefined || size <= end) return []
  return [
    {
      code: "input-truncated",
      severity: "damage",
      text: `the input ends at ${hex(end)} of the volume: ${size - end} bytes of its tail are missing`,
      extent: extentBetween(end, size),
    },
  ]
}

/** Nothing that a person can keep opens it. */
function onlyInItsComputer(metadata: VolumeMetadata): Finding[] {
  const kinds = metadata.protectors.map(({ kind }) => kind)
  if (isDecrypted(metadata) || kinds.length === 0 || kinds.some(opensAnywhere)) return []
  const labels = [...new Set(kinds.map(protectorLabel))].join(", ")
  return [
    {
      code: "opens-only-in-its-computer",
      severity: "notice",
      text: `the volume has no key protector that opens elsewhere than in its own computer: ${labels}`,
      evidence: { kinds },
    },
  ]
}

export function describeMethod(facts: VolumeFacts): MethodReport | undefined {
  const code = facts.methodNumber
  if (code === 0) return undefined
  return { code, name: isEncryptionMethod(code) ? methodFacts(code).name : `unknown (${hex(code)})` }
}

function layoutOf({ place, metadata }: OpenVolume): VolumeReport["layout"] {
  const { layout } = bootSectorOf(place, metadata).boot
  if (layout === "vista" || layout === "to-go") return layout
  if (layout === "eow") return "encrypt-on-write"
  const { isBeforeWindows8, osBuild, method } = metadata?.facts ?? {}
  if (isBeforeWindows8) return "windows-7"
  // XTS came later still, with Windows 10, version 1511.
  const isNewer = osBuild !== undefined || (method !== undefined && methodFacts(method).mode === "xts")
  return isNewer ? "windows-8" : "windows-7-or-later"
}

function describeState({ place }: OpenVolume, metadata: VolumeMetadata): string {
  const { facts, protectors } = metadata
  if (isDecrypted(metadata)) return "decrypted"
  if (bootSectorOf(place, metadata).boot.layout === "eow") return "converting (encrypt-on-write)"
  const direction = facts.nextState === ConversionState.decrypted ? "decrypt" : "encrypt"
  switch (facts.state) {
    case ConversionState.encrypted:
      return protectors.some(({ kind }) => kind === "clear-key")
        ? "encrypted, protection suspended (a clear key lies on the disk)"
        : "encrypted"
    case ConversionState.paused:
      return `${direction}ion paused`
    case ConversionState.convertingWithLog:
    case ConversionState.convertingWithoutLog:
      return `${direction}ing`
    case ConversionState.decrypted:
      return "decrypted"
    default:
      return `unknown (${facts.state})`
  }
}

/** From the watermark or the bitmaps; `undefined` where they do not tell. */
async function encryptedPercent(
  { source, place }: OpenVolume,
  metadata: VolumeMetadata,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (isDecrypted(metadata)) return 0
  const { facts, sectorSize } = metadata
  const { boot } = bootSectorOf(place, metadata)
  const stored = await surveyStorage({ source, facts, boot, sectorSize }, signal)
  if (totalLength(stored.undecided) > sectorSize * facts.headSectorCount) return undefined
  const plain = Math.min(source.size, totalLength(stored.plain))
  return Math.round((1000 * (source.size - plain)) / source.size) / 10
}

function describeProtector(protector: KeyProtector): ProtectorReport {
  const { id, kind, name, created, thumbprint } = protector
  return {
    id,
    kind,
    label: protectorLabel(kind),
    ...(name && { name }),
    ...(created && { created: created.toISOString() }),
    opensWith: thumbprint ? `${opensWith(kind)}, thumbprint ${thumbprint}` : opensWith(kind),
    opensAnywhere: opensAnywhere(kind),
  }
}

export function describeCopies(copies: readonly JudgedCopy[]): MetadataCopyReport[] {
  return copies.map(({ copy, health, chosen, reason }) => ({
    copy: copy.copy,
    offset: copy.offset,
    health,
    chosen,
    reason,
  }))
}
