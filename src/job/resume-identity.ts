/**
 * What a run writes is decided by a few facts, and they stand in the comments of its map: only a run with the same ones may
 * go on with an output, since it alone writes the same bytes. Readable lines, `name: value`, so that a person who finds a
 * map knows what it is of.
 */
import { toHex } from "../bytes/hex.ts"
import type { Crypto } from "../crypto/crypto.ts"
import type { Secret } from "../crypto/secret.ts"
import type { Extent } from "../extents/extent.ts"
import { type VolumePlan, planDigest } from "../volume/index.ts"

const CREATOR = "Mapfile. Created by repair-bde"
const OF_OUTPUT = "Positions are those of the output, which is the plaintext of a BitLocker volume."
const OF_INPUT = "Positions are those of the input, from which the plaintext of a BitLocker volume is read."

const ZERO_SECTORS = "bytes in sectors of raw zeros: "

/** The fill of a run that leaves zeros where it cannot read. */
export const NO_FILL = "zeros"

/** Each fact, and what a map is of that has another one. */
const FACTS = {
  volume: "another volume",
  size: "an output of another size",
  start: "another part of the volume",
  plan: "another reading of the volume's metadata",
  key: "another key",
  fill: "another fill pattern",
  zeros: "a run with another choice of --keep-zeros",
} as const
type Fact = keyof typeof FACTS
const FACT_NAMES = Object.keys(FACTS) as readonly Fact[]

export type RunIdentity = Readonly<Record<Fact, string>>

export interface IdentityFacts {
  readonly volumeId?: string | undefined
  readonly plan: VolumePlan
  /** The part of the volume that is written. */
  readonly extent: Extent
  readonly fvek?: Secret | undefined
  /** Repeated where nothing can be read; zeros when absent. */
  readonly fill?: Uint8Array | undefined
  readonly keepZeros: boolean
}

export function identityOf(
  { volumeId, plan, extent, fvek, fill, keepZeros }: IdentityFacts,
  crypto: Crypto,
): RunIdentity {
  return {
    volume: volumeId ?? "unknown",
    size: `${extent.length}`,
    start: `${extent.start}`,
    plan: planDigest(plan, crypto),
    key: fvek ? fingerprint(fvek, crypto) : "none",
    fill: fill && fill.some((byte) => byte !== 0) ? toHex(fill) : NO_FILL,
    zeros: keepZeros ? "kept" : "decrypted",
  }
}

export function serializeIdentity(identity: RunIdentity): string[] {
  return [CREATOR, OF_OUTPUT, ...FACT_NAMES.map((name) => `${name}: ${identity[name]}`)]
}

/** Nothing goes on from a map in positions of the input: it is for other programs. */
export function sourceMapComments({ volume }: RunIdentity): string[] {
  return [CREATOR, OF_INPUT, `volume: ${volume}`]
}

/**
 * What a run has counted on the way and the next one goes on counting: no fact, since it decides nothing. A line of its own,
 * which maps of runs that met none do without.
 */
export function zeroSectorComments(bytes: number): string[] {
  return bytes > 0 ? [`${ZERO_SECTORS}${bytes}`] : []
}

export function zeroSectorBytesIn(comments: readonly string[]): number {
  const line = comments.find((comment) => comment.startsWith(ZERO_SECTORS)) ?? ""
  return /^\d{1,15}$/.test(line.slice(ZERO_SECTORS.length)) ? Number(line.slice(ZERO_SECTORS.length)) : 0
}

/** What the map is of instead, in words, the weightiest first; none when it is of this run. */
export function differences(identity: RunIdentity, comments: readonly string[]): string[] {
  if (!isOurs(comments)) return ["another program"]
  return FACT_NAMES.filter((name) => !comments.includes(`${name}: ${identity[name]}`)).map(
    (name) => FACTS[name],
  )
}

/** Whether a run of this program wrote the map, whatever it was of. */
export function isOurs(comments: readonly string[]): boolean {
  return comments[0] === CREATOR
}

/**
 * Two wrong keys write different noise. Eight bytes of a hash tell them apart, and help nobody who looks for the key: the
 * volume itself tells as much of it.
 */
function fingerprint(fvek: Secret, crypto: Crypto): string {
  const purpose = new TextEncoder().encode("repair-bde map, key: ")
  return toHex(crypto.sha256(purpose, fvek.reveal()).subarray(0, 8))
}
