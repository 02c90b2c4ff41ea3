/**
 * `manage-bde -status` and `-protectors -get`: every volume of an input as an administrator knows them. What is on the disk in
 * clear needs no credential; one that opens a volume also gives what Windows shows of a volume that is unlocked.
 */
import { NotFveError, SourceError } from "../errors.ts"
import { Secret } from "../crypto/secret.ts"
import { formatRecoveryPassword } from "../credential/index.ts"
import { type Datum, DatumRole } from "../fve/index.ts"
import { listDrives } from "../source/index.ts"
import { revealIdentification, revealProtectors } from "../unlock/index.ts"
import { createContext } from "./context.ts"
import { describeVolume } from "./describe-volume.ts"
import { choosePlace, openInput } from "./open-input.ts"
import { type OpenVolume, openVolume } from "./open-volume.ts"
import type { OpenedBy, ProtectorReport, SourceReport, TryReport, VolumeReport } from "./reports.ts"
import type { CheckRequest, JobContext, JobShell } from "./requests.ts"
import { nothingOpened, unlock } from "./unlock.ts"

export interface ManagedProtector extends ProtectorReport {
  /** SHA-1 of the certificate, in hex. */
  readonly thumbprint?: string
  /** The 48 digits: only where a credential opened the volume. */
  readonly recoveryPassword?: Secret
}

/** As `-status` has it: a volume in the middle of its encryption is not protected yet. */
export type ProtectionStatus = "on" | "off" | "unknown"

export interface ManagedVolume {
  readonly volume: VolumeReport
  readonly protection: ProtectionStatus
  readonly locked: boolean
  /** `unknown` on a locked volume that has one; absent where there is none. */
  readonly identification?: string
  readonly protectors: readonly ManagedProtector[]
  readonly openedBy?: OpenedBy
}

export interface StatusReport {
  readonly source: SourceReport
  readonly volumes: readonly ManagedVolume[]
}

/**
 * @throws SourceError, NotFveError; CredentialError when credentials were given and none of them opens any volume: who asks for
 * secrets must not take a short answer for the whole one
 */
export async function volumeStatus(request: CheckRequest, shell: JobShell = {}): Promise<StatusReport> {
  const context = createContext(shell)
  context.emit({ type: "phase", phase: "locate" })
  const input = await openInput(request.input, context)
  try {
    const { volume: number } = request.input
    const chosen = number === undefined ? undefined : choosePlace(input.places, number).place
    const volumes: ManagedVolume[] = []
    const tries: TryReport[] = []
    for (const [i, place] of input.places.entries()) {
      if (chosen && place !== chosen) continue
      const volume = await openVolume(input, place, i + 1, context.signal)
      volumes.push(await manage(volume, request, context, tries))
    }
    const isAnswered = request.credentials.length === 0 || volumes.some(({ openedBy }) => openedBy)
    if (!isAnswered) throw nothingOpened(tries, request.credentials.length)
    return { source: input.report, volumes }
  } finally {
    await input.source.close()
  }
}

export interface DrivesReport {
  readonly inputs: readonly StatusReport[]
  /** Drives that cannot be read. */
  readonly unread: readonly { readonly path: string; readonly code: string; readonly message: string }[]
}

/** Of every drive of this system. Those without BitLocker are left out, and those that cannot be read are named. */
export async function drivesStatus(
  credentials: CheckRequest["credentials"],
  shell: JobShell = {},
): Promise<DrivesReport> {
  const inputs: StatusReport[] = []
  const unread: DrivesReport["unread"][number][] = []
  for (const path of await listDrives()) {
    try {
      inputs.push(await volumeStatus({ input: { path }, credentials }, shell))
    } catch (error) {
      if (!(error instanceof NotFveError || error instanceof SourceError)) throw error
      const { code, message } = error
      // Names that the system only might have, and drives without a medium.
      const isNone = error instanceof NotFveError || NO_DRIVE.has(code)
      if (!isNone) unread.push({ path, code, message })
    }
  }
  return { inputs, unread }
}

const NO_DRIVE: ReadonlySet<string> = new Set(["source-missing", "source-gone", "source-empty"])

async function manage(
  volume: OpenVolume,
  { credentials }: CheckRequest,
  context: JobContext,
  tries: TryReport[],
): Promise<ManagedVolume> {
  const report = await describeVolume(volume, context.signal)
  const { metadata, reconciled } = volume
  const datums = metadata?.block?.dataset.datums ?? []
  const unlocked = metadata && (await unlock(volume, metadata, credentials, context))
  tries.push(...(unlocked?.tries ?? []))
  const openedBy = unlocked?.openedBy
  const vmk = unlocked?.keys?.vmk
  const revealed = vmk ? revealProtectors(vmk, reconciled.material.protectors, context.crypto) : []
  const passwords = new Map(
    revealed.flatMap(({ protector: { id }, recoveryPassword }) =>
      recoveryPassword ? [[id, recoveryPassword]] : [],
    ),
  )
  const thumbprints = new Map(metadata?.protectors.map(({ id, thumbprint }) => [id, thumbprint]))
  const identification = hasIdentification(datums)
    ? ((vmk && revealIdentification(vmk, datums, context.crypto)) ?? "unknown")
    : undefined
  return {
    volume: report,
    protection: protectionOf(report),
    locked: openedBy === undefined,
    ...(identification !== undefined && { identification }),
    protectors: report.protectors.map((protector) => {
      const { id } = protector
      const key16 = passwords.get(id)
      const thumbprint = thumbprints.get(id)
      return {
        ...protector,
        ...(thumbprint && { thumbprint }),
        ...(key16 && { recoveryPassword: Secret.ofText(formatRecoveryPassword(key16.reveal())) }),
      }
    }),
    ...(openedBy && { openedBy }),
  }
}

function hasIdentification(datums: readonly Datum[]): boolean {
  return datums.some(({ role }) => role === DatumRole.identificationField)
}

/** On where it takes a credential to read what is on the disk, all of it. */
function protectionOf({ state, clearKey, protectors, encryptedPercent }: VolumeReport): ProtectionStatus {
  if (state === "unknown") return "unknown"
  if (state === "decrypted" || clearKey || protectors.length === 0) return "off"
  if (encryptedPercent === undefined) return "unknown"
  return state === "encrypted" ? "on" : "off"
}
