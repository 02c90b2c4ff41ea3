/** A volume as people read it: what it is, which keys open it, how its metadata is. */
import type { Finding } from "../findings.ts"
import { hex, hexRange } from "../extents/extent.ts"
import type { OpenedBy, ProtectorReport, SourceReport, VolumeReport } from "../job/reports.ts"
import { formatSize, formatSizeExactly } from "./quantities.ts"
import { facts, indent, table } from "./table.ts"

const LAYOUTS: Readonly<Record<VolumeReport["layout"], string>> = {
  vista: "Windows Vista",
  "windows-7": "Windows 7",
  "windows-7-or-later": "Windows 7 or later",
  "windows-8": "Windows 8 or later",
  "to-go": "BitLocker To Go",
  "encrypt-on-write": "encrypt-on-write, as Windows 10 and later convert a volume",
}

/** The first eight digits: what Windows shows on its recovery screen and what a help desk asks for. */
export function shortKeyId(id: string): string {
  return id.slice(0, 8)
}

export function renderSource({ path, kind, size, sectorSize }: SourceReport): string {
  const what = kind === "device" ? `device with sectors of ${sectorSize} bytes` : "image"
  return `${path}: ${what}, ${formatSizeExactly(size)}`
}

/** One line: `volume 2, GPT partition 3: 99 MiB, XTS-AES 128, encrypted`. */
export function renderVolumeBriefly(volume: VolumeReport): string {
  const what = [formatSize(volume.size), volume.method?.name, volume.state]
  return `volume ${volume.index}, ${volume.where}: ${what.filter(Boolean).join(", ")}`
}

export function renderVolume(volume: VolumeReport): string[] {
  const { fullSize, encryptedPercent, method } = volume
  const truncated = fullSize !== undefined && fullSize > volume.size
  const isPartly = encryptedPercent !== undefined && encryptedPercent > 0 && encryptedPercent < 100
  return [
    `Volume ${volume.index}: ${volume.where}`,
    ...indent(
      facts([
        ["starts at", `${hex(volume.offset)} (${volume.offset})`],
        ["size", formatSizeExactly(volume.size)],
        ["whole size", truncated ? `${formatSizeExactly(fullSize)}: the end is missing` : undefined],
        ["layout", LAYOUTS[volume.layout]],
        ["sector size", `${volume.sectorSize} bytes`],
        ["method", method && `${method.name} (${hex(method.code)})`],
        ["state", isPartly ? `${volume.state}, ${encryptedPercent} % of it encrypted` : volume.state],
        ["clear key", volume.clearKey ? "YES: it opens without any credential" : undefined],
        ["description", volume.description],
        ["created", volume.created && renderTime(volume.created)],
        ["by", volume.windowsBuild && `Windows ${volume.windowsBuild}`],
        ["identifier", volume.volumeId],
      ]),
    ),
    "",
    ...indent(renderProtectors(volume.protectors)),
    "",
    ...indent(renderCopies(volume)),
    ...indent(renderFindings(volume.findings)),
  ]
}

function renderProtectors(protectors: readonly ProtectorReport[]): string[] {
  if (protectors.length === 0) return ["no key protectors"]
  const rows = protectors.map((protector) => [
    shortKeyId(protector.id),
    protector.name ? `${protector.label} "${protector.name}"` : protector.label,
    protector.opensWith,
    protector.id,
  ])
  return table(["KEY ID", "KEY PROTECTOR", "OPENS WITH", "WHOLE KEY ID"], rows)
}

function renderCopies({ metadataCopies }: VolumeReport): string[] {
  const rows = metadataCopies.map(({ copy, offset, health, chosen, reason }) => [
    String(copy),
    hex(offset),
    chosen ? `${health}, used` : health,
    reason,
  ])
  return table(["METADATA", "AT", "HEALTH", "WHY"], rows)
}

/** What is worth a person's attention; the good ones are in `--json` and in the log. */
export function renderFindings(findings: readonly Finding[]): string[] {
  const notable = findings.filter(({ severity }) => severity !== "good")
  return notable.length === 0 ? [] : ["", ...notable.map(renderFinding)]
}

/** `2019-07-04 07:01 UTC` */
function renderTime(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`
}

export function renderFinding({ severity, text, extent }: Finding): string {
  const word = severity === "damage" ? "damage: " : severity === "notice" ? "note: " : ""
  const where = extent && !text.includes("0x") ? ` at ${hexRange(extent)}` : ""
  return `${word}${text}${where}`
}

export function renderOpenedBy({ credential, protectorId, protectorLabel, form }: OpenedBy): string {
  const protector = protectorLabel ? ` on the key protector "${protectorLabel}"` : ""
  const keyId = protectorId ? `, key ID ${shortKeyId(protectorId)}` : ""
  return `opened by ${credential}${protector}${keyId}${form ? ` (${form})` : ""}`
}
