/**
 * Keys out of places, for the volumes at hand: what names one of their key protectors comes first, then what names none, and at
 * last a few of those that name others, since a name may be what was damaged, or stand beside the wrong key.
 */
import { toHex } from "../bytes/hex.ts"
import { AppError } from "../errors.ts"
import type { Finding } from "../findings.ts"
import { type KeyPackage, matchKeyPackages } from "../fve/index.ts"
import {
  type KeyCandidate,
  openPlace,
  type PlaceContext,
  type PlaceSettings,
  shortIdOf,
  type WantedKeys,
} from "../places/index.ts"
import type { OpenVolume } from "./open-volume.ts"
import { rememberCredential } from "./remember-secrets.ts"
import type { JobContext } from "./requests.ts"

export interface KeyPlaces {
  /** Files, folders, and services by their scheme: `ldaps://…`, `entra:…`. */
  readonly specs: readonly string[]
  readonly settings?: PlaceSettings
}

/** `named`: it names what the drive asks for. `unnamed`: it names nothing that tells. `other`: it names another drive. */
export type Standing = "named" | "unnamed" | "other"

export interface PlacedKey {
  readonly candidate: KeyCandidate
  readonly standing: Standing
  /** The place, as it was typed. */
  readonly place: string
}

export interface SearchedPlace {
  readonly place: string
  /** Keys in it, of whatever drive; and those that name another one. */
  readonly keyCount: number
  readonly otherCount: number
  readonly findings: readonly Finding[]
}

export interface SearchedPlaces {
  /** In the order in which they are worth a try. */
  readonly keys: readonly PlacedKey[]
  readonly places: readonly SearchedPlace[]
}

/** A stretch takes about half a second, so that a thousand take minutes. */
const MOST_UNNAMED = 1000
const MOST_NAMED = 1000
const MOST_OTHERS = 16
/** Of one place; as many again of those that name a key ID of the drive. */
const MOST_FINDINGS = 100

/** @throws AppError of the first place, when no place could be searched */
export async function searchPlaces(
  { specs, settings }: KeyPlaces,
  wanted: WantedKeys,
  context: JobContext,
): Promise<SearchedPlaces> {
  const pools = { named: new Pool(MOST_NAMED), unnamed: new Pool(MOST_UNNAMED), other: new Pool(MOST_OTHERS) }
  const places: SearchedPlace[] = []
  let failure: AppError | undefined
  let failed = 0
  for (const spec of specs) {
    const tally = { keyCount: 0, otherCount: 0, findings: new Findings(wanted) }
    try {
      const place = await openPlace(spec, settings)
      for await (const item of place.search(wanted, placeContext(context))) {
        if (item.type === "finding") {
          tally.findings.add(item.finding)
          continue
        }
        const standing = standingOf(item.candidate, wanted)
        tally.keyCount++
        if (standing === "other") tally.otherCount++
        remember(item.candidate, context)
        const isClose = standing !== "other" || isOfSameDrive(item.candidate, wanted)
        pools[standing].add({ candidate: item.candidate, standing, place: spec }, isClose)
      }
    } catch (error) {
      context.signal.throwIfAborted()
      if (!(error instanceof AppError)) throw error
      failure ??= error
      failed++
      tally.findings.add(placeFailed(spec, error))
    }
    places.push({ place: spec, ...tally, findings: tally.findings.all() })
  }
  if (failure && failed === specs.length) throw failure
  const keys = [...pools.named.keys(), ...pools.unnamed.keys(), ...pools.other.keys()]
  const { leftOut } = pools.unnamed
  if (leftOut > 0) {
    const text = `${leftOut} more keys name no key ID, and are left out: name a place that holds fewer`
    context.emit({ type: "notice", code: "keys-left-out", text })
  }
  return { keys, places }
}

/** As much as can be asked for: of several volumes, of all of them. */
export function wantedKeys(volumes: readonly OpenVolume[]): WantedKeys {
  const protectors = volumes.flatMap(({ reconciled }) => reconciled.material.protectors)
  const protectorIds = unique(
    protectors.filter(({ kind }) => MAY_LIE_ELSEWHERE.has(kind)).map(({ id }) => id),
  )
  const volumeIds = volumes.flatMap(({ metadata, place }) =>
    metadata ? [metadata.facts.volumeId] : place.traces.copies.map(({ trace }) => trace.volumeId),
  )
  const computers = volumes.flatMap(({ metadata }) => computerOf(metadata?.facts.description) ?? [])
  return {
    volumeIds: unique(volumeIds),
    protectorIds,
    shortIds: unique(protectorIds.map(shortIdOf)),
    computers: unique(computers),
  }
}

const MAY_LIE_ELSEWHERE: ReadonlySet<string> = new Set(["recovery-password", "startup-key", "unknown"])

/** Windows describes a volume as "COMPUTER VOLUMELABEL DATE". */
export function computerOf(description: string | undefined): string | undefined {
  return description?.split(" ")[0] || undefined
}

