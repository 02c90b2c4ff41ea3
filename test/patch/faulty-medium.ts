/** A medium in memory that dies at a chosen write, before it, after it, or anywhere in the middle of it. */
import { type Extent, extent, intersect } from "../../src/extents/extent.ts"
import type { PatchMedium } from "../../src/patch/index.ts"

/** What is on the medium after the last write, which was to put `after` over `before`. */
export type Death = (before: Uint8Array, after: Uint8Array) => Uint8Array

export interface FaultyMedium extends PatchMedium {
  readonly bytes: Uint8Array
  /** Where was written, in order. */
  readonly writes: readonly Extent[]
  /** In order: `write`, `sync`, `read`. */
  readonly calls: readonly string[]
}

export class Died extends Error {}

export interface Faults {
  /** From 1: the write that is the last one. */
  readonly dieAtWrite?: number
  readonly death?: Death
  /** Sectors that the medium cannot read until they are written. */
  readonly unreadable?: readonly Extent[]
  /** Takes every write, and keeps none. */
  readonly forgets?: boolean
}

export function faultyMedium(bytes: Uint8Array, faults: Faults = {}): FaultyMedium {
  const { dieAtWrite, death = (before) => before, forgets = false } = faults
  let unreadable = faults.unreadable ?? []
  const writes: Extent[] = []
  const calls: string[] = []
  return {
    bytes,
    writes,
    calls,
    async read(at, into) {
      calls.push("read")
      into.set(bytes.subarray(at, at + into.length))
      return unreadable.map((e) => intersect(e, extent(at, into.length))).filter(({ length }) => length > 0)
    },
    async write(at, after) {
      calls.push("write")
      const place = extent(at, after.length)
      writes.push(place)
      const before = bytes.slice(at, at + after.length)
      if (writes.length === dieAtWrite) {
        bytes.set(death(before, after), at)
        throw new Died()
      }
      if (!forgets) bytes.set(after, at)
      unreadable = unreadable.filter((e) => intersect(e, place).length === 0)
    },
    async sync() {
      calls.push("sync")
    },
  }
}

/** The first bytes of the write are there, the others not. */
export function tornAt(length: number): Death {
  return (before, after) => {
    const torn = before.slice()
    torn.set(after.subarray(0, length))
    return torn
  }
}

/** Whole sectors in any order: a drive writes them as it likes. */
export function someSectors(sectorSize: number, isWritten: (sector: number) => boolean): Death {
  return (before, after) => {
    const mixed = before.slice()
    for (let at = 0; at < after.length; at += sectorSize) {
      if (isWritten(at / sectorSize)) mixed.set(after.subarray(at, at + sectorSize), at)
    }
    return mixed
  }
}
