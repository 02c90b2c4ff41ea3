/**
 * `keys find`: which keys does this drive ask for, and which of them lie in these places? What names the drive's own key IDs is
 * found by name; what names none is tried on the volume. Writes nothing.
 */
import { EXIT_DONE } from "../errors.ts"
import type { Finding } from "../findings.ts"
import { protectorLabel, type TryOutcome, unlockVolume } from "../unlock/index.ts"
import { createContext } from "./context.ts"
import { describeVolume } from "./describe-volume.ts"
import { openChosenVolume } from "./candidate-volumes.ts"
import { askForKeyPackage } from "./key-package-words.ts"
import { KIND_LABELS, labelledKeys, packagesOf } from "./keys-from-places.ts"
import { openInput } from "./open-input.ts"
import { type OpenVolume, isDecrypted, openVolume } from "./open-volume.ts"
import { type KeyCandidate, shortIdOf } from "../places/index.ts"
import type { SourceReport, VolumeReport } from "./reports.ts"
import type { InputChoice, JobContext, JobShell } from "./requests.ts"
import {
  type KeyPlaces,
  type PlacedKey,
  type SearchedPlaces,
  computerOf,
  contentOf,
  searchPlaces,
  wantedKeys,
} from "./search-places.ts"

export interface FindKeysRequest {
  readonly input: InputChoice
  readonly places: KeyPlaces
}

export interface WantedKeyReport {
  /** The key ID, and its first eight characters, which help desks and directories are asked for. */
  readonly id: string
  readonly shortId: string
  readonly kind: string
  readonly label: string
  readonly created?: string
  /** Keys in the places that name it. */
  readonly found: number
}

/**
 * `opens`: tried, and it does. `fits`: it names the drive's key protector or volume, and was not tried. `closed`: tried, and it
 * does not. `untried`: nothing tells whether it fits. `needs-more`: by itself it opens nothing.
 */
export type KeyVerdict = "opens" | "fits" | "closed" | "untried" | "needs-more"

export interface FoundKeyReport {
  readonly kind: PlacedKey["candidate"]["kind"]
  readonly label: string
  readonly place: string
  readonly origin: string
  readonly verdict: KeyVerdict
  readonly why: string
  /** What it says that it is for. */
  readonly keyId?: string
  readonly volumeId?: string
  readonly computer?: string
  readonly created?: string
}

export interface FindKeysReport {
  readonly source: SourceReport
  readonly volume: VolumeReport
  /** As the volume's description names it. */
  readonly computer?: string
  readonly wanted: readonly WantedKeyReport[]
  readonly places: readonly {
    readonly place: string
    readonly keyCount: number
    readonly otherCount: number
    readonly findings: readonly Finding[]
  }[]
  /** Those that are, or may be, for this drive; what opens it first. */
  readonly keys: readonly FoundKeyReport[]
  readonly opens: boolean
  /** A clear key lies on the disk, or nothing is encrypted. */
  readonly needsNoKey: boolean
  readonly next: readonly string[]
  readonly exitCode: number
}

/** The exit code of a `CredentialError`: that no key fits is the answer here, and no error. */
const LOCKED = 13

