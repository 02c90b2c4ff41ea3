/** What every implementation of the crypto port promises: `cipherSuite("node", nodeCrypto)` in the test of each. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { fromHex, toHex } from "../../src/bytes/hex.ts"
import type { Crypto } from "../../src/crypto/crypto.ts"
import { type EncryptionMethod, isEncryptionMethod, methodFacts } from "../../src/crypto/method.ts"
import { corpus, hasCorpus, readCorpus } from "./corpus.ts"
import { randomBytes } from "./random-bytes.ts"

export const METHODS: readonly EncryptionMethod[] = [0x8000, 0x8001, 0x8002, 0x8003, 0x8004, 0x8005]
export const SECTOR_SIZES: readonly number[] = [512, 1024, 2048, 4096]
export const LAST_POSITION: number = 2 ** 53 - 4096

interface SectorVector {
  readonly image: string
  readonly method: string
  readonly sectorSize: number
  readonly position: number
  readonly ciphertext: string
  readonly plaintext: string
  readonly sha256: string
}

const { fveks, sectors } = readVectors<{ fveks: Record<string, string>; sectors: SectorVector[] }>(
  "ciphers.json",
)
const { vectors: boxes } = readVectors<{ vectors: Record<string, string>[] }>("ccm.json")

function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8")) as T
}

export const hex = (text: string): Uint8Array => fromHex(text)!

export function randomFvek(method: EncryptionMethod, seed = 1): Uint8Array {
  return randomBytes(methodFacts(method).fvekLength, seed)
}

export function cipherSuite(name: string, crypto: Crypto): void {
  describe(`sectors of Windows by ${name}`, () => {
    const cipherOf = ({ image, method, sectorSize }: SectorVector) => {
      const number = Number(method)
      if (!isEncryptionMethod(number)) throw new Error(`${image} has no method`)
      return crypto.createSectorCipher(number, hex(fveks[image]!), sectorSize)
    }
    const label = (vector: SectorVector): [string, SectorVector] => [
      `${vector.image} at 0x${vector.position.toString(16)}`,
      vector,
    ]

    // Without diffuser, the first two blocks of a sector need no others.
    const plainModes = sectors.filter(({ method }) => Number(method) >= 0x8002)
    it.each(plainModes.map(label))("are opened and made again: the head of %s", (_, vector) => {
      const cipher = cipherOf(vector)
      const sector = new Uint8Array(vector.sectorSize)
      sector.set(hex(vector.ciphertext))
      cipher.decrypt(sector, vector.position)
      expect(toHex(sector.subarray(0, 32))).toBe(vector.plaintext)
      cipher.encrypt(sector, vector.position)
      expect(toHex(sector.subarray(0, 32))).toBe(vector.ciphertext)
    })

    const inCorpus = sectors.filter(({ image }) => corpus.some((entry) => entry.name === image))
    it.skipIf(!hasCorpus).each(inCorpus.map(label))(
      "are opened and made again: all of %s",
      async (_, vector) => {
        const cipher = cipherOf(vector)
        const stored = await readCorpus(vector.image, vector.position, vector.sectorSize)
        expect(toHex(stored.subarray(0, 32))).toBe(vector.ciphertext)
        const sector = stored.slice()
        cipher.decrypt(sector, vector.position)
        expect(toHex(sector.subarray(0, 32))).toBe(vector.plaintext)
        expect(toHex(crypto.sha256(sector)).slice(0, 16)).toBe(vector.sha256)
        cipher.encrypt(sector, vector.position)
        expect(toHex(sector)).toBe(toHex(stored))
      },
    )
  })

  describe.each(METHODS.map((method) => [methodFacts(method).name, method] as const))(
    `${name}: %s`,
    (_, method) => {
      it.each(SECTOR_SIZES)("decrypts what it encrypted, in sectors of %i bytes", (sectorSize) => {
        const cipher = crypto.createSectorCipher(method, randomFvek(method), sectorSize)
        const plaintext = randomBytes(5 * sectorSize, sectorSize)
        const bytes = plaintext.slice()
        cipher.encrypt(bytes, 7 * sectorSize)
        expect(toHex(bytes)).not.toBe(toHex(plaintext))
        cipher.decrypt(bytes, 7 * sectorSize)
        expect(toHex(bytes)).toBe(toHex(plaintext))
      })

      it("takes sectors one by one as it takes them together", () => {
        const cipher = crypto.createSectorCipher(method, randomFvek(method), 512)
        const together = randomBytes(7 * 512)
        const alone = together.slice()
        cipher.decrypt(together, 512)
        for (let at = 0; at < alone.length; at += 512) cipher.decrypt(alone.subarray(at, at + 512), 512 + at)
        expect(toHex(alone)).toBe(toHex(together))
      })

      it("changes its sectors and nothing around them, wherever they lie", () => {
        const cipher = crypto.createSectorCipher(method, randomFvek(method), 512)
        const expected = randomBytes(3 * 512)
        const memory = new Uint8Array(4 * 512).fill(0xa5)
        memory.set(expected, 13)
        cipher.decrypt(memory.subarray(13, 13 + 3 * 512), 0)
        cipher.decrypt(expected, 0)
        expect(toHex(memory.subarray(13, 13 + 3 * 512))).toBe(toHex(expected))
        expect(memory.subarray(0, 13).every((byte) => byte === 0xa5)).toBe(true)
        expect(memory.subarray(13 + 3 * 512).every((byte) => byte === 0xa5)).toBe(true)
      })

      it("works in its own buffer, a whole number of sectors, at any place", () => {
        const cipher = crypto.createSectorCipher(method, randomFvek(method), 4096, {
          bufferLength: 17 * 1024,
        })
        expect(cipher).toMatchObject({ method, sectorSize: 4096 })
        expect(cipher.buffer.length).toBe(5 * 4096)
        const expected = randomBytes(3 * 4096)
        cipher.buffer.set(expected, 2 * 4096)
        cipher.decrypt(expected, 4096)
        cipher.decrypt(cipher.buffer.subarray(2 * 4096), 4096)
        expect(toHex(cipher.buffer.subarray(2 * 4096))).toBe(toHex(expected))
        expect(cipher.buffer.subarray(0, 2 * 4096).every((byte) => byte === 0)).toBe(true)
      })

      it("takes no sectors for nothing to do", () => {
        const cipher = crypto.createSectorCipher(method, randomFvek(method), 512)
        expect(() => cipher.decrypt(new Uint8Array(0), 512)).not.toThrow()
      })

      it("refuses an FVEK of another length", () => {
        for (const length of [0, 15, methodFacts(method).fvekLength + 1]) {
          expect(() => crypto.createSectorCipher(method, new Uint8Array(length), 512)).toThrow(RangeError)
        }
      })

      it("refuses sectors that are none", () => {
        expect(() => crypto.createSectorCipher(method, randomFvek(method), 520)).toThrow(RangeError)
        expect(() => crypto.createSectorCipher(method, randomFvek(method), 8192)).toThrow(RangeError)
        const cipher = crypto.createSectorCipher(method, randomFvek(method), 512)
        expect(() => cipher.decrypt(new Uint8Array(511), 0)).toThrow(RangeError)
        expect(() => cipher.encrypt(new Uint8Array(512), 256)).toThrow(RangeError)
        expect(() => cipher.decrypt(new Uint8Array(512), -512)).toThrow(RangeError)
        expect(() => cipher.decrypt(new Uint8Array(512), Number.NaN)).toThrow(RangeError)
        expect(() => cipher.decrypt(new Uint8Array(8192), LAST_POSITION)).toThrow(RangeError)
      })
    },
  )

  describe(`${name}: AES-CCM`, () => {
    it.each(boxes.map((box) => [box.what!, box] as const))("opens and seals %s", (_, vector) => {
      const [key, nonce, plaintext] = [hex(vector.key!), hex(vector.nonce!), hex(vector.plaintext!)]
      const box = { nonce, tag: hex(vector.tag!), ciphertext: hex(vector.ciphertext!) }
      expect(crypto.openCcm(key, box)).toEqual(plaintext)
      expect(crypto.sealCcm(key, nonce, plaintext)).toEqual(box)
    })

    it("opens nothing when a bit of the key, nonce, tag or ciphertext is another", () => {
      const key = randomBytes(32, 5)
      const box = crypto.sealCcm(key, randomBytes(12, 6), randomBytes(44, 7))
      const flipped = (bytes: Uint8Array): Uint8Array => bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1)
      expect(crypto.openCcm(key, box)).toEqual(randomBytes(44, 7))
      expect(crypto.openCcm(flipped(key), box)).toBeUndefined()
      expect(crypto.openCcm(key, { ...box, nonce: flipped(box.nonce) })).toBeUndefined()
      expect(crypto.openCcm(key, { ...box, tag: flipped(box.tag) })).toBeUndefined()
      expect(crypto.openCcm(key, { ...box, ciphertext: flipped(box.ciphertext) })).toBeUndefined()
    })

    it("refuses keys, nonces and tags of other lengths", () => {
      const box = { nonce: new Uint8Array(12), tag: new Uint8Array(16), ciphertext: new Uint8Array(4) }
      const key = new Uint8Array(32)
      expect(() => crypto.openCcm(new Uint8Array(16), box)).toThrow(RangeError)
      expect(() => crypto.openCcm(key, { ...box, nonce: new Uint8Array(13) })).toThrow(RangeError)
      expect(() => crypto.openCcm(key, { ...box, tag: new Uint8Array(8) })).toThrow(RangeError)
      expect(() => crypto.sealCcm(key, new Uint8Array(11), new Uint8Array(4))).toThrow(RangeError)
      expect(() => crypto.sealCcm(key, new Uint8Array(12), new Uint8Array(2 ** 24))).toThrow(RangeError)
    })
  })

  describe(`${name}: SHA-256`, () => {
    it("hashes as FIPS 180-4 does, whatever the parts", () => {
      const text = (latin1: string): Uint8Array => new TextEncoder().encode(latin1)
      const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
      expect(toHex(crypto.sha256(text("abc")))).toBe(abc)
      expect(toHex(crypto.sha256(text("a"), text(""), text("bc")))).toBe(abc)
      expect(toHex(crypto.sha256())).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    })
  })

  describe(`${name}: SHA-1`, () => {
    it("hashes as FIPS 180-4 does, whatever the parts", () => {
      const text = (latin1: string): Uint8Array => new TextEncoder().encode(latin1)
      const abc = "a9993e364706816aba3e25717850c26c9cd0d89d"
      expect(toHex(crypto.sha1(text("abc")))).toBe(abc)
      expect(toHex(crypto.sha1(text("a"), text(""), text("bc")))).toBe(abc)
      expect(toHex(crypto.sha1())).toBe("da39a3ee5e6b4b0d3255bfef95601890afd80709")
    })
  })

  describe(`${name}: stretch`, () => {
    it("refuses inputs of other lengths", async () => {
      await expect(async () => crypto.stretch(new Uint8Array(31), new Uint8Array(16))).rejects.toThrow(
        RangeError,
      )
      await expect(async () => crypto.stretch(new Uint8Array(32), new Uint8Array(15))).rejects.toThrow(
        RangeError,
      )
    })

    it("stops with the reason of a signal", async () => {
      const reason = new Error("enough")
      const signal = AbortSignal.abort(reason)
      await expect(crypto.stretch(new Uint8Array(32), new Uint8Array(16), { signal })).rejects.toBe(reason)
    })
  })
}
