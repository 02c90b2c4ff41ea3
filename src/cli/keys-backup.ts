/** `repair-bde keys backup INPUT… --to FOLDER` */
import { UsageError } from "../errors.ts"
import { type BackupReport, backupKeys } from "../job/backup-keys.ts"
import type { InputChoice } from "../job/requests.ts"
import { type Invocation, isGiven, numberOf, textOf } from "./invocation.ts"
import { renderVolumeBriefly, shortKeyId } from "./render-volume.ts"
import type { Command } from "./session.ts"
import { indent } from "./table.ts"

export const keysBackup: Command<BackupReport> = {
  run: (invocation, credentials, context) =>
    backupKeys(
      {
        inputs: inputsOf(invocation),
        credentials,
        folder: textOf(invocation, "to")!,
        escrowOnly: isGiven(invocation, "escrowOnly"),
      },
      context,
    ),
  render: renderBackup,
  exitCode: ({ exitCode }) => exitCode,
}

/** The number of a volume is one of its disk: of several disks it would choose at random. @throws UsageError */
function inputsOf(invocation: Invocation): InputChoice[] {
  const volume = numberOf(invocation, "volume")
  const inputs = invocation.positionals.map((path) => ({ path, ...(volume !== undefined && { volume }) }))
  if (volume === undefined || inputs.length === 1) return inputs
  throw new UsageError("option-conflict", "--volume is for one INPUT: each has volumes of its own", {
    next: ["back the inputs up one by one", "or leave --volume out: all volumes of all inputs are backed up"],
  })
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
