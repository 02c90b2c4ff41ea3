/**
 * Key packages with changed, cut and added bytes, in every encoding, and files made to cost time: the parser answers, soon,
 * and no key that opens is ever another one than the volume's.
 */
import * as fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import { concatBytes } from "../../src/bytes/concat.ts"
import { parseStartupKey } from "../../src/credential/startup-key.ts"
import { EncryptionMethod, isEncryptionMethod } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import {
  DatasetHeader,
  DatumRole,
  DatumType,
  type KeyPackage,
  parseKeyDatum,
  parseKeyPackages,
  readCcmBox,
  serializeDatum,
} from "../../src/fve/index.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { forge, type ForgedVolume } from "../forge/forge.ts"
import { forgeKeyPackage, KEY_PACKAGE_ENCODINGS, KEY_PACKAGE_VARIANTS } from "../forge/key-package.ts"
import { seededRandom } from "../forge/random.ts"

/** SLOW=1 looks longer. */
const RUNS = process.env.SLOW ? 5000 : 150

let volume: ForgedVolume
let startupKey: Uint8Array

beforeAll(async () => {
  volume = await forge(loadFixture("sample"), {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents("sample"),
    protectors: [{ kind: "startup-key" }],
  })
  startupKey = parseStartupKey(volume.protectors[0]!.startupKey!.file).key.reveal()
})

const encodings = Object.keys(KEY_PACKAGE_ENCODINGS) as (keyof typeof KEY_PACKAGE_ENCODINGS)[]

function forgePackage(variant: KeyPackage["variant"], encoding: (typeof encodings)[number]): Uint8Array {
  return forgeKeyPackage(volume, { variant, encoding, protectorId: volume.protectors[0]!.id })
}

const mutation = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), at: fc.nat(), byte: fc.nat(255) }),
  fc.record({ kind: fc.constant("cut" as const), at: fc.nat(), length: fc.nat(40) }),
  fc.record({ kind: fc.constant("add" as const), at: fc.nat(), bytes: fc.uint8Array({ maxLength: 40 }) }),
)

function mutate(
  source: Uint8Array,
  change: typeof mutation extends fc.Arbitrary<infer T> ? T : never,
): Uint8Array {
  // Most of what matters lies near the start, also of a metadata block.
  const at = change.at % Math.min(source.length + 1, 700)
  if (change.kind === "set") return source.map((byte, i) => (i === at ? change.byte : byte))
  const rest = change.kind === "cut" ? source.subarray(at + change.length) : source.subarray(at)
  return concatBytes([source.subarray(0, at), ...(change.kind === "add" ? [change.bytes] : []), rest])
}

function openedFveks({ protectors, datums }: KeyPackage): Uint8Array[] {
  const wrapped = datums
    .filter(({ role }) => role === DatumRole.fvek)
    .flatMap((datum) => readCcmBox(datum) ?? [])
  return protectors
    .flatMap(({ wrappedVmk }) => wrappedVmk)
    .flatMap((box) => open(startupKey, box) ?? [])
    .flatMap((vmk) => wrapped.flatMap((box) => openFvek(vmk, box) ?? []))
}

/** A changed byte may call another key an FVEK that the VMK wraps too: no such key is one for sectors. */
function openFvek(vmk: Uint8Array, box: Parameters<typeof nodeCrypto.openCcm>[1]): Uint8Array | undefined {
  const plaintext = nodeCrypto.openCcm(vmk, box)
  const datum = plaintext && parseKeyDatum(plaintext)
  return datum && isEncryptionMethod(datum.keyType) ? datum.key : undefined
}

function open(key: Uint8Array, box: Parameters<typeof nodeCrypto.openCcm>[1]): Uint8Array | undefined {
  const plaintext = nodeCrypto.openCcm(key, box)
  return plaintext && parseKeyDatum(plaintext)?.key
}

