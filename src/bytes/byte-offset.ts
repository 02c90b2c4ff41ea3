/** From the 64-bit fields of a disk to the numbers that the rest of the program computes with. */

/**
 * The field as a position or length in bytes, `undefined` when it lies beyond `limit`: a damaged field is an answer for
 * the caller to judge. Every `u64` of a structure becomes a number here and nowhere else.
 */
export function byteOffset(value: bigint, limit: number = Number.MAX_SAFE_INTEGER): number | undefined {
  return value <= BigInt(limit) ? Number(value) : undefined
}
