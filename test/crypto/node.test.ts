/** The fast implementation: the suite, and equality with the reference bit for bit on random input. */
import { createCipheriv } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { toHex } from "../../src/bytes/hex.ts"
import { type EncryptionMethod, methodFacts } from "../../src/crypto/method.ts"
import { PIECE_LENGTH } from "../../src/crypto/node-memory.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { referenceCrypto } from "../../src/crypto/reference.ts"
import { cipherSuite, LAST_POSITION, METHODS, randomFvek, SECTOR_SIZES } from "../suites/cipher-suite.ts"
import { randomBytes } from "../suites/random-bytes.ts"

cipherSuite("node", nodeCrypto)

const TIB = 2 ** 40
const RUNS = process.env.SLOW ? 200 : 12

/** Where counters of 32 bits would end, in sectors of 512 and 4096 bytes and in bytes. */
const positions = fc
  .tuple(
    fc.constantFrom(0, 2 ** 32, 2 * TIB, 4 * TIB, 16 * TIB, 32 * TIB, LAST_POSITION),
    fc.integer({ min: -3, max: 3 }),
  )
  .map(([border, distance]) => Math.min(Math.max(0, border + distance * 4096), LAST_POSITION - 10 * 4096))

describe.each(METHODS.map((method) => [methodFacts(method).name, method] as const))(
  "the twins: %s",
  (_, method) => {
    it.each(SECTOR_SIZES)("agree on sectors of %i bytes, at borders of every kind", (sectorSize) => {
      const inputs = fc.record({
        position: positions,
        sectorCount: fc.integer({ min: 1, max: 9 }),
        seed: fc.nat(),
      })
      fc.assert(
        fc.property(inputs, ({ position, sectorCount, seed }) => {
          const fvek = randomFvek(method, seed)
          const fast = nodeCrypto.createSectorCipher(method, fvek, sectorSize, { bufferLength: sectorSize })
          const slow = referenceCrypto.createSectorCipher(method, fvek, sectorSize)
          const [a, b] = [
            randomBytes(sectorCount * sectorSize, seed),
            randomBytes(sectorCount * sectorSize, seed),
          ]
          fast.decrypt(a, position)
          slow.decrypt(b, position)
          expect(toHex(a)).toBe(toHex(b))
          fast.encrypt(a, position + sectorSize)
          slow.encrypt(b, position + sectorSize)
          expect(toHex(a)).toBe(toHex(b))
        }),
        { numRuns: RUNS },
      )
    })
  },
)

describe.each([512, 4096])("pieces of sectors of %i bytes", (sectorSize) => {
  it.each(METHODS)("fit together, in the own buffer and in others: method %i", (method) => {
    const cipher = nodeCrypto.createSectorCipher(method, randomFvek(method), sectorSize)
    const length = 2 * PIECE_LENGTH + 5 * sectorSize
    const sectors = randomBytes(length)
    const single = sectors.slice()
    for (let at = 0; at < length; at += sectorSize) {
      cipher.decrypt(single.subarray(at, at + sectorSize), TIB + at)
    }

    const foreign = sectors.slice()
    cipher.decrypt(foreign, TIB)
    cipher.buffer.set(sectors)
    cipher.decrypt(cipher.buffer.subarray(0, length), TIB)
    expect(Buffer.compare(foreign, single)).toBe(0)
    expect(Buffer.compare(cipher.buffer.subarray(0, length), single)).toBe(0)

    cipher.encrypt(foreign, TIB)
    expect(Buffer.compare(foreign, sectors)).toBe(0)
  })

  it("begin a page where the buffer does", () => {
    expect(nodeCrypto.createSectorCipher(0x8004, randomFvek(0x8004), 512).buffer.byteOffset).toBe(0)
  })
})

/** OpenSSL's own modes know neither twin, and take the tweak as bytes. */
describe.each([0, 2 * TIB - 4096, 16 * TIB, LAST_POSITION - 4096])("OpenSSL agrees at %i", (position) => {
  const littleEndian128 = (value: number): Uint8Array => {
    const bytes = new Uint8Array(16)
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
    return bytes
  }
  const encrypted = (
    name: string,
    key: Uint8Array,
    iv: Uint8Array | null,
    plaintext: Uint8Array,
  ): Uint8Array => createCipheriv(name, key, iv).setAutoPadding(false).update(plaintext)
  const ours = (method: EncryptionMethod, fvek: Uint8Array, plaintext: Uint8Array): string => {
    const sector = plaintext.slice()
    nodeCrypto.createSectorCipher(method, fvek, sector.length).encrypt(sector, position)
    return toHex(sector)
  }

  it.each(SECTOR_SIZES)("in sectors of %i bytes", (sectorSize) => {
    const plaintext = randomBytes(sectorSize, 9)
    for (const [method, bits] of [
      [0x8004, 128],
      [0x8005, 256],
    ] as const) {
      const fvek = randomFvek(method, 3)
      const tweak = littleEndian128(position / sectorSize)
      expect(ours(method, fvek, plaintext)).toBe(toHex(encrypted(`aes-${bits}-xts`, fvek, tweak, plaintext)))
    }
    for (const [method, bits] of [
      [0x8002, 128],
      [0x8003, 256],
    ] as const) {
      const fvek = randomFvek(method, 4)
      const iv = encrypted(`aes-${bits}-ecb`, fvek, null, littleEndian128(position))
      expect(ours(method, fvek, plaintext)).toBe(toHex(encrypted(`aes-${bits}-cbc`, fvek, iv, plaintext)))
    }
  })
})

describe("the twins: AES-CCM and hashes", () => {
  it("agree on messages of every length", () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    const inputs = fc.tuple(bytes(32), bytes(12), fc.uint8Array({ maxLength: 200 }))
    fc.assert(
      fc.property(inputs, ([key, nonce, message]) => {
        const box = nodeCrypto.sealCcm(key, nonce, message)
        expect(referenceCrypto.sealCcm(key, nonce, message)).toEqual(box)
        expect(referenceCrypto.openCcm(key, box)).toEqual(message)
        expect(nodeCrypto.openCcm(key, box)).toEqual(message)
        expect(referenceCrypto.sha256(key, message)).toEqual(nodeCrypto.sha256(key, message))
        expect(referenceCrypto.sha1(key, message)).toEqual(nodeCrypto.sha1(key, message))
      }),
    )
  })
})