const unique = (names: readonly string[]): string[] => [...new Set(names)]

function placeContext({ signal, emit, askSecret, remember }: JobContext): PlaceContext {
  const notice = (code: string, text: string): void => emit({ type: "notice", code, text })
  return { signal, notice, ...(askSecret && { askSecret }), ...(remember && { remember }) }
}

function remember(candidate: KeyCandidate, context: JobContext): void {
  if ("credential" in candidate) rememberCredential(candidate.credential, context)
}

function standingOf(candidate: KeyCandidate, wanted: WantedKeys): Standing {
  const { volumeIds, protectorIds, shortIds } = wanted
  const { protectorId, shortId, volumeId } = candidate
  if (protectorId !== undefined && protectorIds.includes(protectorId)) return "named"
  if (candidate.kind === "key-package") return standingOfPackage(withVolume(candidate), wanted)
  if (protectorId === undefined && shortId !== undefined && shortIds.includes(shortId)) return "named"
  // Of a drive that shows no key ID any more, its own identifier is what is left.
  const isNameless = protectorIds.length === 0 || (protectorId === undefined && shortId === undefined)
  if (!isNameless) return "other"
  if (volumeId === undefined || volumeIds.length === 0) return "unnamed"
  return volumeIds.includes(volumeId) ? "named" : "other"
}

function standingOfPackage(keyPackage: KeyPackage, { volumeIds, protectorIds }: WantedKeys): Standing {
  const volumes = volumeIds.length > 0 ? volumeIds : [undefined]
  const matched = volumes.map((volumeId) => matchKeyPackages([keyPackage], { volumeId, protectorIds }))
  if (matched.some(({ fitting }) => fitting.length > 0)) return "named"
  return matched.some(({ undecided }) => undecided.length > 0) ? "unnamed" : "other"
}

function withVolume({ keyPackage, volumeId }: KeyCandidate & { kind: "key-package" }): KeyPackage {
  return volumeId === undefined || keyPackage.volumeId !== undefined
    ? keyPackage
    : { ...keyPackage, volumeId }
}

/** Its key protector is another: one that was removed, or whose ID is not what it was. */
function isOfSameDrive({ volumeId, computer }: KeyCandidate, { volumeIds, computers }: WantedKeys): boolean {
  const isSameComputer = computers.some((name) => name.toLowerCase() === computer?.toLowerCase())
  return isSameComputer || (volumeId !== undefined && volumeIds.includes(volumeId))
}

/** So many at most, those that are close before the others. The same key in several places is several. */
class Pool {
  readonly #most: number
  #close: PlacedKey[] = []
  #far: PlacedKey[] = []
  leftOut = 0

  constructor(most: number) {
    this.#most = most
  }

  add(key: PlacedKey, isClose: boolean): void {
    const list = isClose ? this.#close : this.#far
    if (list.length < this.#most) list.push(key)
    else this.leftOut++
  }

  keys(): PlacedKey[] {
    return [...this.#close, ...this.#far].slice(0, this.#most)
  }
}

/** Those that name a key ID of the drive come first, however many there are of others. */
class Findings {
  readonly #ids: ReadonlySet<string>
  readonly #urgent: Finding[] = []
  readonly #others: Finding[] = []
  #leftOut = 0

  constructor({ protectorIds }: WantedKeys) {
    this.#ids = new Set(protectorIds)
  }

  add(finding: Finding): void {
    const id = finding.evidence?.protectorId
    const isUrgent = typeof id === "string" && this.#ids.has(id)
    const list = isUrgent ? this.#urgent : this.#others
    if (list.length >= MOST_FINDINGS) this.#leftOut++
    else list.push(isUrgent ? { ...finding, severity: "damage" } : finding)
  }

  all(): Finding[] {
    if (this.#leftOut === 0) return [...this.#urgent, ...this.#others]
    const text = `${this.#leftOut} more findings about other keys are not shown`
    const rest: Finding = { code: "findings-counted", severity: "notice", text }
    return [...this.#urgent, ...this.#others, rest]
  }
}

function placeFailed(place: string, { code, message, next }: AppError): Finding {
  return {
    code: "place-failed",
    severity: "notice",
    text: `${message}: the other places are searched all the same`,
    evidence: { place, code, next: [...next] },
  }
}

/** What tells a key from another one; equal for the same key in two places. */
export function contentOf({ candidate }: PlacedKey): string {
  switch (candidate.kind) {
    case "recovery-password":
      return `recovery-password ${toHex(candidate.credential.key16.reveal())}`
    case "startup-key":
      return `startup-key ${candidate.credential.keyId} ${toHex(candidate.credential.key.reveal())}`
    case "key-package":
      return `key-package ${candidate.keyPackage.datums.map(({ body }) => toHex(body)).join(" ")}`
    case "auto-unlock-key":
      return `auto-unlock-key ${toHex(candidate.wrapped.ciphertext)}`
  }
}
