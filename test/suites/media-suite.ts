/** Sources in memory that fail as told: bad, slow to come back, dying, and counted. */
import { type Extent, extent, intersect } from "../../src/extents/extent.ts"
import type { ByteSource } from "../../src/source/byte-source.ts"
import { SourceError } from "../../src/errors.ts"

export interface Medium extends ByteSource {
  /** Every request, in order. */
  readonly requests: readonly Extent[]
}

export interface MediumRecipe {
  readonly bytes: Uint8Array
  readonly bad?: readonly Extent[]
  /** From that request on every read fails. */
  readonly diesAfter?: number
  /** From that request on the source says that it is gone. */
  readonly goneAfter?: number
}

/** As the system answers direct reads: one bad sector fails the whole request. `read` narrows it down, `readOnce` does not. */
export function medium({
  bytes,
  bad = [],
  diesAfter = Infinity,
  goneAfter = Infinity,
}: MediumRecipe): Medium {
  const requests: Extent[] = []
  const request = (at: number, into: Uint8Array): boolean => {
    const count = requests.push(extent(at, into.length))
    if (count > goneAfter)
      throw new SourceError("source-gone", "the source is gone", { next: ["plug it in"] })
    const isGood = count <= diesAfter && !bad.some((e) => intersect(e, extent(at, into.length)).length > 0)
    if (isGood) into.set(bytes.subarray(at, at + into.length))
    else into.fill(0)
    return isGood
  }
  const exact = (at: number, into: Uint8Array): Extent[] => {
    if (request(at, into)) return []
    if (into.length <= 512) return [extent(at, into.length)]
    const half = Math.ceil(into.length / 1024) * 512
    return [...exact(at, into.subarray(0, half)), ...exact(at + half, into.subarray(half))]
  }
  return {
    size: bytes.length,
    sectorSize: 512,
    requests,
    read: async (at, into) => exact(at, into),
    readOnce: async (at, into) => (request(at, into) ? [] : [extent(at, into.length)]),
    close: async () => {},
  }
}
