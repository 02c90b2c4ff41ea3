/** Several versions of the same key protectors, differently damaged: what fits is put together, and told as one. */
import { beforeAll, describe, expect, it } from "vitest"
import { type FvekCredential, parseFvek, parseRecoveryPassword } from "../../src/credential/index.ts"
import { toHex } from "../../src/bytes/hex.ts"
import type { Crypto } from "../../src/crypto/crypto.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { collectKeyMaterial, type Datum, type KeyMaterial, parseMetadataBlock } from "../../src/fve/index.ts"
import { type LabelledCredential, unlockVolume } from "../../src/unlock/index.ts"
import { type TestVolume, volumeOf } from "../repair/volumes.ts"

let volume: TestVolume
let salts: string[]
let crypto: Crypto

beforeAll(async () => {
  volume = await volumeOf("XTS-128")
  salts = []
  crypto = {
    ...volume.crypto,
    stretch(initial, salt) {
      salts.push(toHex(salt))
      return volume.crypto.stretch(initial, salt)
    },
  }
})

const RECOVERY = 1
const protectorAt = (datums: readonly Datum[], index: number): Datum =>
  datums.filter(({ type }) => type === 8)[index]!

/** The datums of a copy with one byte of some of them flipped. */
function copy(
  name: string,
  ...flips: readonly (readonly [find: (datums: readonly Datum[]) => Datum, at: number])[]
) {
  const area = volume.area.slice()
  for (const [find, at] of flips) area[find(volume.block.dataset.datums).offset + at]! ^= 1
  return { name, datums: parseMetadataBlock(area)!.dataset.datums }
}

const recovery = (datums: readonly Datum[]): Datum => protectorAt(datums, RECOVERY)
const startup = (datums: readonly Datum[]): Datum => protectorAt(datums, 2)
const fvek = (datums: readonly Datum[]): Datum => datums.find(({ role }) => role === 3)!
/** In a recovery password protector: the salt, and the wrapped VMK in front of the backup info. */
const [SALT_AT, VMK_AT] = [0x34, 0x100]

const material = (...sources: Parameters<typeof collectKeyMaterial>[0]): KeyMaterial =>
  collectKeyMaterial(sources, volume.forged.method)

async function opens(found: KeyMaterial, ...credentials: LabelledCredential[]) {
  salts.length = 0
  const unlocked = await unlockVolume(found, credentials, crypto)
  const isRight = unlocked.keys && toHex(unlocked.keys.fvek.reveal()) === toHex(volume.forged.fvek!)
  return { ...unlocked, isRight }
}

describe("versions of a key protector", () => {
  it("open with the salt of one and the wrapped key of another", async () => {
    const found = material(copy("copy 1", [recovery, SALT_AT]), copy("copy 2", [recovery, VMK_AT]))
    const { isRight, openedBy, findings } = await opens(found, volume.recovery)
    expect([isRight, openedBy!.protector!.from]).toEqual([true, ["copy 1"]])
    expect(findings.map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^VMK taken from the key protector \S+ as in copy 1: its tag verifies; copy 2 fails$/,
      ),
    ])
  })

  it("open where the ID is what was damaged", async () => {
    const found = material(
      copy("copy 1", [recovery, 9], [recovery, SALT_AT]),
      copy("copy 2", [recovery, VMK_AT]),
    )
    expect((await opens(found, volume.recovery)).isRight).toBe(true)
  })

  it("open where the kind is what was damaged", async () => {
    const protection = 8 + 27
    for (const credential of [volume.recovery, volume.startup]) {
      const found = material(copy("copy 1", [recovery, protection], [startup, protection]))
      expect((await opens(found, credential)).isRight).toBe(true)
    }
  })

  it("are one row of the table, and each different salt is stretched once, the best first", async () => {
    const found = material(
      copy("copy 1"),
      copy("copy 2", [recovery, SALT_AT]),
      copy("copy 3", [recovery, SALT_AT], [recovery, VMK_AT]),
    )
    const wrong = parseRecoveryPassword("222222-222222-222222-222222-222222-222222-222222-222222")
    const { tries } = await opens(found, { credential: wrong, label: "the wrong one" })
    expect(salts).toHaveLength(2)
    const right = recovery(volume.block.dataset.datums).properties.find(({ type }) => type === 3)!
    expect(salts[0]).toBe(toHex(right.body.subarray(4, 20)))
    const rows = tries.filter(({ credential }) => credential === "the wrong one")
    expect(rows.map(({ outcome, why }) => [outcome, why])).toEqual([
      ["wrong-key", "the key does not open this key protector, of which there are 3 versions: it is damaged"],
    ])
  })

  it("stop at the first that opens", async () => {
    const found = material(copy("copy 1"), copy("copy 2", [recovery, SALT_AT]))
    const { isRight, tries } = await opens(found, volume.recovery)
    expect([isRight, tries.length]).toEqual([true, 1])
    expect(salts.length).toBeLessThanOrEqual(2)
  })
})

describe("versions of the FVEK", () => {
  it("are tried until a tag verifies, and it is said which", async () => {
    const found = material(copy("copy 1", [fvek, 50]), copy("copy 2"), copy("copy 3", [fvek, 10]))
    const { isRight, findings } = await opens(found, volume.startup)
    expect(isRight).toBe(true)
    expect(findings.map(({ text }) => text)).toEqual([
      "FVEK taken from copy 2: its tag verifies; copies 1 and 3 fail",
    ])
  })
})

describe("an FVEK that was given", () => {
  const { xtsAes128, aes256Cbc, aes128CbcDiffuser } = EncryptionMethod
  const given = (): LabelledCredential => ({
    credential: parseFvek(toHex(volume.forged.fvek!)),
    label: "FVEK",
  })
  const methods = (): number[] => (given().credential as FvekCredential).readings.map(({ method }) => method)

  it("is read as the metadata says", async () => {
    const { keys } = await opens(material(copy("copy 1")), given())
    expect(keys!.method).toBe(xtsAes128)
  })

  it("is read as the plaintext says where the metadata is damaged", async () => {
    const damaged = { ...material(copy("copy 1")), methodNumber: 0x1234 }
    const asked: number[] = []
    const { keys, openedBy } = await unlockVolume(damaged, [given()], crypto, {
      proves(candidate) {
        asked.push(candidate.method)
        return Promise.resolve(candidate.method === xtsAes128)
      },
    })
    expect(keys!.method).toBe(xtsAes128)
    expect(openedBy!.why).toBe("decrypts the volume, as XTS-AES 128")
    expect(asked.every((method) => methods().includes(method))).toBe(true)
    // The wrapped FVEK is too short for the diffuser.
    expect(asked).not.toContain(aes128CbcDiffuser)
  })

  it("opens nothing while it is open what it is", async () => {
    const damaged = { ...material(copy("copy 1")), methodNumber: 0x1234 }
    const { keys, tries } = await opens(damaged, given())
    expect(keys).toBeUndefined()
    expect(tries[0]!.why).toMatch(
      /it may be (AES 256|XTS-AES 128), (AES 256|XTS-AES 128), and nothing tells which$/,
    )
    expect(methods()).toContain(aes256Cbc)
  })
})