/** @throws SourceError, NotFveError; CredentialError, DirectoryError or UsageError when no place can be searched */
export async function findKeys(request: FindKeysRequest, shell: JobShell = {}): Promise<FindKeysReport> {
  const context = createContext(shell)
  context.emit({ type: "phase", phase: "locate" })
  const input = await openInput(request.input, context, { scan: true })
  try {
    const bare = await openChosenVolume(input, { input: request.input, credentials: [] }, context)
    const report = await describeVolume(bare, context.signal)
    context.emit({ type: "volume", volume: report })
    const searched = await searchPlaces(request.places, wantedKeys([bare]), context)
    const packages = packagesOf(searched.keys)
    const volume =
      packages.length === 0 ? bare : await openVolume(input, bare.place, bare.index, context.signal, packages)
    context.emit({ type: "phase", phase: "unlock" })
    const tried = await tryKeys(volume, searched, context)
    const keys = describeKeys(searched.keys, tried)
    const opens = tried.isOpen || keys.some(({ verdict }) => verdict === "fits")
    const computer = computerOf(report.description)
    return {
      source: input.report,
      volume: report,
      ...(computer && { computer }),
      wanted: describeWanted(volume, searched.keys),
      places: searched.places,
      keys,
      opens: tried.isOpen,
      needsNoKey: tried.needsNoKey,
      next: nextSteps(request, keys, report, tried),
      exitCode: opens ? EXIT_DONE : LOCKED,
    }
  } finally {
    await input.source.close()
  }
}

interface Tried {
  /** By the content of a key: what came of it. */
  readonly outcomes: ReadonlyMap<string, TryOutcome>
  readonly isOpen: boolean
  /** It opens without any key, or nothing of it is encrypted. */
  readonly needsNoKey: boolean
  /** Too little is left of it for any key to be tried on. */
  readonly isHopeless: boolean
}

async function tryKeys(
  { reconciled, metadata }: OpenVolume,
  { keys }: SearchedPlaces,
  context: JobContext,
): Promise<Tried> {
  const { material } = reconciled
  const isPlain = metadata !== undefined && isDecrypted(metadata)
  const isHopeless = material.fveks.length === 0 || material.protectors.length === 0
  if (isPlain || isHopeless) {
    return { outcomes: new Map(), isOpen: isPlain, needsNoKey: isPlain, isHopeless: !isPlain }
  }
  tellCost(keys, context)
  const labelled = labelledKeys(keys)
  const { tries, openedBy } = await unlockVolume(material, labelled, context.crypto, {
    signal: context.signal,
    onStretch: (done, total) =>
      context.emit({ type: "progress", phase: "unlock", done, total, unreadable: 0 }),
  })
  const outcomes = new Map<string, TryOutcome>()
  for (const { key, label } of labelled) {
    const ofKey = tries.filter(({ credential }) => credential === label).map(({ outcome }) => outcome)
    const [outcome] = ofKey.includes("opened") ? ["opened" as const] : ofKey
    if (outcome) outcomes.set(contentOf(key), outcome)
  }
  const needsNoKey = openedBy?.protector?.kind === "clear-key"
  return { outcomes, isOpen: openedBy !== undefined, needsNoKey, isHopeless: false }
}

/** More than these are worth a word before they are tried. */
const FEW = 8

function tellCost(keys: readonly PlacedKey[], { emit }: JobContext): void {
  const nameless = keys.filter(
    ({ standing, candidate }) => standing === "unnamed" && candidate.kind === "recovery-password",
  ).length
  if (nameless > FEW) {
    const text = `${nameless} recovery passwords name no key ID: each is tried, until one opens the volume`
    emit({ type: "notice", code: "keys-without-id", text })
  }
}

function describeWanted({ reconciled, metadata }: OpenVolume, keys: readonly PlacedKey[]): WantedKeyReport[] {
  const protectors = metadata?.protectors ?? reconciled.material.protectors
  return protectors.map(({ id, kind, created }) => ({
    id,
    shortId: shortIdOf(id),
    kind,
    label: protectorLabel(kind),
    ...(created && { created: created.toISOString() }),
    found: keys.filter(({ candidate }) => names(candidate, id)).length,
  }))
}

function names({ protectorId, shortId }: KeyCandidate, id: string): boolean {
  return protectorId === undefined ? shortId === shortIdOf(id) : protectorId === id
}

const RANKS: readonly KeyVerdict[] = ["opens", "fits", "needs-more", "untried", "closed"]

