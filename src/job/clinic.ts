/**
 * `keys clinic`: a recovery password that was written down or typed wrong. Says which groups cannot be right, makes the ones
 * that may have been meant, the likeliest first, and tries them on the volume. It says beforehand how long that takes at
 * worst, and goes on where it was stopped.
 */
import { CredentialError, EXIT_DONE, UnsupportedError, UsageError } from "../errors.ts"
import { type HopelessSearch, type SearchPlan, groupsAsTyped, planSearch } from "../clinic/index.ts"
import { formatRecoveryPassword } from "../credential/index.ts"
import type { Stretcher } from "../crypto/crypto.ts"
import { Secret } from "../crypto/secret.ts"
import { toHex } from "../bytes/hex.ts"
import { serializeUtf16 } from "../bytes/utf16.ts"
import type { KeyMaterial } from "../fve/index.ts"
import {
  type RecoveryPasswordMatch,
  measureStretchers,
  protectorLabel,
  recoverySalts,
  searchRecoveryPassword,
  unlockVolume,
} from "../unlock/index.ts"
import type { ChangedGroup, ClinicReport, FoundRecoveryPassword, SearchReport } from "./clinic-report.ts"
import { createContext } from "./context.ts"
import { describeVolume } from "./describe-volume.ts"
import { choosePlace, openInput } from "./open-input.ts"
import { openVolume } from "./open-volume.ts"
import type { InputChoice, JobContext, JobShell } from "./requests.ts"
import { type SearchCheckpoints, loadSearchState, openSearchCheckpoints } from "./search-state.ts"

export interface ClinicRequest {
  readonly input: InputChoice
  /** The recovery password as it was written down; `?` for a digit that cannot be read. */
  readonly typed: Secret
  /** Only the key protector whose ID begins so. */
  readonly keyId?: string
  /** Every value of one group, also where its check gives no reason to doubt it. */
  readonly thorough?: boolean
  /** The file of an earlier search's state, if there is one, and of this one's. */
  readonly statePath?: string
  /** Says what there is to try and how long it takes, and tries nothing. */
  readonly dryRun?: boolean
}

/** The exit code of a `CredentialError`: that nothing fits is the answer here, and no error. */
const NOTHING_FITS = 13

/** @throws UsageError when it cannot be eight groups, UnsupportedError when too much of it is missing */
export async function cureRecoveryPassword(
  request: ClinicRequest,
  shell: JobShell = {},
): Promise<ClinicReport> {
  const context = createContext(shell)
  const { emit, signal } = context
  emit({ type: "phase", phase: "locate" })
  const input = await openInput(request.input, context)
  let stretchers: readonly Stretcher[] = []
  try {
    const { place, index } = choosePlace(input.places, request.input.volume)
    const volume = await openVolume(input, place, index, signal)
    const report = await describeVolume(volume, signal)
    emit({ type: "volume", volume: report })
    const { material } = volume.reconciled
    const keyId = wholeKeyId(request.keyId, material)
    const salts = recoverySalts(material, keyId)
    if (salts.length === 0) throw noRecoveryPassword(material, keyId)
    const typed = request.typed.revealText()
    const plan = planSearch(typed, { thorough: request.thorough ?? false })
    stretchers = context.crypto.openStretchers()
    const perSecond = await measureStretchers(stretchers, signal)
    if (plan.kind !== "search") throw hopeless(plan, typed, perSecond / salts.length)
    const fingerprint = fingerprintOf(request, report.volumeId, salts, context)
    const resumedAt =
      request.statePath === undefined ? 0 : await loadSearchState(request.statePath, fingerprint)
    const search: SearchReport = {
      candidateCount: plan.candidateCount,
      furtherCount: plan.furtherCount,
      protectorCount: salts.length,
      perSecond: Math.round(perSecond * 10) / 10,
      seconds: Math.ceil((Math.max(0, plan.candidateCount - resumedAt) * salts.length) / perSecond),
      resumedAt,
    }
    const base = { source: input.report, volume: report, faults: plan.faults, search }
    if (request.dryRun) {
      const next = ["run the same command without --dry-run"]
      return { ...base, triedCount: resumedAt, dryRun: true, next, exitCode: EXIT_DONE }
    }
    emit({ type: "search", search, faults: plan.faults })
    const checkpoints = openState(request, fingerprint, resumedAt)
    const { match, triedCount } = await tryAll({
      plan,
      material,
      stretchers,
      keyId,
      resumedAt,
      checkpoints,
      context,
    })
    const result = { ...base, triedCount, dryRun: false }
    if (!match) return { ...result, next: whatElse(plan), exitCode: NOTHING_FITS }
    const found = await describeMatch(match, typed, material, context)
    return { ...result, found, next: nextSteps(found), exitCode: found.opens ? EXIT_DONE : NOTHING_FITS }
  } finally {
    await Promise.all([input.source.close(), ...stretchers.map((one) => one.close())])
  }
}

/** The start of a key ID is what Windows shows. @throws UsageError when it is that of no key protector here */
function wholeKeyId(start: string | undefined, { protectors }: KeyMaterial): string | undefined {
  if (start === undefined) return undefined
  const wanted = start.replace(/[{}]/g, "").toUpperCase()
  const found = protectors.find(({ id }) => id.startsWith(wanted))
  if (found) return found.id
  const ids = [...new Set(protectors.map(({ id }) => id))]
  throw new UsageError("key-id-unknown", `the volume has no key protector with the key ID ${wanted}`, {
    next: ids.map((id) => `its key IDs are ${id}`),
    data: { keyIds: ids },
  })
}

