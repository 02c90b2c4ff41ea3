/** `repair-bde keys backup INPUT… --to FOLDER` */
import { type BackupReport, backupKeys } from "../job/backup-keys.ts"
import { isGiven, textOf } from "./invocation.ts"
import { renderVolumeBriefly, shortKeyId } from "./render-volume.ts"
import type { Command } from "./session.ts"
import { indent } from "./table.ts"

export const keysBackup: Command<BackupReport> = {
  run: (invocation, credentials, context) =>
    backupKeys(
      {
        inputs: invocation.positionals.map((path) => ({ path })),
        credentials,
        folder: textOf(invocation, "to")!,
        escrowOnly: isGiven(invocation, "escrowOnly"),
      },
      context,
    ),
  render: renderBackup,
  exitCode: ({ exitCode }) => exitCode,
}

function renderBackup({ backups, failures }: BackupReport): string[] {
  const named = (ids: readonly string[]): string => ids.map(shortKeyId).join(", ") || "none"
  return [
    ...backups.flatMap(({ input, volume, path, packed, revealed }) => [
      `${input}: ${renderVolumeBriefly(volume)}`,
      ...indent([
        `saved ${path}`,
        `key packages of the key IDs ${named(packed)}`,
        revealed.length > 0
          ? `with the recovery passwords and startup keys of the key IDs ${named(revealed)}: keep it as safe as them`
          : "without recovery passwords and startup keys: they are needed to open the volume with it",
      ]),
    ]),
    ...failures.flatMap(({ input, volume, message, next }) => [
      `NOT SAVED: ${input}${volume === undefined ? "" : `, volume ${volume}`}: ${message}`,
      ...next.map((step) => `  next: ${step}`),
    ]),
    ...(backups.length > 0
      ? ["next: keep it on another drive than the volume; a repair takes it with -kp"]
      : []),
  ]
}
