/** `manage-bde -protectors -get` in the shape that administrators know. */
import type { ManagedProtector } from "../job/status.ts"
import type { ShownProtectors } from "./protectors.ts"
import { protectorTitle } from "./protector-types.ts"
import { volumeTitle } from "./render-status.ts"

export function renderProtectors({ source, volumes, type }: ShownProtectors): string[] {
  const shown = volumes.filter(({ protectors }) => protectors.length > 0)
  const lines = shown.flatMap((volume) => [
    volumeTitle(source.path, volume),
    type === undefined ? "All Key Protectors" : `Key Protectors of Type ${type}`,
    "",
    ...volume.protectors.flatMap((protector) => [...renderProtector(protector), ""]),
    ...lockedNote(volume.locked, volume.protectors),
  ])
  return lines.slice(0, lines.at(-1) === "" ? -1 : undefined)
}

function renderProtector({ id, kind, thumbprint, recoveryPassword }: ManagedProtector): string[] {
  return [
    `    ${protectorTitle(kind)}:`,
    `      ID: {${id}}`,
    ...(recoveryPassword ? ["      Password:", `        ${recoveryPassword.revealText()}`] : []),
    ...(kind === "startup-key" ? ["      External Key File Name:", `        ${id}.BEK`] : []),
    ...(thumbprint ? ["      Certificate Thumbprint:", `        ${thumbprint}`] : []),
  ]
}

function lockedNote(locked: boolean, protectors: readonly ManagedProtector[]): string[] {
  const hides = locked && protectors.some(({ kind }) => kind === "recovery-password")
  return hides ? ["The volume is locked: with -rp, -rk or -pw its recovery passwords are shown too."] : []
}

/** For scripts, with the recovery passwords in clear where the volume was opened. */
export function protectorsDocument({ source, volumes }: ShownProtectors): object {
  return {
    source,
    volumes: volumes.map(({ volume, locked, openedBy, protectors }) => ({
      index: volume.index,
      ...(volume.volumeId && { volumeId: volume.volumeId }),
      locked,
      ...(openedBy && { openedBy }),
      protectors: protectors.map(({ recoveryPassword, ...facts }) => ({
        ...facts,
        ...(recoveryPassword && { recoveryPassword: recoveryPassword.revealText() }),
      })),
    })),
  }
}
