/** The combinations of a patchwork, one after the other, and the oracles that know the right one. */
import { crc32 } from "../bytes/crc32.ts"
import { type Extent, extent } from "../extents/extent.ts"
import type { Patchwork } from "./patchwork.ts"

/** For each piece the index of its variant. */
export type Choice = readonly number[]

/** Every combination, each once, from the base on. The same array is filled anew. */
function* choices({ pieces }: Patchwork): Generator<number[]> {
  const choice = pieces.map(() => 0)
  for (;;) {
    yield choice
    let i = 0
    while (i < choice.length && ++choice[i]! === pieces[i]!.variants.length) choice[i++] = 0
    if (i === choice.length) return
  }
}

/** All of them, as bytes. */
export function* combinations(patchwork: Patchwork): Generator<Uint8Array> {
  for (const choice of choices(patchwork)) yield sew(patchwork, choice)
}

export function sew({ base, pieces }: Patchwork, choice: Choice): Uint8Array {
  const bytes = base.slice()
  for (const [i, { start, variants }] of pieces.entries()) bytes.set(variants[choice[i]!]!.bytes, start)
  return bytes
}

/**
 * The combination with one of these CRC-32. What a variant changes in a CRC does not depend on the rest, so each is weighed
 * once, and a combination costs some exclusive ors.
 */
export function findByCrc(patchwork: Patchwork, crcs: ReadonlySet<number>): Choice | undefined {
  const { base, pieces } = patchwork
  const ofBase = crc32(base)
  const weights = pieces.map(({ start, variants }) =>
    variants.map(({ bytes }) => {
      const changed = base.slice()
      changed.set(bytes, start)
      return crc32(changed) ^ ofBase
    }),
  )
  for (const choice of choices(patchwork)) {
    let crc = ofBase
    for (let i = 0; i < choice.length; i++) crc ^= weights[i]![choice[i]!]!
    if (crcs.has(crc >>> 0)) return [...choice]
  }
  return undefined
}

/** Bytes that are hashed at most: a second's work. */
const MOST_HASHED = 1 << 28

/** The first combination that the oracle accepts, as far as the bound reaches. */
export function findByOracle(
  patchwork: Patchwork,
  isRight: (bytes: Uint8Array) => boolean,
): Choice | undefined {
  let left = MOST_HASHED
  for (const choice of choices(patchwork)) {
    if ((left -= patchwork.base.length) < 0) return undefined
    if (isRight(sew(patchwork, choice))) return [...choice]
  }
  return undefined
}

export interface Part {
  /** In the metadata area. */
  readonly extent: Extent
  /** Who says so: "copy 2". */
  readonly from: readonly string[]
}

/** Where each piece of a combination came from. */
export function partsOf({ pieces }: Patchwork, choice: Choice): Part[] {
  return pieces.map(({ start, variants }, i) => {
    const { bytes, from } = variants[choice[i]!]!
    return { extent: extent(start, bytes.length), from }
  })
}
