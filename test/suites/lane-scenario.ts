/**
 * Volumes for the lanes: any plan over any bytes, and what must come out of it, told by a naive twin that goes sector by
 * sector with the reference cipher and knows nothing of reads, pieces or joins.
 */
import * as fc from "fast-check"
import { EncryptionMethod, methodFacts } from "../../src/crypto/method.ts"
import { referenceCrypto } from "../../src/crypto/reference.ts"
import { type Extent, contains, endOf, extent, extentBetween } from "../../src/extents/extent.ts"
import {
  type Run,
  type Substitution,
  type VolumePlan,
  isStoredEncrypted,
  storedAt,
} from "../../src/volume/volume-plan.ts"

export interface Scenario {
  /** The volume as it is stored. */
  readonly stored: Uint8Array
  readonly plan: VolumePlan
  readonly key: { readonly method: EncryptionMethod; readonly fvek: Uint8Array }
  /** What to write of it. */
  readonly extent: Extent
  readonly keepZeros: boolean
}

export interface Expected {
  readonly output: Uint8Array
  /** In positions of the output. */
  readonly lost: readonly number[]
  readonly zeroSectorBytes: number
}

/** @param isUnreadable of a byte of the stored volume */
export function naiveOutput(
  scenario: Scenario,
  isUnreadable: (at: number) => boolean = () => false,
): Expected {
  const { plan, stored, key, keepZeros, extent: wanted } = scenario
  const cipher = referenceCrypto.createSectorCipher(key.method, key.fvek, plan.sectorSize)
  const volume = new Uint8Array(plan.size)
  const lost: number[] = []
  let zeroSectorBytes = 0
  for (let at = 0; at < plan.size; at += plan.sectorSize) {
    const run = plan.runs.find((run) => contains(run.extent, at))!
    const length = Math.min(plan.sectorSize, plan.size - at)
    const bytes = Array.from({ length }, (_, i) => at + i)
    const storedStart = storedAt(run)
    if (storedStart === undefined) {
      if (run.kind === "unreadable") lost.push(...bytes)
      continue
    }
    const from = storedStart + at - run.extent.start
    const holes = bytes.filter((byte) => isUnreadable(byte - at + from))
    const sector = stored.slice(from, from + length)
    if (!isStoredEncrypted(run)) {
      volume.set(sector, at)
      for (const hole of holes) volume[hole] = 0
      lost.push(...holes)
    } else if (holes.length > 0 || length < plan.sectorSize) {
      lost.push(...bytes)
    } else {
      const isZero = sector.every((byte) => byte === 0)
      if (isZero) zeroSectorBytes += bytes.filter((byte) => contains(wanted, byte)).length
      if (!isZero || !keepZeros) cipher.decrypt(sector, from)
      volume.set(sector, at)
    }
  }
  for (const { at, bytes } of plan.substitutions) volume.set(bytes, at)
  return {
    output: volume.slice(wanted.start, endOf(wanted)),
    lost: lost.filter((at) => contains(wanted, at)).map((at) => at - wanted.start),
    zeroSectorBytes,
  }
}

export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    sectorSize: fc.constantFrom(512, 4096),
    method: fc.constantFrom(...Object.values(EncryptionMethod)),
    sectorCount: fc.integer({ min: 1, max: 40 }),
    isCut: fc.boolean(),
    keepZeros: fc.boolean(),
  })
  .chain(({ sectorSize, method, sectorCount, isCut, keepZeros }) => {
    const size = sectorCount * sectorSize - (isCut ? 100 : 0)
    return fc.record({
      stored: storedBytes(size, sectorSize),
      plan: fc.record({
        size: fc.constant(size),
        sectorSize: fc.constant(sectorSize),
        method: fc.constant(method),
        runs: runsOver(size, sectorSize),
        substitutions: substitutionsIn(size),
      }),
      key: keyOf(method),
      extent: extentIn(size),
      keepZeros: fc.constant(keepZeros),
    })
  })
  .map((scenario) => {
    // A counterexample is told without its bytes.
    const { plan, extent, keepZeros } = scenario
    const told = JSON.stringify({ plan, extent, keepZeros })
    return Object.assign(scenario, { [fc.toStringMethod]: () => told })
  })

function keyOf(method: EncryptionMethod) {
  const length = methodFacts(method).fvekLength
  return fc.record({
    method: fc.constant(method),
    fvek: fc.uint8Array({ minLength: length, maxLength: length }),
  })
}

/** Noise, with some sectors of zeros and some that are zeros but for their last byte. */
function storedBytes(size: number, sectorSize: number): fc.Arbitrary<Uint8Array> {
  const kinds = fc.array(fc.constantFrom("noise", "noise", "zeros", "almost zeros"), {
    minLength: Math.ceil(size / sectorSize),
    maxLength: Math.ceil(size / sectorSize),
  })
  return fc.tuple(kinds, fc.integer()).map(([kinds, seed]) => {
    const bytes = new Uint8Array(size)
    let state = seed | 1
    kinds.forEach((kind, sector) => {
      const part = bytes.subarray(sector * sectorSize, (sector + 1) * sectorSize)
      if (kind === "almost zeros") part[part.length - 1] = 1
      if (kind !== "noise") return
      for (let i = 0; i < part.length; i++) {
        state = Math.imul(state, 0x915f77f5) + 0x6d2b79f5
        part[i] = state >>> 24
      }
    })
    return bytes
  })
}

function runsOver(size: number, sectorSize: number): fc.Arbitrary<Run[]> {
  const sectors = Math.ceil(size / sectorSize)
  return fc
    .array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 6 }), fc.nat()), {
      minLength: sectors,
      maxLength: sectors,
    })
    .map((cuts) => {
      const runs: Run[] = []
      let at = 0
      for (const [count, kind, target] of cuts) {
        if (at === size) break
        const place = extentBetween(at, Math.min(size, at + count * sectorSize))
        const targets = Math.floor(size / sectorSize) - Math.ceil(place.length / sectorSize) + 1
        runs.push(runOf(targets > 0 ? kind : 0, place, (target % targets) * sectorSize))
        at = endOf(place)
      }
      return runs
    })
}

function runOf(kind: number, place: Extent, from: number): Run {
  if (kind < 2) return { kind: "encrypted", extent: place }
  if (kind === 2) return { kind: "plain", extent: place }
  if (kind === 3) return { kind: "zeroed", extent: place }
  if (kind === 4) return { kind: "unreadable", extent: place }
  return { kind: "relocated", extent: place, from, stored: kind === 5 ? "plain" : "encrypted" }
}

function substitutionsIn(size: number): fc.Arbitrary<Substitution[]> {
  const one = fc
    .tuple(extentIn(size), fc.uint8Array({ minLength: 9, maxLength: 9 }))
    .map(([place, bytes]) => ({ at: place.start, bytes: bytes.subarray(0, Math.min(place.length, 9)) }))
  return fc.array(one, { maxLength: 2 })
}

function extentIn(size: number): fc.Arbitrary<Extent> {
  return fc
    .tuple(fc.integer({ min: 0, max: size - 1 }), fc.integer({ min: 1, max: size }))
    .map(([start, length]) => extent(start, Math.min(length, size - start)))
}
