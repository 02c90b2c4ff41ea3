import { describe, expect, it } from "vitest"
import { type Extent, extent } from "../../src/extents/extent.ts"
import { type Proof, proveVolume } from "../../src/proof/index.ts"
import { memorySource } from "../../src/source/index.ts"
import { FIXTURE_NAMES, type FixtureName, fixtureFacts, loadFixture } from "../fixtures/fixtures.ts"
import { countingSource } from "../suites/counting-source.ts"
import { faultySource } from "../suites/faulty-source.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const MIB = 1024 * 1024
const prove = (bytes: Uint8Array, decrypted?: readonly Extent[]): Promise<Proof> =>
  proveVolume(memorySource(bytes), decrypted ? { decrypted } : {})

/** The volume with noise in place of some extents, as decryption makes of bytes that were never encrypted. */
function withNoise(name: FixtureName, ...extents: readonly Extent[]): Uint8Array {
  const image = loadFixture(name)
  for (const { start, length } of extents) image.set(randomBytes(length, start + 1), start)
  return image
}

describe("proven", () => {
  it.each(FIXTURE_NAMES)("%s, with one sentence", async (name) => {
    const { type, serial } = fixtureFacts(name)
    const shown = { ntfs: "an NTFS", exfat: "an exFAT" }[type as string] ?? `a ${type.toUpperCase()}`
    const proof = await prove(loadFixture(name))
    expect(proof.verdict).toBe("proven")
    expect(proof.sentence).toBe(
      `the plaintext is ${shown} volume of ${proof.fileSystem!.sizeBytes} bytes, serial ${serial}`,
    )
    expect(proof.findings.every(({ severity }) => severity === "good")).toBe(true)
  })

  it("an NTFS volume by $MFTMirr alone, when $MFT is damaged", async () => {
    const proof = await prove(withNoise("ntfs-512", extent(0x4000, 0x1000)))
    expect(proof.verdict).toBe("proven")
    expect(proof.findings.map(({ code }) => code)).toEqual([
      "mft-record-wrong",
      "mft-mirror-record-right",
      "backup-boot-sector-right",
    ])
    expect(proof.findings[0]!.text).toBe("$MFT record: 4 times, the first at 0x4000, not what belongs there")
  })

  it("a volume whose boot sector is lost, by its backup", async () => {
    const proof = await prove(withNoise("ntfs-4096", extent(0, 4096)))
    expect(proof).toMatchObject({ verdict: "proven", fileSystem: { serial: "7654-3210" } })
    expect(proof.findings[0]!.code).toBe("boot-sector-wrong")
  })

  it("an image that ends early, and says how much is missing", async () => {
    const proof = await prove(loadFixture("ntfs-512").subarray(0, MIB))
    expect(proof.verdict).toBe("proven")
    expect(proof.findings.at(-1)).toMatchObject({
      code: "file-system-truncated",
      extent: { start: MIB, length: 7 * MIB - 512 },
    })
  })
})

describe("named", () => {
  it("a boot sector with noise where its records should be, as of a volume whose data was wiped", async () => {
    const image = randomBytes(8 * MIB)
    image.set(loadFixture("ntfs-512").subarray(0, 0x2000))
    const proof = await prove(image)
    expect(proof.verdict).toBe("named")
    expect(proof.sentence).toBe(
      "the plaintext begins as an NTFS volume of 8388096 bytes, serial 89AB-CDEF, but none of its next structures could be confirmed",
    )
  })

  it("a boot sector with zeros, with bad sectors, or with nothing behind it", async () => {
    const zeros = loadFixture("ntfs-512").fill(0, 0x2000)
    expect((await prove(zeros)).verdict).toBe("named")
    const image = loadFixture("ntfs-512")
    const unreadable = faultySource(image, [extent(0x2000, image.length - 0x2000)])
    expect((await proveVolume(unreadable)).verdict).toBe("named")
    expect((await prove(image.subarray(0, 512))).verdict).toBe("named")
  })

  it("ReFS", async () => {
    const image = randomBytes(MIB)
    image.fill(0, 0, 512)
    const head =
      "00000052654653000000000000000000465352530002" +
      "33c200009e00000000000002000080000000" +
      "01010000000000000000000000000000041c55c45655c434"
    image.set(Buffer.from(head, "hex"))
    const proof = await prove(image)
    expect(proof.verdict).toBe("named")
    expect(proof.sentence).toBe("the plaintext is a ReFS volume of 5301600256 bytes, serial C455-1C04")
  })

  it("a LUKS container, though all behind its header is random", async () => {
    const image = randomBytes(MIB)
    image.set(Buffer.from("LUKS\xba\xbe\0\x02", "latin1"))
    expect(await prove(image)).toMatchObject({
      verdict: "named",
      sentence: "the plaintext is a LUKS2 container",
    })
  })

  it("NTFS that lost both boot sectors in the middle of archives", async () => {
    const image = randomBytes(8 * MIB)
    image.set(loadFixture("ntfs-512").subarray(0x4000, 0x5000), 0x4000)
    const proof = await prove(image)
    expect(proof.verdict).toBe("named")
    expect(proof.sentence).toContain("a FILE record stands at 0x4000")
  })

  it("data of no file system that is not random", async () => {
    const image = randomBytes(4 * MIB)
    image.fill(0x41, MIB, 2 * MIB)
    const proof = await prove(image)
    expect(proof.verdict).toBe("named")
    expect(proof.sentence).toMatch(
      /^the plaintext has no file system that we know, but is not noise: 32 of 128/,
    )
  })

  it("structures that were never encrypted name the volume, but do not prove the key", async () => {
    const proof = await prove(loadFixture("ntfs-512"), [extent(4 * MIB, MIB)])
    expect(proof.verdict).toBe("named")
    expect(proof.sentence).toBe("the plaintext is an NTFS volume of 8388096 bytes, serial 89AB-CDEF")
  })
})