function isSane(found: readonly KeyPackage[], file: Uint8Array): boolean {
  const sane = found.map(
    ({ datums, protectors, volumeId }) =>
      datums.length > 0 &&
      datums.every(({ offset, size }) => offset >= 0 && size >= 0) &&
      protectors.length <= datums.length &&
      (volumeId === undefined || volumeId.length === 36),
  )
  return found.length <= file.length && !sane.includes(false)
}

describe.each(KEY_PACKAGE_VARIANTS)("a changed key package as %s", (variant) => {
  it("is read as far as it goes, and opens to the right key or to none", () => {
    const changes = fc.array(mutation, { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(fc.constantFrom(...encodings), changes, (encoding, list) => {
        const file = list.reduce(mutate, forgePackage(variant, encoding))
        const found = parseKeyPackages(file)
        expect(isSane(found, file)).toBe(true)
        for (const fvek of found.flatMap(openedFveks)) expect(fvek).toEqual(volume.fvek)
      }),
      { numRuns: RUNS },
    )
  })

  it("with one changed byte still yields a key protector or an FVEK", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), (at, byte) => {
        const file = mutate(forgePackage(variant, "binary"), { kind: "set", at, byte })
        expect(parseKeyPackages(file)).not.toEqual([])
      }),
      { numRuns: RUNS },
    )
  })
})

describe("arbitrary bytes", () => {
  it("never trouble the parser", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (file) => {
        expect(isSane(parseKeyPackages(file), file)).toBe(true)
      }),
      { numRuns: RUNS },
    )
  })

  it("never trouble it as text", () => {
    const words = fc.constantFrom(
      "msFVE-KeyPackage:: ",
      "\n",
      "\n ",
      "0000 ",
      "*",
      "a1 ",
      "0x1,",
      "{",
      "48, ",
      "=",
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 200 }), fc.boolean(), (parts, wide) => {
        const file = Buffer.from(parts.join(""), wide ? "utf16le" : "utf8")
        expect(isSane(parseKeyPackages(file), file)).toBe(true)
      }),
      { numRuns: RUNS },
    )
  })
})

describe("a megabyte made to cost time", () => {
  const length = 1 << 20
  /** The pattern again and again. */
  const filled = (pattern: Uint8Array | string): Uint8Array => new Uint8Array(Buffer.alloc(length, pattern))
  const header = (role: number, type: number, size: number): Uint8Array =>
    serializeDatum({ role, type, body: [new Uint8Array(size)] }).subarray(0, 8)
  const dataset = DatasetHeader.serialize({
    size: 0xffff,
    version: 1,
    start: 48,
    end: 0xffff,
    id: "00000000-0000-0000-0000-000000000000",
    nonceCounter: 1,
    method: 0,
    reserved26: 0,
    created: 0n,
  })

  it.each([
    [
      "key protectors that end too late",
      () => filled(header(DatumRole.keyProtector, DatumType.vmkInfo, 3000)),
    ],
    ["key protectors", () => filled(header(DatumRole.keyProtector, DatumType.vmkInfo, 92))],
    ["FVEKs", () => filled(header(DatumRole.fvek, DatumType.aesCcm, 72))],
    ["signatures", () => filled("-FVE-FS-\0\0\0\0\0\0\0\0")],
    ["dataset headers", () => filled(dataset)],
    ["noise", () => seededRandom(9).bytes(length)],
    ["empty lines", () => filled("\n")],
    ["rows of a dump that repeat", () => filled("0000: 00 11\n*\nfffff: 00\n")],
    ["short rows", () => filled("a1\n")],
    ["hex digits", () => filled("a")],
    ["numbers", () => filled("1, ")],
    ["base64 in long lines", () => filled(`${"A".repeat(200)}=\n`)],
    ["LDIF entries", () => filled(`msFVE-KeyPackage:: ${"MAEA".repeat(30)}\n\n`)],
    ["folds", () => filled("\n a")],
  ])("as %s is done within seconds", (_, make) => {
    const file = make()
    const started = performance.now()
    expect(isSane(parseKeyPackages(file), file)).toBe(true)
    // A tenth of that on an idle machine; a square of the length would take minutes.
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})