/** What names another drive and opened nothing is only counted. */
function describeKeys(keys: readonly PlacedKey[], tried: Tried): FoundKeyReport[] {
  const reports = keys.flatMap((key) => {
    const verdict = verdictOn(key, tried)
    return key.standing === "other" && verdict.verdict !== "opens"
      ? []
      : [{ ...describeKey(key), ...verdict }]
  })
  return reports.sort((a, b) => RANKS.indexOf(a.verdict) - RANKS.indexOf(b.verdict))
}

function describeKey(key: PlacedKey): Omit<FoundKeyReport, "verdict" | "why"> {
  const { candidate, place } = key
  const { kind, origin, protectorId, shortId, volumeId, computer, created } = candidate
  const keyId = protectorId ?? shortId
  return {
    kind,
    label: KIND_LABELS[kind],
    place,
    origin,
    ...(keyId && { keyId }),
    ...(volumeId && { volumeId }),
    ...(computer && { computer }),
    ...(created && { created: created.toISOString() }),
  }
}

function verdictOn(key: PlacedKey, tried: Tried): { verdict: KeyVerdict; why: string } {
  const { candidate, standing } = key
  const isNamed = standing === "named"
  if (candidate.kind === "auto-unlock-key") {
    const why = "opens the drive beside the volume of the Windows whose registry it is"
    return { verdict: "needs-more", why }
  }
  if (candidate.kind === "key-package") {
    return isNamed
      ? { verdict: "needs-more", why: "is for this drive: it replaces destroyed metadata, beside a key" }
      : { verdict: "untried", why: "names no drive: it may be for this one" }
  }
  const outcome = tried.outcomes.get(contentOf(key))
  if (outcome === "opened") return { verdict: "opens", why: "opens the drive" }
  if (outcome !== undefined && outcome !== "other-kind") {
    const why = isNamed ? "names a key ID of the drive, and does not open it" : "does not open the drive"
    return { verdict: "closed", why }
  }
  if (tried.isHopeless && !isNamed) {
    return {
      verdict: "untried",
      why: "nothing is left of the metadata to try it on, or to compare key IDs with",
    }
  }
  const untried = tried.isOpen ? "; not tried, as the drive is open already" : "; it cannot be tried"
  return isNamed
    ? { verdict: "fits", why: `names a key ID of the drive${untried}` }
    : { verdict: "untried", why: `names no key ID${untried}` }
}

function nextSteps(
  { input, places }: FindKeysRequest,
  keys: readonly FoundKeyReport[],
  volume: VolumeReport,
  { isOpen, needsNoKey, isHopeless }: Tried,
): string[] {
  const best = keys.find(({ verdict }) => verdict === "opens" || verdict === "fits")
  const repair = `repair-bde ${input.path} OUTPUT`
  if (needsNoKey) return [`${repair}   (no key is needed)`]
  if (best) {
    const packages = keys.filter(({ kind }) => kind === "key-package").map(({ place }) => place)
    const named = [...new Set([best.place, ...(isOpen ? [] : packages)])]
    return [`${repair} ${named.map((place) => `--keys ${place}`).join(" ")}`]
  }
  const registry = keys.find(({ kind }) => kind === "auto-unlock-key")
  if (registry) {
    const command = `repair-bde keys reveal WINDOWS --auto-unlock ${registry.place} --bek FOLDER`
    return [`${command}   (then -rk FOLDER opens this drive; WINDOWS is the drive that Windows is on)`]
  }
  if (isHopeless) return askForKeyPackage({ volumeId: volume.volumeId, protectors: [] })
  const wanted = volume.protectors.filter(({ kind }) => kind === "recovery-password")
  return [
    ...wanted.map(({ id }) => `ask for the recovery password with the key ID ${shortIdOf(id)}`),
    `look elsewhere too: a domain's directory (--in ldaps://…), Entra ID (--in entra:), the Microsoft account of its owner, print-outs, USB sticks`,
    ...(places.specs.length === 1 ? [`--in may be given several times`] : []),
  ]
}
