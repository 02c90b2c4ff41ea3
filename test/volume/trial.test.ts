/** Trial decisions on sectors whose storage is known. */
import { describe, expect, it } from "vitest"
import { EncryptionMethod, methodFacts } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { contains, extent } from "../../src/extents/extent.ts"
import { memorySource } from "../../src/source/index.ts"
import type { Settled, TrialRules } from "../../src/volume/settle.ts"
import {
  decideByTrial,
  rulesForBorder,
  rulesForUniform,
  rulesForUnknown,
  trialFindings,
} from "../../src/volume/trial.ts"
import { faultySource } from "../suites/faulty-source.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const SECTOR = 512
const { xtsAes128, aes128Cbc, aes256CbcDiffuser } = EncryptionMethod

function cipherFor(method: EncryptionMethod, sectorSize = SECTOR) {
  return nodeCrypto.createSectorCipher(method, randomBytes(methodFacts(method).fvekLength, 5), sectorSize)
}

/** Sectors given as letters: t text, r random (compressed) data, z nearly all zeros, 0 zeros; upper case is encrypted. */
function volumeOf(letters: string, method: EncryptionMethod, sectorSize = SECTOR): Uint8Array {
  const cipher = cipherFor(method, sectorSize)
  const image = new Uint8Array(letters.length * sectorSize)
  for (const [i, letter] of letters.split("").entries()) {
    const sector = image.subarray(i * sectorSize, (i + 1) * sectorSize)
    const kind = letter.toLowerCase()
    if (kind === "t")
      sector.set(new TextEncoder().encode(`line ${i} of a letter. `.repeat(300)).subarray(0, sectorSize))
    if (kind === "r") sector.set(randomBytes(sectorSize, i + 1))
    if (kind === "z") sector[sectorSize - 1] = 1
    if (letter !== kind) cipher.encrypt(sector, i * sectorSize)
  }
  return image
}

async function tryOut(
  letters: string,
  rules: TrialRules = rulesForBorder({ step: SECTOR }),
  method: EncryptionMethod = xtsAes128,
): Promise<Settled> {
  const source = memorySource(volumeOf(letters, method))
  return decideByTrial(source, [extent(0, source.size)], cipherFor(method), rules)
}

/** The verdicts as letters: p plain, e encrypted; upper case where they are a guess. */
function verdicts({ storedPlain, undecidable }: Settled, count: number): string {
  return Array.from({ length: count }, (_, i) => {
    const isPlain = storedPlain.some((e) => contains(e, i * SECTOR))
    const isGuess = undecidable.some((e) => contains(e, i * SECTOR))
    const letter = isPlain ? "p" : "e"
    return isGuess ? letter.toUpperCase() : letter
  }).join("")
}

describe("decideByTrial", () => {
  it.each([
    ["tttTTT", "pppeee"],
    ["TTTttt", "eeeppp"],
    // Between encrypted sectors, compressed ones are encrypted; plaintext there is free space.
    ["TRRTtRT", "eeeepee"],
    // Among plain ones, and on the way to them, nothing is certain: they may be files between free clusters.
    ["TTRttrt", "eeEPPPP"],
    // Ciphertext is never zero; zeros say nothing of their neighbours.
    ["T00RT", "eppee"],
    ["0000", "pppp"],
    ["RRRR", "EEEE"],
    ["RRRT", "eeee"],
  ])("of a conversion with one border, %s is stored as %s", async (letters, expected) => {
    expect(verdicts(await tryOut(letters), letters.length)).toBe(expected)
  })

  it("takes plain sectors as proof for their neighbours where free space was converted too", async () => {
    const rules = rulesForBorder({ step: SECTOR, isFull: true })
    expect(verdicts(await tryOut("TTRttrt", rules), 7)).toBe("eeEpppp")
  })

  it("knows the border where chunks leave one place for it", async () => {
    const rules = rulesForBorder({ step: 4 * SECTOR, isFull: true })
    expect(verdicts(await tryOut("TTRRrrtr", rules), 8)).toBe("eeeepppp")
    expect(verdicts(await tryOut("TRRRrrrrrrtr", rules), 12)).toBe("eeeeEEEEpppp")
  })

  it("uses what is known of either side", async () => {
    const rules = rulesForBorder({ step: SECTOR, before: "encrypted", after: "plain" })
    expect(verdicts(await tryOut("RRTrr", rules), 5)).toBe("eeeEE")
    expect(verdicts(await tryOut("rrtrr", rules), 5)).toBe("EEPPP")
    expect(verdicts(await tryOut("RRRR", rulesForBorder({ step: SECTOR, before: "encrypted" })), 4)).toBe(
      "eeee",
    )
  })

  it("lets one encrypted sector speak for a place that is stored in one way", async () => {
    expect(verdicts(await tryOut("trTRt", rulesForUniform(SECTOR)), 5)).toBe("peeep")
    expect(verdicts(await tryOut("rrtr0", rulesForUniform(SECTOR)), 5)).toBe("ppppp")
  })

  it("where nothing is known, believes in plain zones of a chunk at least", async () => {
    const rules = rulesForUnknown(SECTOR, 4 * SECTOR)
    expect(verdicts(await tryOut("TRtRtRT", rules), 7)).toBe("eEPPPEe")
    expect(verdicts(await tryOut("TRtRT", rules), 5)).toBe("eepee")
    expect(verdicts(await tryOut("TTRtRR", rules), 6)).toBe("eeepee")
  })

  it.each([aes128Cbc, xtsAes128, aes256CbcDiffuser])(
    "never takes zeros for evidence (method %i)",
    async (method) => {
      // Under plain AES-CBC, zeros and what is nearly zeros show a pattern with any key.
      const letters = "rr00zz00rrrr"
      expect(verdicts(await tryOut(letters, rulesForUniform(SECTOR), method), letters.length)).toBe(
        "p".repeat(12),
      )
      const { counts } = await tryOut("0000", undefined, method)
      expect(counts).toEqual({ encrypted: 0, plain: 0, zero: 4, open: 0 })
    },
  )

  it("says of each place where it guessed, and of nothing else", async () => {
    const findings = trialFindings(extent(0, 7 * SECTOR), await tryOut("TTRttrt"))
    expect(findings.map(({ code, extent: e }) => [code, e?.start, e?.length])).toEqual([
      ["storage-decided-by-trial", 0, 7 * SECTOR],
      ["storage-undecidable", 2 * SECTOR, 5 * SECTOR],
    ])
    const sure = trialFindings(extent(0, 7 * SECTOR), await tryOut("TRRTtRT"))
    expect(sure.map(({ code }) => code)).toEqual(["storage-decided-by-trial"])
  })

  it("never copies a sector that could not be read whole", async () => {
    const image = volumeOf("TTTT", xtsAes128)
    const source = faultySource(image, [extent(SECTOR + 100, 64)])
    const settled = await decideByTrial(
      source,
      [extent(0, source.size)],
      cipherFor(xtsAes128),
      rulesForUnknown(SECTOR, SECTOR),
    )
    expect(verdicts(settled, 4)).toBe("eeee")
  })
})
