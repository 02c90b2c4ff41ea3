/**
 * Parsers fed with real volumes whose structures were changed: whatever they answer, they answer, and its figures make
 * sense. Bytes are changed where the recognisers look, so that every branch is met.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type FileSystem, nameContents, recogniseFileSystem } from "../../src/filesystem/index.ts"
import { proveVolume } from "../../src/proof/index.ts"
import { memorySource } from "../../src/source/index.ts"
import { loadFixture } from "../fixtures/fixtures.ts"
import { countingSource } from "../suites/counting-source.ts"

/** SLOW=1 looks longer. */
const RUNS = process.env.SLOW ? 5000 : 200

/** The places that matter: sectors that the recognisers read of each volume. */
const PLACES = {
  "ntfs-512": [0, 0x4000, 0x4c00, 0x3ff000, 8 * 1024 * 1024 - 512],
  fat12: [0, 0x200, 0xe00],
  fat32: [0, 0x200, 0xc00, 0x4000, 0xa1800],
  exfat: [0, 0x1600, 0x1800, 0x100000, 0x203000],
} as const

const interesting = fc.constantFrom(0, 1, 0x7f, 0x80, 0xf6, 0xff)
const changes = fc.array(
  fc.record({
    place: fc.nat(4),
    // Half of the changes hit the fields at the start of the structures.
    offset: fc.oneof(fc.nat(0x78), fc.nat(1023)),
    byte: fc.oneof(interesting, fc.nat(255)),
  }),
  { minLength: 1, maxLength: 12 },
)

function isSane({ sizeBytes, sectorSize, clusterSize, checks }: FileSystem): boolean {
  const figures = [sizeBytes, sectorSize, clusterSize, ...checks.flatMap(({ at, length }) => [at, length])]
  return figures.every((figure) => Number.isSafeInteger(figure) && figure >= 0) && sizeBytes > 0
}

describe.each(Object.keys(PLACES) as (keyof typeof PLACES)[])("%s with changed bytes", (name) => {
  const pristine = loadFixture(name)

  it("is recognised with figures that make sense, or not at all, in few reads", async () => {
    await fc.assert(
      fc.asyncProperty(changes, fc.option(fc.nat(pristine.length), { freq: 4 }), async (list, end) => {
        // Changes are undone afterwards: copies of whole volumes would be most of the work.
        const undo = list.map(({ place, offset, byte }) => {
          const at = (PLACES[name][place % PLACES[name].length]! + offset) % pristine.length
          const before = pristine[at]!
          pristine[at] = byte
          return () => (pristine[at] = before)
        })
        try {
          const source = countingSource(memorySource(pristine.subarray(0, end ?? pristine.length)))
          const found = await recogniseFileSystem(source)
          expect(found === undefined || isSane(found)).toBe(true)
          expect(source.bytesRead()).toBeLessThan(512 * 1024)
          expect(await nameContents(source)).not.toBe("")
          expect((await proveVolume(source)).sentence).not.toBe("")
        } finally {
          for (const step of undo.toReversed()) step()
        }
      }),
      { numRuns: RUNS },
    )
  })
})

describe("arbitrary bytes", () => {
  it("never crash a recogniser", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        await recogniseFileSystem(memorySource(bytes))
        expect(await nameContents(memorySource(bytes))).not.toBe("")
      }),
      { numRuns: RUNS },
    )
  })
})
