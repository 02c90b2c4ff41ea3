/**
 * Update sequences (fixups): the last two bytes of each 512-byte stride of a record are stored elsewhere and replaced by
 * one number that changes with every write, so that a torn write shows. The stride is 512 on disks of 4096-byte sectors too.
 */
import { viewOf } from "../../bytes/struct.ts"
import { RecordHead } from "./layout.ts"

const STRIDE = 512

/** The record as it was before it was written; `undefined` when its update sequence does not fit. */
export function undoFixups(record: Uint8Array): Uint8Array | undefined {
  if (record.length < STRIDE || record.length % STRIDE !== 0) return undefined
  const { fixupOffset, fixupCount } = RecordHead.parse(record)
  const strides = record.length / STRIDE
  const endsBeforeFirstMark = fixupOffset + 2 * fixupCount <= STRIDE - 2
  if (fixupCount !== strides + 1 || fixupOffset < RecordHead.size || !endsBeforeFirstMark) return undefined
  const restored = record.slice()
  const view = viewOf(restored)
  const mark = view.getUint16(fixupOffset, true)
  for (let i = 1; i <= strides; i++) {
    const at = i * STRIDE - 2
    if (view.getUint16(at, true) !== mark) return undefined
    view.setUint16(at, view.getUint16(fixupOffset + 2 * i, true), true)
  }
  return restored
}
