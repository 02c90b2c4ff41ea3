/**
 * Volumes beyond the sizes at which 32-bit arithmetic breaks: 2 TiB (sectors in 32 bits), 4, 16 and 32 TiB. Known sectors lie on
 * both sides of each border; they were encrypted by the reference cipher. The image is sparse, on a tmpfs.
 */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { openPlaintext, repairVolume, startupKey } from "../../dist/index.js"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { referenceCrypto } from "../../src/crypto/reference.ts"
import { extent } from "../../src/extents/extent.ts"
import { loadFixture } from "../fixtures/fixtures.ts"
import type { PlaintextImage } from "../forge/blueprint.ts"
import { drawBlueprint } from "../forge/forge.ts"
import { storePart } from "../forge/store.ts"
import { requirement } from "../suites/requirements.ts"

const TMPFS = "/dev/shm"
const hasTmpfs = requirement("a tmpfs at /dev/shm", existsSync(TMPFS))
const folder = hasTmpfs ? mkdtempSync(join(TMPFS, "repair-bde-positions-")) : ""
afterAll(() => hasTmpfs && rmSync(folder, { recursive: true, force: true }))

const TIB = 2 ** 40
const SIZE = 33 * TIB
const BORDERS = [2, 4, 16, 32].map((n) => n * TIB)
const AROUND = 4 * 4096

/** Zeros, with the head of a real file system: only its boot sector has to be recognised. */
const head = loadFixture("ntfs-512").subarray(0, 0x2000)
const image: PlaintextImage = {
  size: SIZE,
  read(at, length) {
    const bytes = new Uint8Array(length)
    if (at < head.length) bytes.set(head.subarray(at, at + length))
    return bytes
  },
}
const known = (at: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < length; i += 8) view.setBigUint64(i, BigInt(at + i), true)
  return bytes
}

describe.skipIf(!hasTmpfs)("positions beyond 2, 4, 16 and 32 TiB", () => {
  it.each([
    [EncryptionMethod.xtsAes128, 512],
    [EncryptionMethod.xtsAes256, 4096],
    [EncryptionMethod.aes128Cbc, 512],
    [EncryptionMethod.aes256CbcDiffuser, 512],
  ] as const)("decrypts method %i with sectors of %i bytes", async (method, sectorSize) => {
    const free = [0, 1, 2].map((i) => extent(0x2100000 + i * 0x1000000, 0x800000))
    const recipe = {
      layout: "windows8",
      method,
      sectorSize,
      free,
      protectors: [{ kind: "startup-key" }],
    } as const
    const blueprint = await drawBlueprint(image, recipe, free)
    const path = join(folder, "volume.img")
    const key = join(folder, "key.bek")
    writeFileSync(key, blueprint.protectors[0]!.startupKey!.file)
    rmSync(path, { force: true })
    const fd = openSync(path, "w")
    ftruncateSync(fd, SIZE)
    const parts = [extent(0, 0x2000), ...blueprint.zeroed]
    for (const part of parts) {
      const stored = storePart(blueprint, image, part)
      writeSync(fd, stored, 0, stored.length, part.start)
    }
    const reference = referenceCrypto.createSectorCipher(method, blueprint.fvek!, sectorSize)
    for (const border of BORDERS) {
      const sectors = known(border - AROUND, 2 * AROUND)
      reference.encrypt(sectors, border - AROUND)
      writeSync(fd, sectors, 0, sectors.length, border - AROUND)
    }
    closeSync(fd)

    const credentials = [startupKey(key)]
    const { plaintext } = await openPlaintext({ input: { path }, credentials })
    for (const border of BORDERS) {
      const bytes = new Uint8Array(2 * AROUND)
      expect(await plaintext.read(border - AROUND, bytes)).toEqual([])
      expect(Buffer.compare(bytes, known(border - AROUND, 2 * AROUND))).toBe(0)
    }
    await plaintext.close()

    const output = join(folder, "part.img")
    for (const border of BORDERS) {
      const range = extent(border - AROUND, 2 * AROUND)
      await repairVolume({ input: { path }, output, credentials, range, overwrite: true })
      expect(Buffer.compare(readFileSync(output), known(range.start, range.length))).toBe(0)
    }
  })
})
