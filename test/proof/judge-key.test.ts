/**
 * Real file systems in real ciphers: with the right key nothing may be condemned, whatever was destroyed or however random
 * the files are; with a wrong one everything has to be. Counted over many seeds (SLOW=1: ten times as many).
 */
import { describe, expect, it } from "vitest"
import { EncryptionMethod, methodFacts } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { type Extent, endOf, extent, subtractExtents } from "../../src/extents/extent.ts"
import { recogniseFileSystem, structureExtents, surveySkeleton } from "../../src/filesystem/index.ts"
import { judgeKey } from "../../src/proof/index.ts"
import { type ByteSource, memorySource } from "../../src/source/index.ts"
import { FIXTURE_NAMES, type FixtureName, loadFixture } from "../fixtures/fixtures.ts"
import { seededRandom } from "../forge/random.ts"
import { countingSource } from "../suites/counting-source.ts"
import { faultySource } from "../suites/faulty-source.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const MIB = 2 ** 20
const SEEDS = process.env.SLOW ? 200 : 20
const METHODS = Object.values(EncryptionMethod)

/** Everything but the skeleton and its folders is random: archives, videos, containers. */
async function fullOfArchives(name: FixtureName, seed: number): Promise<Uint8Array> {
  const image = loadFixture(name)
  const source = memorySource(image)
  const skeleton = await surveySkeleton(source, (await recogniseFileSystem(source))!)
  const kept = (await skeleton!.judge()).structures.filter(({ region }) => region !== "file-heads")
  const free = subtractExtents(extent(0, image.length), [
    extent(0, 8192),
    extent(image.length - 4096, 4096),
    ...(await structureExtents(source)),
    ...kept,
  ])
  for (const e of free) image.set(randomBytes(e.length, seed + e.start), e.start)
  return image
}

/** All sectors that boot sectors and their backups may lie in. */
function withoutBootSectors(image: Uint8Array): Uint8Array {
  image.fill(0, 0, 13 * 512)
  return image.fill(0, image.length - 4096)
}

const INJURIES: Readonly<Record<string, (name: FixtureName, seed: number) => Promise<Uint8Array>>> = {
  "as it was made": async (name) => loadFixture(name),
  "full of archives": fullOfArchives,
  "without boot sector": async (name) => loadFixture(name).fill(0, 0, 512),
  "with noise in place of its boot sector": async (name, seed) => {
    const image = loadFixture(name)
    image.set(randomBytes(512, seed))
    return image
  },
  "without any boot sector": async (name) => withoutBootSectors(loadFixture(name)),
  "full of archives and without any boot sector": async (name, seed) =>
    withoutBootSectors(await fullOfArchives(name, seed)),
}

describe("the right key", () => {
  it.each(Object.keys(INJURIES))("is never condemned: a volume %s", async (injury) => {
    let condemned = 0
    for (const name of FIXTURE_NAMES) {
      for (let seed = 1; seed <= (injury.includes("archives") ? SEEDS / 4 : 1); seed++) {
        const { verdict } = await judgeKey(memorySource(await INJURIES[injury]!(name, seed)))
        if (verdict === "noise") condemned++
      }
    }
    expect(condemned).toBe(0)
  })

  it("is not condemned by an empty volume, ReFS, or nothing that can be read", async () => {
    const size = 64 * MIB
    expect((await judgeKey(memorySource(new Uint8Array(size)))).verdict).toBe("empty")
    const refs = randomBytes(size)
    refs.fill(0, 0, 512)
    const head =
      "00000052654653000000000000000000465352530002" +
      "33c200009e00000000000002000080000000" +
      "01010000000000000000000000000000041c55c45655c434"
    refs.set(Buffer.from(head, "hex"))
    expect((await judgeKey(memorySource(refs))).verdict).toBe("named")
    const dead = faultySource(new Uint8Array(MIB), [extent(0, MIB)])
    expect((await judgeKey(dead)).verdict).toBe("empty")
  })

  it("is not condemned by a volume of which next to nothing is encrypted yet", async () => {
    const image = new Uint8Array(8 * MIB).fill(0x41)
    image.set(randomBytes(65536), 4 * MIB)
    const { verdict } = await judgeKey(memorySource(image), { decrypted: [extent(4 * MIB, 65536)] })
    expect(verdict).not.toBe("noise")
  })

  it("is proven by structures in what was decrypted behind a plain boot sector", async () => {
    const image = loadFixture("ntfs-512")
    const decrypted = [extent(0x8000, image.length - 0x8000)]
    expect((await judgeKey(memorySource(image), { decrypted })).verdict).toBe("proven")
  })
})

describe("a wrong key", () => {
  /** What a cipher makes, with one key, of sectors that were encrypted with another. */
  function decryptedWrongly(image: Uint8Array, parts: readonly Extent[], seed: number): Uint8Array {
    const random = seededRandom(seed)
    const method = METHODS[seed % METHODS.length]!
    const [right, wrong] = [0, 1].map(() =>
      nodeCrypto.createSectorCipher(method, random.bytes(methodFacts(method).fvekLength), 512),
    )
    for (const e of parts) {
      const bytes = image.subarray(e.start, endOf(e))
      right!.encrypt(bytes, e.start)
      wrong!.decrypt(bytes, e.start)
    }
    return image
  }

  it("is condemned over every file system and cipher", async () => {
    let missed = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const name = FIXTURE_NAMES[seed % FIXTURE_NAMES.length]!
      const image = loadFixture(name)
      const source = memorySource(decryptedWrongly(image, [extent(0, image.length)], seed))
      if ((await judgeKey(source)).verdict !== "noise") missed++
    }
    expect(missed).toBe(0)
  })

  it("is condemned behind the plain boot sector of Windows Vista", async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const image = loadFixture("ntfs-512")
      const decrypted = [extent(0x2000, image.length - 0x2000)]
      const proof = await judgeKey(memorySource(decryptedWrongly(image, decrypted, seed)), { decrypted })
      expect(proof.verdict).toBe("noise")
      expect(proof.sentence).toMatch(/\d+ structures in what was decrypted, and none of them is there/)
    }
  })

  it("is condemned in the converted chunks of a volume whose first records are still plain", async () => {
    const image = loadFixture("ntfs-512")
    const decrypted = [extent(0x8000, 0x100000), extent(0x200000, 0x180000)]
    const proof = await judgeKey(memorySource(decryptedWrongly(image, decrypted, 3)), { decrypted })
    expect(proof.verdict).toBe("noise")
  })

  it("is condemned within 64 MiB read, however large the volume", async () => {
    const source = countingSource(noiseSource(2 ** 40))
    expect((await judgeKey(source)).verdict).toBe("noise")
    expect(source.bytesRead()).toBeLessThan(52 * MIB)
  })

  /** Noise without end, the same at the same place. */
  function noiseSource(size: number): ByteSource {
    const noise = randomBytes(4 * MIB, 7)
    return {
      ...memorySource(new Uint8Array(0)),
      size,
      async read(at, into) {
        into.set(noise.subarray(at % 65536, (at % 65536) + into.length))
        return []
      },
    }
  }
})

it("reads a few KiB where the first structures hold", async () => {
  for (const name of FIXTURE_NAMES) {
    const source = countingSource(memorySource(loadFixture(name)))
    await judgeKey(source)
    expect(source.bytesRead()).toBeLessThan(128 * 1024)
  }
})
