/** The answer of `locate` for people: each volume with the reasons for its place. */
import { hex, totalLength } from "../extents/extent.ts"
import type { LocateReport, LocatedVolumeReport } from "../job/locate-report.ts"
import { formatSize, formatSizeExactly } from "./quantities.ts"
import { renderSource } from "./render-volume.ts"
import { facts, indent, table } from "./table.ts"

const STANDINGS: Readonly<Record<LocatedVolumeReport["standing"], string | undefined>> = {
  current: undefined,
  earlier: "an earlier volume, whose place another one took",
  foreign: "lies inside another volume: a virtual disk, or remains",
}

const LAYOUTS: Readonly<Record<LocatedVolumeReport["layout"], string>> = {
  vista: "Windows Vista",
  windows7: "Windows 7 or later",
  eow: "encrypt-on-write: a conversion was going on",
  "to-go": "BitLocker To Go",
}

const HEALTH: Readonly<Record<LocatedVolumeReport["copies"][number]["health"], string>> = {
  intact: "intact",
  sized: "damaged",
  tiled: "damaged",
  header: "a header only",
}

export function renderLocate(report: LocateReport): string[] {
  const { source, volumes, scannedBytes, endedEarly, unreadable, next } = report
  const searched = endedEarly
    ? `searched ${formatSize(scannedBytes)}, then enough was found`
    : "searched to the end"
  return [
    renderSource(source),
    unreadable.length > 0 ? `${searched}; ${formatSize(totalLength(unreadable))} cannot be read` : searched,
    ...volumes.flatMap((volume) => ["", ...renderVolume(volume)]),
    "",
    ...next.map((step) => `next: ${step}`),
  ]
}

function renderVolume(volume: LocatedVolumeReport): string[] {
  const { index, where, standing, copies, otherStarts, evidence } = volume
  const rows = copies.map(({ copy, at, health }) => [String(copy), hex(at), HEALTH[health]])
  return [
    `Volume ${index}: ${where}`,
    ...indent(
      facts([
        ["note", STANDINGS[standing]],
        ["starts at", renderStart(volume.start)],
        ["size", formatSizeExactly(volume.size)],
        ["whole size", volume.fullSize === undefined ? undefined : formatSizeExactly(volume.fullSize)],
        ["layout", LAYOUTS[volume.layout]],
        ["boot sector", volume.bootSector],
        ["identifier", volume.volumeId],
        ["changed", volume.changed && `${volume.changed.slice(0, 16).replace("T", " ")} UTC`],
        [
          "datums",
          volume.strayDatumCount > 0
            ? `${volume.strayDatumCount} of copies whose headers are gone`
            : undefined,
        ],
        ["conversion", volume.eowBlockCount > 0 ? `${volume.eowBlockCount} blocks of it` : undefined],
      ]),
    ),
    ...(rows.length > 0 ? ["", ...indent(table(["METADATA", "AT", "HEALTH"], rows))] : []),
    "",
    ...indent(evidence.map((sentence) => `because ${sentence}`)),
    ...indent(
      otherStarts.map((start) => `it may start at ${renderStart(start)} as well: only its key can tell`),
    ),
  ]
}

function renderStart(start: number): string {
  return start < 0 ? `${-start} bytes before the input` : `${hex(start)} (${start})`
}
