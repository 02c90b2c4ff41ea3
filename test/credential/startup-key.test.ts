import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parseStartupKey, serializeStartupKey } from "../../src/credential/index.ts"
import { toHex } from "../../src/bytes/hex.ts"
import { Secret } from "../../src/crypto/secret.ts"
import { CredentialError } from "../../src/errors.ts"
import { corpusFile, hasCorpus } from "../suites/corpus.ts"

const classic = {
  kind: "startup-key",
  keyId: "4381F759-C4F8-4DE0-BB61-FC33A831BDA5",
  key: new Secret(new Uint8Array(32).fill(7)),
  created: new Date("2020-09-15T07:24:03.522Z"),
} as const
const withVolume = { ...classic, volumeId: "5A95DB04-6EBC-4BA9-99A3-15A87A3D07B2" }

/** @throws whatever is not the error that a caller expects */
function kindOrError(file: Uint8Array): string {
  try {
    return parseStartupKey(file).kind
  } catch (error) {
    if (error instanceof CredentialError) return error.code
    throw error
  }
}

describe("startup keys", () => {
  it.each([
    ["classic files have 156 bytes", classic, 156],
    ["those of Windows 11 name their volume and have 180", withVolume, 180],
  ])("%s", (_, credential, length) => {
    const file = serializeStartupKey(credential)
    expect(file).toHaveLength(length)
    expect(parseStartupKey(file)).toEqual(credential)
    expect(toHex(parseStartupKey(file).key.reveal())).toBe("07".repeat(32))
  })

  it.each([
    ["an empty file", new Uint8Array(0)],
    ["a text file", Uint8Array.from(Buffer.from("BitLocker Drive Encryption recovery key"))],
    ["a file cut short", serializeStartupKey(classic).subarray(0, 100)],
  ])("are not found in %s", (_, file) => {
    expect(() => parseStartupKey(file)).toThrow(CredentialError)
  })

  it("are found behind a damaged header: the datum counts", () => {
    const file = serializeStartupKey(classic)
    file.fill(0xff, 0, 16)
    expect(parseStartupKey(file).keyId).toBe(classic.keyId)
  })

  it("never crash the parser, however damaged", () => {
    const valid = serializeStartupKey(withVolume)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(179), fc.nat(255)), { maxLength: 12 }),
        fc.nat(180),
        (changes, length) => {
          const file = valid.slice(0, length)
          for (const [at, byte] of changes) if (at < length) file[at] = byte
          expect(["startup-key", "startup-key-malformed"]).toContain(kindOrError(file))
        },
      ),
    )
  })
})

describe.skipIf(!hasCorpus)("startup keys of Windows", () => {
  it.each(["4381F759-C4F8-4DE0-BB61-FC33A831BDA5.BEK", "recovery_key.bek"])(
    "%s is written again byte for byte",
    (name) => {
      const file = new Uint8Array(readFileSync(corpusFile(name)))
      const credential = parseStartupKey(file)
      const again = serializeStartupKey(credential)
      expect(parseStartupKey(again)).toEqual(credential)
      // Dates are kept to the millisecond, the format counts 100 nanoseconds.
      const differing = [...file.keys()].filter((at) => file[at] !== again[at])
      expect(again).toHaveLength(file.length)
      expect(differing.every((at) => (at >= 0x28 && at < 0x30) || (at >= 0x48 && at < 0x50))).toBe(true)
    },
  )
})
