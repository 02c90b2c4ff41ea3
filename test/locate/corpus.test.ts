/** Volumes of real Windows are found by their metadata alone: with the first sector wiped, no table, at a place of their own. */
import { describe, expect, it } from "vitest"
import { endOf, extent, intersect } from "../../src/extents/extent.ts"
import { bootOf, startOf } from "../../src/locate/index.ts"
import { recogniseBootSector } from "../../src/fve/index.ts"
import { type ByteSource, openSource } from "../../src/source/index.ts"
import { corpus, hasCorpus, readCorpus, unpackCorpus } from "../suites/corpus.ts"
import { MIB, search } from "./scene.ts"

/** Larger ones only take longer. */
const LARGEST = 512 * MIB

describe.skipIf(!hasCorpus)("volumes of Windows without their first sector", () => {
  it.each(corpus.filter(({ size }) => size < LARGEST))("$name", async ({ name }) => {
    const boot = recogniseBootSector(await readCorpus(name, 0, 512))!
    const volume = await openSource({ kind: "file", path: await unpackCorpus(name) })
    const start = 5 * MIB
    const { places, state } = await search(behind(start, volume))
    await volume.close()
    expect(places.map(startOf)).toEqual([start])
    expect(places[0]!.standing).toBe("current")
    // Of `vista` the image holds one copy, which may be any of the three; the likeliest is right.
    const doubts = places[0]!.traces.copies.length > 1 ? places[0]!.otherStarts : []
    expect(doubts).toEqual([])
    expect(places[0]!.metadataOffsets.slice(0, boot.metadataOffsets.length)).toEqual(boot.metadataOffsets)
    expect(bootOf(places[0]!).layout === "vista").toBe(boot.layout === "vista")
    // Every datum lies in a copy that was found, so none is a stray.
    expect(state.traces.filter(({ kind }) => kind === "datum")).toEqual([])
  })
})

/** The volume that far into a disk of zeros, its own first sector zeros too. */
function behind(start: number, volume: ByteSource): ByteSource {
  const kept = extent(start + 512, volume.size - 512)
  return {
    size: endOf(kept),
    sectorSize: 512,
    async read(at, into, signal) {
      into.fill(0)
      const part = intersect(kept, extent(at, into.length))
      if (part.length > 0) {
        await volume.read(part.start - start, into.subarray(part.start - at, endOf(part) - at), signal)
      }
      return []
    },
    close: async () => {},
  }
}
