/** `repair-bde keys reveal INPUT …` */
import { toHex } from "../bytes/hex.ts"
import { EXIT_DONE, UsageError } from "../errors.ts"
import type { Secret } from "../job/requests.ts"
import { type RevealReport, revealKeys } from "../job/reveal-keys.ts"
import { isGiven, textOf, textsOf, type Invocation } from "./invocation.ts"
import { renderOpenedBy, renderSource, renderVolumeBriefly } from "./render-volume.ts"
import { inputOf, type Command } from "./session.ts"
import { facts, indent } from "./table.ts"

/** The report with the QR code that was asked for, as lines. */
interface Revealed extends RevealReport {
  readonly qrCode?: readonly string[]
}

export const keysReveal: Command<Revealed> = {
  async run(invocation, credentials, context) {
    const startupKeyFolder = textOf(invocation, "startupKeyFolder")
    const autoUnlockPlaces = textsOf(invocation, "autoUnlock")
    const report = await revealKeys(
      {
        input: inputOf(invocation),
        credentials,
        keyPackages: textsOf(invocation, "keyPackage"),
        yes: isGiven(invocation, "yesReveal"),
        ...(startupKeyFolder !== undefined && { startupKeyFolder }),
        ...(autoUnlockPlaces.length > 0 && { autoUnlockPlaces }),
      },
      context,
    )
    const qrCode = await drawQrCode(report, invocation)
    return { ...report, ...(qrCode && { qrCode }) }
  },
  render: renderReveal,
  document: revealDocument,
  showsSecrets: true,
  exitCode: () => EXIT_DONE,
}

/** Of the 48 digits as Windows writes them: whoever scans it may paste them anywhere. */
async function drawQrCode(
  { recoveryPasswords }: RevealReport,
  invocation: Invocation,
): Promise<readonly string[] | undefined> {
  const keyId = textOf(invocation, "qrCode")
  if (keyId === undefined) return undefined
  const wanted = keyId.replace(/^\{|\}$/g, "").toUpperCase()
  const fitting = recoveryPasswords.filter(({ protectorId }) => protectorId.startsWith(wanted))
  const [only, ...others] = fitting
  if (wanted !== "" && only && others.length === 0) {
    return (await import("./qr-code.ts")).qrCode(only.digits.revealText())
  }
  const ids = recoveryPasswords.map(({ protectorId }) => protectorId)
  throw new UsageError("not-one-key-id", `${fitting.length} recovery passwords have the key ID of --qr`, {
    next: ids.map((id) => `write --qr ${id}`),
    data: { protectorIds: ids },
  })
}

const hexOf = (secret: Secret | undefined): string | undefined => secret && toHex(secret.reveal())

function renderReveal(report: Revealed): string[] {
  const { source, volume, openedBy, recoveryPasswords, startupKeys, method, fvek, qrCode = [] } = report
  const { dataVolumeKeys = [] } = report
  return [
    renderSource(source),
    renderVolumeBriefly(volume),
    renderOpenedBy(openedBy),
    "",
    ...recoveryPasswords.flatMap(({ protectorId, name, digits }) => [
      `Recovery password, key ID ${protectorId}${name ? ` "${name}"` : ""}`,
      `  ${digits.revealText()}`,
    ]),
    ...startupKeys.flatMap(({ protectorId, name, key, path }) => [
      `Startup key, key ID ${protectorId}${name ? ` "${name}"` : ""}`,
      `  ${hexOf(key)}`,
      ...(path ? [`  saved ${path}`] : []),
    ]),
    ...dataVolumeKeys.flatMap(({ protectorId, volumeId, origin, key, path }) => [
      `Startup key of a data volume${volumeId ? ` ${volumeId}` : ""}, key ID ${protectorId}, in ${origin}`,
      `  ${hexOf(key)}`,
      ...(path ? [`  saved ${path}`] : []),
    ]),
    `Keys of the volume, ${method.name}`,
    ...indent(
      facts([
        ["VMK", hexOf(report.vmk) ?? "not known: the FVEK was given"],
        ["FVEK", fvek.hex.revealText()],
        ["auto-unlock key", hexOf(report.autoUnlockKey)],
        ["dislocker -k FILE, in hex", hexOf(fvek.dislocker)],
        ["bdemount -k", fvek.libbde?.revealText() ?? "libbde takes no key of this method"],
        ["cryptsetup --volume-key-file, in hex", hexOf(fvek.cryptsetup)],
      ]),
    ),
    ...(qrCode.length > 0 ? ["", ...qrCode] : []),
  ]
}

/** The same for scripts; its secrets are in clear, and nowhere else. */
function revealDocument({ source, volume, openedBy, method, ...report }: Revealed): object {
  const { recoveryPasswords, startupKeys, fvek, dataVolumeKeys } = report
  const vmk = hexOf(report.vmk)
  const autoUnlockKey = hexOf(report.autoUnlockKey)
  return {
    ...{ source, volume, openedBy },
    recoveryPasswords: recoveryPasswords.map(({ digits, ...facts }) => ({
      ...facts,
      digits: digits.revealText(),
    })),
    startupKeys: startupKeys.map(({ key, ...facts }) => ({ ...facts, key: hexOf(key) })),
    ...(vmk !== undefined && { vmk }),
    method,
    fvek: {
      hex: fvek.hex.revealText(),
      dislocker: hexOf(fvek.dislocker),
      ...(fvek.libbde && { libbde: fvek.libbde.revealText() }),
      cryptsetup: hexOf(fvek.cryptsetup),
    },
    ...(autoUnlockKey !== undefined && { autoUnlockKey }),
    ...(dataVolumeKeys && {
      dataVolumeKeys: dataVolumeKeys.map(({ key, ...facts }) => ({ ...facts, key: hexOf(key) })),
    }),
  }
}
