/** What places hold for an input, as credentials and key packages that a job goes on with. */
import type { Credential } from "../credential/index.ts"
import type { LoadedKeyPackage } from "./load-key-packages.ts"
import { type OpenInput, choosePlace } from "./open-input.ts"
import { openVolume } from "./open-volume.ts"
import type { CheckRequest, CredentialInput, JobContext } from "./requests.ts"
import {
  type KeyPlaces,
  type PlacedKey,
  type SearchedPlace,
  contentOf,
  searchPlaces,
  wantedKeys,
} from "./search-places.ts"

export interface KeysFromPlaces {
  readonly credentials: readonly CredentialInput[]
  readonly keyPackages: readonly LoadedKeyPackage[]
}

/** A disk has fewer; what looks like volumes may be many where remains lie. */
const MOST_VOLUMES = 16

export async function keysFromPlaces(
  places: KeyPlaces,
  input: OpenInput,
  { input: choice }: CheckRequest,
  context: JobContext,
): Promise<KeysFromPlaces> {
  const chosen = choice.volume === undefined ? input.places : [choosePlace(input.places, choice.volume).place]
  const volumes = await Promise.all(
    chosen.slice(0, MOST_VOLUMES).map((place, i) => openVolume(input, place, i + 1, context.signal)),
  )
  const searched = await searchPlaces(places, wantedKeys(volumes), context)
  for (const place of searched.places) tell(place, searched.keys, context)
  const credentials = labelledKeys(searched.keys).map(({ credential, label }) => ({
    kind: "found" as const,
    credential,
    origin: label,
  }))
  return { credentials, keyPackages: packagesOf(searched.keys) }
}

function tell({ place, keyCount, findings }: SearchedPlace, keys: readonly PlacedKey[], context: JobContext) {
  const named = keys.filter((key) => key.place === place && key.standing === "named").length
  const text = `${place}: ${inWords(keyCount, "key")}; ${named} ${named === 1 ? "names" : "name"} this drive`
  context.emit({ type: "notice", code: "place-searched", text })
  for (const finding of findings) {
    // About the very key that the drive asks for: nobody may miss it, whatever else a command tells.
    if (finding.severity === "damage")
      context.emit({ type: "notice", code: finding.code, text: finding.text })
    else context.emit({ type: "finding", finding })
  }
}

function inWords(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`
}

export interface LabelledKey {
  readonly key: PlacedKey
  readonly credential: Credential
  readonly label: string
}

/** What can be tried, each once, in their order; the label is where it was found first. */
export function labelledKeys(keys: readonly PlacedKey[]): LabelledKey[] {
  const labels = new Set<string>()
  return once(keys).flatMap((key) => {
    const credential = credentialOf(key)
    return credential ? [{ key, credential, label: distinct(labelOf(key), labels) }] : []
  })
}

function credentialOf({ candidate }: PlacedKey): Credential | undefined {
  return candidate.kind === "recovery-password" || candidate.kind === "startup-key"
    ? candidate.credential
    : undefined
}

export const KIND_LABELS = {
  "recovery-password": "recovery password",
  "startup-key": "startup key",
  "key-package": "key package",
  "auto-unlock-key": "key of an automatic unlock",
} as const

/** "recovery password (keys.csv, line 3)" */
function labelOf({ candidate }: PlacedKey): string {
  return `${KIND_LABELS[candidate.kind]} (${candidate.origin})`
}

/** The table of tries has a row for each label. */
function distinct(label: string, labels: Set<string>): string {
  let own = label
  for (let i = 2; labels.has(own); i++) own = `${label}, number ${i}`
  labels.add(own)
  return own
}

function once(keys: readonly PlacedKey[]): PlacedKey[] {
  const byContent = new Map<string, PlacedKey>()
  for (const key of keys) {
    const content = contentOf(key)
    if (!byContent.has(content)) byContent.set(content, key)
  }
  return [...byContent.values()]
}

/** Of other volumes none: their keys would only be mixed up with those of this one. */
export function packagesOf(keys: readonly PlacedKey[]): LoadedKeyPackage[] {
  return once(keys).flatMap(({ candidate, standing }) => {
    if (candidate.kind !== "key-package" || standing === "other") return []
    const { keyPackage, backup, origin, volumeId } = candidate
    return [{ ...keyPackage, ...(volumeId && { volumeId }), path: origin, ...(backup && { backup }) }]
  })
}
