/** Trial decisions on sectors whose storage is known. */
import { randomFillSync } from "node:crypto"
import { describe, expect, it } from "vitest"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { extent } from "../../src/extents/extent.ts"
import { memorySource } from "../../src/source/index.ts"
import { decideByTrial } from "../../src/volume/trial.ts"

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i)
const text = (sector: number): Uint8Array =>
  new TextEncoder().encode(`line ${sector} of a letter. `.repeat(40)).subarray(0, 512)

/** Sectors given as letters: t text, r random (compressed) data, 0 zeros; upper case is stored encrypted. */
function volumeOf(letters: string): Uint8Array {
  const cipher = nodeCrypto.createSectorCipher(EncryptionMethod.xtsAes128, KEY, 512)
  const image = new Uint8Array(letters.length * 512)
  for (const [i, letter] of [...letters].entries()) {
    const sector = image.subarray(i * 512, (i + 1) * 512)
    if (letter.toLowerCase() === "t") sector.set(text(i))
    if (letter.toLowerCase() === "r") randomFillSync(sector)
    if (letter !== letter.toLowerCase()) cipher.encrypt(sector, i * 512)
  }
  return image
}

/** The verdicts as letters: p plain, e encrypted. */
async function verdicts(letters: string): Promise<string> {
  const source = memorySource(volumeOf(letters))
  const cipher = nodeCrypto.createSectorCipher(EncryptionMethod.xtsAes128, KEY, 512)
  const { storedPlain } = await decideByTrial(source, extent(0, source.size), cipher)
  const isPlain = (i: number): boolean =>
    storedPlain.some((e) => i * 512 >= e.start && i * 512 < e.start + e.length)
  return [...letters].map((_, i) => (isPlain(i) ? "p" : "e")).join("")
}

describe("decideByTrial", () => {
  it.each([
    ["tttTTTttt", "pppeeeppp"],
    // Compressed sectors go with the ones before them, the first ones with the ones after.
    ["rrtrrTRRR", "pppppeeee"],
    ["RRTrtRR", "eeeeppp"],
    // Ciphertext is never zero; a zero sector is no evidence for its neighbours.
    ["T00RT", "eppee"],
    ["0000", "pppp"],
    ["RRRR", "eeee"],
  ])("%s is stored as %s", async (letters, expected) => {
    expect(await verdicts(letters)).toBe(expected)
  })

  it("says when not one sector showed what it is", async () => {
    const source = memorySource(volumeOf("RRRR"))
    const cipher = nodeCrypto.createSectorCipher(EncryptionMethod.xtsAes128, KEY, 512)
    expect(await decideByTrial(source, extent(0, source.size), cipher)).toMatchObject({
      blind: true,
      decidedSectors: 0,
      inheritedSectors: 4,
    })
  })
})
