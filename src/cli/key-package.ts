/** `manage-bde -KeyPackage VOLUME -ID {GUID} [-Path FOLDER]` */
import { EXIT_DONE } from "../errors.ts"
import { type KeyPackageReport, exportKeyPackage } from "../job/export-key-package.ts"
import { textOf } from "./invocation.ts"
import { protectorIdOf } from "./protector-id.ts"
import { renderOpenedBy, renderVolumeBriefly } from "./render-volume.ts"
import { inputOf, type Command } from "./session.ts"

export const keyPackage: Command<KeyPackageReport> = {
  run: (invocation, credentials, context) =>
    exportKeyPackage(
      {
        input: inputOf(invocation),
        credentials,
        protectorId: protectorIdOf(invocation)!,
        folder: textOf(invocation, "packageFolder") ?? ".",
      },
      context,
    ),
  render: ({ volume, openedBy, protectorId, path, size }) => [
    renderVolumeBriefly(volume),
    renderOpenedBy(openedBy),
    `saved the key package of the key protector {${protectorId}}, ${size} bytes:`,
    path,
    "next: keep it with the recovery password or .BEK file of this key protector: a repair needs both",
  ],
  exitCode: () => EXIT_DONE,
}
