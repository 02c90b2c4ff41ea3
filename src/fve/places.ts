/** Positions that the format names: 0 means "none", and what is beyond 2^53 is no place on any disk. */
import { byteOffset } from "../bytes/byte-offset.ts"
import { type Extent, extent } from "../extents/extent.ts"

export function place(offset: bigint): number | undefined {
  return offset === 0n ? undefined : byteOffset(offset)
}

export function places(offsets: readonly bigint[]): number[] {
  return offsets.map(place).filter((offset) => offset !== undefined)
}

/** `undefined` when it is empty, or its end is no number. */
export function extentAt(offset: bigint, length: bigint | number): Extent | undefined {
  const start = place(offset)
  const size = byteOffset(BigInt(length))
  if (start === undefined || !size || !Number.isSafeInteger(start + size)) return undefined
  return extent(start, size)
}