function openState(
  { statePath }: ClinicRequest,
  fingerprint: string,
  from: number,
): SearchCheckpoints | undefined {
  return statePath === undefined ? undefined : openSearchCheckpoints(statePath, fingerprint, from)
}

/** The order of the candidates depends on these alone. */
function fingerprintOf(
  { typed, thorough = false }: ClinicRequest,
  volumeId: string | undefined,
  salts: readonly Uint8Array[],
  { crypto }: JobContext,
): string {
  const facts = serializeUtf16(`${volumeId ?? ""} ${salts.map(toHex).join(" ")} ${String(thorough)}`)
  return toHex(crypto.sha256(typed.reveal(), facts))
}

interface Search {
  readonly plan: SearchPlan
  readonly material: KeyMaterial
  readonly stretchers: readonly Stretcher[]
  readonly keyId: string | undefined
  readonly resumedAt: number
  readonly checkpoints: SearchCheckpoints | undefined
  readonly context: JobContext
}

async function tryAll({
  plan,
  material,
  stretchers,
  keyId,
  resumedAt,
  checkpoints,
  context: { crypto, emit, signal },
}: Search): Promise<{ match: RecoveryPasswordMatch | undefined; triedCount: number }> {
  let triedCount = resumedAt
  emit({ type: "phase", phase: "search" })
  try {
    const candidates = plan.candidates()
    for (let i = 0; i < resumedAt; i++) candidates.next()
    const match = await searchRecoveryPassword(material, candidates, stretchers, crypto, {
      signal,
      ...(keyId !== undefined && { keyId }),
      onTried(count) {
        triedCount = resumedAt + count
        emit({
          type: "progress",
          phase: "search",
          done: triedCount,
          total: plan.candidateCount,
          unreadable: 0,
        })
        checkpoints?.offer(triedCount)
      },
    })
    return { match, triedCount }
  } finally {
    await checkpoints?.close()
  }
}

/** That it opens its key protector is proven by a tag; here, whether what is in it are the keys of this volume as it is now. */
async function describeMatch(
  { key16, protector }: RecoveryPasswordMatch,
  typed: string,
  material: KeyMaterial,
  { crypto, signal }: JobContext,
): Promise<FoundRecoveryPassword> {
  const digits = formatRecoveryPassword(key16.reveal())
  const label = "the recovery password that was found"
  const credentials = [{ label, credential: { kind: "recovery-password", key16 } as const }]
  const { keys, tries } = await unlockVolume(material, credentials, crypto, { signal })
  const row = tries.find(
    ({ credential, protector: other }) => credential === label && other?.id === protector.id,
  )
  return {
    digits: Secret.ofText(digits),
    protectorId: protector.id,
    changed: changedGroups(groupsAsTyped(typed), digits.split("-")),
    opens: keys !== undefined,
    why: keys ? "opens the volume" : (row?.why ?? "opens its key protector, and not the volume"),
  }
}

function changedGroups(typed: readonly string[] | undefined, right: readonly string[]): ChangedGroup[] {
  return (typed ?? []).flatMap((group, i) =>
    group === right[i]
      ? []
      : [{ group: i + 1, typed: Secret.ofText(group), right: Secret.ofText(right[i]!) }],
  )
}

function nextSteps({ opens }: FoundRecoveryPassword): string[] {
  return opens
    ? ["write the right digits down", "give them to repair-bde with -rp"]
    : ["the volume was encrypted anew since: look for the recovery password of its current key ID"]
}

function whatElse({ furtherCount }: SearchPlan): string[] {
  return [
    ...(furtherCount > 0
      ? [`--thorough tries ${furtherCount} more: every value of each group in turn, or rarer slips`]
      : []),
    "compare the key ID beside the written password with those of the volume: it may belong to another drive",
    "look for a second record of it: Active Directory, the Microsoft account, a print-out, a text file",
  ]
}

function noRecoveryPassword({ protectors }: KeyMaterial, keyId: string | undefined): CredentialError {
  const kinds = [...new Set(protectors.map(({ kind }) => protectorLabel(kind)))]
  const whose = keyId === undefined ? "the volume has" : `the key protector ${keyId} is`
  return new CredentialError("no-recovery-password", `${whose} no recovery password`, {
    next: [kinds.length === 0 ? "no key protector was found at all" : `what it has: ${kinds.join(", ")}`],
    data: { kinds },
  })
}

function hopeless(
  { kind, candidateCount }: HopelessSearch,
  typed: string,
  perSecond: number,
): UsageError | UnsupportedError {
  if (kind === "unreadable") {
    const count = typed.match(/[\p{Nd}?]/gu)?.length ?? 0
    return new UsageError(
      "recovery-password-unreadable",
      `${count} digits cannot be read as eight groups of six`,
      {
        next: ["write all eight groups with dashes between them, and ? for each digit that cannot be read"],
        data: { digits: count },
      },
    )
  }
  const years = candidateCount / perSecond / (365.25 * 86_400)
  const long = years < 1 ? `${Math.ceil(years * 365.25)} days` : `${Math.ceil(years)} years`
  return new UnsupportedError(
    "search-too-large",
    `too much of the recovery password is missing: ${candidateCount} candidates, which this machine would try in ${long}`,
    {
      next: [
        "find more of it: one whole group may be unknown, or some digits of several",
        "look for a second record of it: Active Directory, the Microsoft account, a print-out, a text file",
      ],
      data: { candidateCount, perSecond },
    },
  )
}
