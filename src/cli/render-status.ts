/** `manage-bde -status` in the shape that administrators know, and their scripts cut fields out of. */
import type { DrivesReport, ManagedVolume } from "../job/status.ts"
import { protectorTitle } from "./protector-types.ts"
import { indent } from "./table.ts"

export function renderStatus({ inputs, unread }: DrivesReport): string[] {
  const volumes = inputs.flatMap(({ source, volumes: ofInput }) =>
    ofInput.flatMap((volume) => [...renderVolumeStatus(source.path, volume), ""]),
  )
  return [
    "Disk volumes that can be protected with",
    "BitLocker Drive Encryption:",
    ...(volumes.length > 0 ? volumes.slice(0, -1) : ["none that can be read"]),
    ...unread.map(({ message }) => `not read: ${message}`),
  ]
}

/** `Volume disk.img [DESKTOP Data 1/1/2024]`, with the part of it where there are several. */
export function volumeTitle(path: string, { volume }: ManagedVolume): string {
  const where = volume.index > 1 || volume.offset > 0 ? `, volume ${volume.index}, ${volume.where}` : ""
  return `Volume ${path}${where} [${volume.description ?? ""}]`
}

function renderVolumeStatus(path: string, managed: ManagedVolume): string[] {
  const { volume, protection, locked, identification, protectors } = managed
  const { fullSize, size, encryptedPercent, method } = volume
  const kinds = protectors.filter(({ kind }) => kind !== "clear-key").map(({ kind }) => kind)
  const isKnown = volume.state !== "unknown"
  const rows: readonly (readonly [string, string])[] = [
    ["Size", microsoftSize(fullSize ?? size)],
    ["BitLocker Version", isKnown ? versionOf(managed) : "Unknown"],
    ["Conversion Status", conversionOf(managed)],
    ["Percentage Encrypted", encryptedPercent === undefined ? "Unknown" : `${encryptedPercent.toFixed(1)}%`],
    ["Encryption Method", method?.name ?? (isKnown ? "None" : "Unknown")],
    ["Protection Status", { on: "Protection On", off: "Protection Off", unknown: "Unknown" }[protection]],
    ["Lock Status", locked ? "Locked" : "Unlocked"],
    ["Identification Field", isKnown ? identificationOf(identification) : "Unknown"],
  ]
  const width = "Percentage Encrypted: ".length
  return [
    volumeTitle(path, managed),
    "",
    ...indent(
      [
        ...rows.map(([name, value]) => `${`${name}:`.padEnd(width)}${value}`),
        ...(kinds.length === 0
          ? [`${"Key Protectors:".padEnd(width)}${isKnown ? "None Found" : "Unknown"}`]
          : ["Key Protectors:", ...indent(kinds.map(protectorTitle), "    ")]),
      ],
      "    ",
    ),
  ]
}

function versionOf({ volume }: ManagedVolume): string {
  if (volume.state === "decrypted") return "None"
  return volume.layout === "vista" ? "1.0" : "2.0"
}

/** States are for people and may change, so what is asked is what they begin with. */
function conversionOf({ volume: { state } }: ManagedVolume): string {
  if (state === "decrypted") return "Fully Decrypted"
  if (state.startsWith("encryption paused")) return "Encryption Paused"
  if (state.startsWith("decryption paused")) return "Decryption Paused"
  if (state.startsWith("encrypting")) return "Encryption in Progress"
  if (state.startsWith("decrypting")) return "Decryption in Progress"
  if (state.startsWith("encrypted")) return "Fully Encrypted"
  return state.startsWith("converting") ? "Conversion in Progress" : "Unknown"
}

function identificationOf(identification: string | undefined): string {
  if (identification === undefined) return "None"
  return identification === "unknown" ? "Unknown" : identification
}

const UNITS = ["KB", "MB", "GB", "TB"]

/** Two digits, and units of 1024 under the names of 1000, as Windows has them. */
function microsoftSize(bytes: number): string {
  let value = bytes / 1024
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(2)} ${UNITS[unit]}`
}

/** For scripts: without the secrets, which -protectors -get shows. */
export function statusDocument({ inputs, unread }: DrivesReport): object {
  return {
    inputs: inputs.map(({ source, volumes }) => ({
      source,
      volumes: volumes.map(({ volume, protection, locked, identification, openedBy }) => ({
        ...{ volume, protection, locked },
        ...(identification !== undefined && { identification }),
        ...(openedBy && { openedBy }),
      })),
    })),
    unread,
  }
}
