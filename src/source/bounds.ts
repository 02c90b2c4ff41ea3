/** Reading outside of a source is a mistake of ours, not damage: it ends with a RangeError and no AppError. */
import { hex } from "../extents/extent.ts"

/** @throws RangeError unless `[at, at + length)` lies in `[0, size)`. */
export function assertInside(size: number, at: number, length: number): void {
  if (Number.isSafeInteger(at) && at >= 0 && at + length <= size) return
  throw new RangeError(`no ${length} bytes at ${hex(at)} in a source of ${size}`)
}
