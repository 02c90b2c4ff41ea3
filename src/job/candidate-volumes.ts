/**
 * The volumes on which credentials are worth a try, the likeliest first, each with everything that may hold its keys: its
 * metadata copies, the key packages that were given, and stray datums. On a sound drive that is the one that was chosen. Where
 * boot sector or metadata are damaged, what lies in the usual places may be the remains of an earlier volume, so the whole
 * input is searched then; only a key that opens tells which volume is the one that is wanted.
 */
import type { VolumePlace } from "../locate/index.ts"
import { startOf } from "../locate/index.ts"
import { loadKeyPackages } from "./load-key-packages.ts"
import { describeKeyPackage } from "./key-package-words.ts"
import { scanForVolumes } from "./locate.ts"
import { type OpenInput, choosePlace } from "./open-input.ts"
import { type OpenVolume, openVolume } from "./open-volume.ts"
import type { CheckRequest, JobContext } from "./requests.ts"

/** @throws SourceError, UsageError, CredentialError for a file that is no key package */
export async function* candidateVolumes(
  input: OpenInput,
  request: CheckRequest,
  context: JobContext,
): AsyncGenerator<OpenVolume> {
  const { emit, signal } = context
  const packages = await loadKeyPackages(request.keyPackages ?? [])
  for (const one of packages) emit({ type: "finding", finding: describeKeyPackage(one) })
  const tried = new Set<string>()
  const isChosen = request.input.volume !== undefined || request.input.offset !== undefined
  if (isChosen || !input.isScanned) {
    const { place: chosen, index } = choosePlace(input.places, request.input.volume)
    const place = lacksEowTraces(chosen) ? await searchedAgain(chosen, input, context) : chosen
    const volume = await openVolume(input, place, index, signal, packages)
    tried.add(keyOf(chosen)).add(keyOf(place))
    yield volume
    if (isChosen || isSound(volume)) return
  }
  const untried = function* (places: readonly VolumePlace[]): Generator<[number, VolumePlace]> {
    for (const [i, place] of places.entries()) {
      if (!tried.has(keyOf(place))) yield [i + 1, place]
      tried.add(keyOf(place))
    }
  }
  for (const [index, place] of untried(input.places)) yield openVolume(input, place, index, signal, packages)
  const { places } = await scanForVolumes(input.spec, input.source, { toTheEnd: true }, context)
  for (const [index, place] of untried(places)) yield openVolume(input, place, index, signal, packages)
}

/** The likeliest one. @throws as `candidateVolumes` */
export async function openChosenVolume(
  input: OpenInput,
  request: CheckRequest,
  context: JobContext,
): Promise<OpenVolume> {
  const { value } = await candidateVolumes(input, request, context).next()
  return value as OpenVolume
}

/** Nothing about it is damaged: when no credential opens it, the credential is wrong. */
function isSound({ place, reconciled }: OpenVolume): boolean {
  return place.boot !== undefined && reconciled.proof === "crc"
}

/** Without its boot sector nobody knows where the bitmaps are that say how each of its chunks is stored. */
function lacksEowTraces({ boot, traces }: VolumePlace): boolean {
  return boot === undefined && traces.eow.length === 0 && traces.copies.some(({ trace }) => trace.usesEow)
}

async function searchedAgain(
  place: VolumePlace,
  input: OpenInput,
  context: JobContext,
): Promise<VolumePlace> {
  const { places } = await scanForVolumes(input.spec, input.source, { toTheEnd: true }, context)
  return (
    places.find((other) => startOf(other) === startOf(place) && other.standing === place.standing) ?? place
  )
}

/** The same volume found twice: by its start and by what is there. */
function keyOf(place: VolumePlace): string {
  const copies = place.traces.copies.map(({ trace }) => `${trace.at}:${trace.crc}`)
  return `${startOf(place)} ${copies.join(" ")}`
}