describe("empty", () => {
  it("zeros", async () => {
    expect(await prove(new Uint8Array(MIB))).toMatchObject({
      verdict: "empty",
      sentence: "the plaintext is empty: nothing is written in 128 samples",
    })
  })

  it("nothing that could be read", async () => {
    const size = MIB
    const dead = faultySource(new Uint8Array(size), [extent(0, size)])
    expect((await proveVolume(dead)).verdict).toBe("empty")
    expect((await prove(new Uint8Array(0))).verdict).toBe("empty")
  })
})

describe("noise", () => {
  it("is what every sample looks like with a wrong key", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const proof = await prove(randomBytes(4 * MIB, seed))
      expect(proof.verdict).toBe("noise")
      expect(proof.sentence).toBe(
        "the plaintext looks like noise: 128 of 128 samples look random, and none has structure",
      )
    }
  })

  it("with zeros between, where metadata reads as zeros", async () => {
    const image = randomBytes(4 * MIB)
    image.fill(0, MIB + 512, 2 * MIB + 1536)
    expect((await prove(image)).verdict).toBe("noise")
  })

  it("with the repeated blocks that AES-CBC makes of sectors that were never written", async () => {
    const image = randomBytes(MIB)
    const block = randomBytes(16, 99)
    for (let at = 4096; at < image.length; at += 512) {
      for (let i = at + 16; i < at + 512; i += 16) image.set(block, i)
    }
    expect((await prove(image)).verdict).toBe("noise")
    // But not where anything is written: 0xff all over is what erased flash looks like.
    expect((await prove(image.fill(0xff, 0x8000, 0x9000))).verdict).toBe("named")
  })

  it("in an image that ends within a sector", async () => {
    expect((await prove(randomBytes(MIB + 100))).verdict).toBe("noise")
    expect((await prove(randomBytes(MIB + 600))).verdict).toBe("noise")
  })

  it("between plain areas, however small", async () => {
    const image = new Uint8Array(MIB).fill(0x41)
    const decrypted = [0x1000, 0x8000, 0x20200].map((start) => extent(start, 1536))
    for (const { start, length } of decrypted) image.set(randomBytes(length, start), start)
    expect((await prove(image, decrypted)).verdict).toBe("noise")
  })

  it("in what was decrypted, whatever the rest of the volume holds", async () => {
    const image = loadFixture("fat32")
    const decrypted = extent(0, 8 * MIB)
    image.set(randomBytes(decrypted.length), decrypted.start)
    image.fill(0x41, 16 * MIB)
    expect((await prove(image, [decrypted])).verdict).toBe("noise")
  })

  it("behind a boot sector that was never encrypted, as that of Vista", async () => {
    const decrypted = [extent(0x2000, 8 * MIB - 0x2000)]
    const image = withNoise("ntfs-512", ...decrypted)
    const proof = await prove(image, decrypted)
    expect(proof.verdict).toBe("noise")
    expect(proof.sentence).toBe(
      "the boot sector is that of an NTFS volume of 8388096 bytes, serial 89AB-CDEF, but what was decrypted looks like noise",
    )
  })
})

it("reads at most 1 MiB", async () => {
  const source = countingSource(memorySource(randomBytes(64 * MIB)))
  await proveVolume(source)
  expect(source.bytesRead()).toBeLessThan(MIB)
})
