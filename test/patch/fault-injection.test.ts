/**
 * Fault injection: a repair that dies at any write, in any way, is taken back bit for bit with the undo file that it had saved;
 * and so is an undo that dies itself.
 */
import { describe, expect, it } from "vitest"
import { equalBytes } from "../../src/bytes/compare.ts"
import { concatBytes } from "../../src/bytes/concat.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import type { Patch } from "../../src/fve/index.ts"
import { parseUndoFile, serializeUndoFile, takeBack, writePatch } from "../../src/patch/index.ts"
import { seededRandom } from "../forge/random.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { type VolumeName, forgeNamed } from "../peers/volumes.ts"
import { bootSectorRandom, copiesDestroyed, together } from "./damage.ts"
import { type Death, Died, faultyMedium, someSectors, tornAt } from "./faulty-medium.ts"
import { patched, planFor } from "./planned.ts"

const SCENES: readonly VolumeName[] = [
  "windows8-xts-128",
  "4096-byte-sectors-xts-128",
  "to-go-exfat-xts-128",
  "vista-diffuser-128",
]

interface Damaged {
  readonly image: Uint8Array
  /** As read back from its undo file. */
  readonly patch: Patch
  readonly repaired: Uint8Array
}

/** A copy, two single sectors of another one, and the boot sector: writes of many sectors and of few. */
async function damage(name: VolumeName): Promise<Damaged> {
  const volume = await forgeNamed(name)
  const image = together(copiesDestroyed(1), twoSectorsLost, bootSectorRandom)(volume)
  const near = condensed(image, (await planFor(volume, image)).patch)
  const undo = serializeUndoFile(
    { patch: near.patch, input: "drive.img", created: new Date(0) },
    nodeCrypto.sha256,
  )
  const parsed = parseUndoFile(undo, nodeCrypto.sha256)
  if (typeof parsed !== "object") throw new Error(parsed)
  return { ...near, patch: parsed.patch, repaired: patched(near.image, near) }
}

/** The drive without what lies far from the patch: a run costs a copy of it. */
function condensed(image: Uint8Array, { identity, edits }: Patch): { image: Uint8Array; patch: Patch } {
  const parts: Uint8Array[] = []
  let size = 0
  const moved = edits.map((edit) => {
    const start = Math.max(0, edit.at - SECTOR)
    const part = image.slice(start, edit.at + edit.after.length + SECTOR)
    const at = size + edit.at - start
    parts.push(part)
    size += part.length
    return { ...edit, at }
  })
  return { image: concatBytes(parts), patch: { identity: { ...identity, sourceSize: size }, edits: moved } }
}

function twoSectorsLost({ image, metadataOffsets }: ForgedVolume): Uint8Array {
  const copy = image.slice()
  for (const at of [0, 0x400]) copy.set(seededRandom(at + 1).bytes(SECTOR), metadataOffsets[1]! + at)
  return copy
}

const SECTOR = 512

/** Every way to die in a write of this length. */
function deaths(length: number, seed: number): readonly (readonly [string, Death])[] {
  const random = seededRandom(seed)
  const cuts = [1, SECTOR / 2, SECTOR - 1, SECTOR, SECTOR + 7, length - SECTOR, length - 1].filter(
    (cut) => cut > 0 && cut < length,
  )
  const subsets = Array.from(
    { length: 4 },
    () => new Set(Array.from({ length: 128 }, (_, i) => i).filter(() => random.integer(2))),
  )
  return [
    ["before it", (before) => before],
    ["after it", (_, after) => after],
    ...[...new Set(cuts)].map((cut) => [`torn at ${cut}`, tornAt(cut)] as const),
    ...subsets.map((subset, i) => [`some sectors ${i}`, someSectors(SECTOR, (n) => subset.has(n))] as const),
  ]
}

describe("a repair that dies", () => {
  const figures = { repairs: 0, undos: 0 }

  it.each(SCENES)("is taken back bit for bit: %s", async (name) => {
    const { image, patch, repaired } = await damage(name)
    const whole = faultyMedium(image.slice())
    await writePatch(patch, whole)
    expect(equalBytes(whole.bytes, repaired)).toBe(true)
    expect(whole.writes.length).toBeGreaterThanOrEqual(4)

    for (const [k, { length }] of whole.writes.entries()) {
      for (const [how, death] of deaths(length, k + 1)) {
        const medium = faultyMedium(image.slice(), { dieAtWrite: k + 1, death })
        await expect(writePatch(patch, medium)).rejects.toThrow(Died)
        const left = medium.bytes.slice()
        await takeBack(patch, faultyMedium(medium.bytes))
        expect(equalBytes(medium.bytes, image), `write ${k + 1}, ${how}`).toBe(true)
        figures.repairs++
        figures.undos += await killEveryUndo(patch, left, image)
      }
    }
  })

  it("was tried often enough", () => {
    console.log(
      `fault injection: ${figures.repairs} repairs and ${figures.undos} undos died, all were taken back`,
    )
    expect(figures.repairs).toBeGreaterThan(100)
    expect(figures.undos).toBeGreaterThan(figures.repairs)
  })
})

/** From what a dead repair left: an undo that dies at each of its writes, before, in and after it, and then another one. */
async function killEveryUndo(patch: Patch, left: Uint8Array, image: Uint8Array): Promise<number> {
  const { writes } = await run(patch, left)
  for (const [j, { length }] of writes.entries()) {
    for (const death of [tornAt(0), tornAt(length >> 1), tornAt(length)]) {
      const medium = faultyMedium(left.slice(), { dieAtWrite: j + 1, death })
      await expect(takeBack(patch, medium)).rejects.toThrow(Died)
      await takeBack(patch, faultyMedium(medium.bytes))
      expect(equalBytes(medium.bytes, image)).toBe(true)
    }
  }
  return 3 * writes.length
}

async function run(patch: Patch, left: Uint8Array): Promise<ReturnType<typeof faultyMedium>> {
  const medium = faultyMedium(left.slice())
  await takeBack(patch, medium)
  return medium
}
