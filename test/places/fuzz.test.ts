/**
 * Hostile files: samples of every kind that is read, changed at random, and files that are made to be large in memory. None may
 * crash the search, hang it, or make it hold much more than the file.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { forgeKeyPackage } from "./packages.ts"
import { base64, guidBytes, guidOf, passwordOf, searchBytes, utf16, wantedOf } from "./samples.ts"

const isFull = process.env.REPAIR_BDE_TEST === "full"
const RUNS = isFull ? 400 : 100
const wanted = wantedOf(guidOf(1))

async function samples(): Promise<Uint8Array[]> {
  const [id, key] = [guidOf(1), passwordOf(1)]
  const bytes = await forgeKeyPackage("binary")
  const text = (content: string): Uint8Array => new TextEncoder().encode(content)
  return [
    bytes,
    text(`ID: ${id}\r\nKey: ${key}\r\n`),
    utf16(`${id}\r\n${key}\r\n`),
    text(
      `version: 1\n\ndn: CN=2024-01-01T00:00:00Z{${id}},CN=PC\nmsFVE-RecoveryGuid:: ${base64(guidBytes(id))}\n` +
        `msFVE-RecoveryPassword: ${key}\nmsFVE-KeyPackage:: ${base64(bytes)}\n\n`,
    ),
    text(`"Id","Key","Name"\n"${id}","${key}","a\nb"\n${guidOf(2)},${passwordOf(2)},PC\n`),
    text(JSON.stringify({ value: [{ id, key, package: [...bytes], more: [[{}]] }] })),
    text(
      `Windows Registry Editor Version 5.00\n\n[X\\{${id}}]\n"Data"=hex:${[...bytes].map((b) => b.toString(16)).join(",\\\n  ")}\n`,
    ),
    text('repair-bde key backup, version 1\n{"created": 1}\nsha256 00\n'),
  ]
}

/** Cut, doubled, with bytes changed, put in and taken out. */
const mutation = fc.record({
  sample: fc.nat(),
  edits: fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      drop: fc.nat(20),
      put: fc.uint8Array({ maxLength: 20 }),
    }),
    { maxLength: 12 },
  ),
  repeats: fc.constantFrom(1, 1, 1, 2, 50),
})

function mutate(
  sample: Uint8Array,
  { edits, repeats }: Omit<typeof mutation extends fc.Arbitrary<infer T> ? T : never, "sample">,
): Uint8Array {
  let bytes = [...sample]
  for (const { at, drop, put } of edits) bytes.splice(Math.floor(at * bytes.length), drop, ...put)
  return new Uint8Array(Buffer.concat(Array.from({ length: repeats }, () => Buffer.from(bytes))))
}

describe("a file that was changed at random", () => {
  it("is read without a crash, in bounded time, wherever it is cut into pieces", async () => {
    const all = await samples()
    await fc.assert(
      fc.asyncProperty(mutation, fc.constantFrom(1 << 16, 61), async ({ sample, ...how }, chunkSize) => {
        const file = mutate(all[sample % all.length]!, how)
        const start = performance.now()
        const searched = await searchBytes(file, { wanted, chunkSize })
        expect(performance.now() - start).toBeLessThan(5000)
        expect(searched.candidates.length).toBeLessThanOrEqual(file.length)
      }),
      { numRuns: RUNS },
    )
  }, 120_000)
})

describe("a file that is made to be costly", () => {
  const MIB = 2 ** 20
  const SIZE = isFull ? 4 * MIB : MIB / 4
  const filled = (unit: string, length = SIZE): string => unit.repeat(Math.ceil(length / unit.length))
  const cases: readonly (readonly [string, string])[] = [
    ["objects in JSON", `[${filled("{},")}{}]`],
    ["empty lists in JSON", `[${filled("[],")}[]]`],
    ["deep JSON", filled("[")],
    ["deep objects in JSON", filled('{"a":')],
    ["one name of JSON", `{"${filled("a")}":1}`],
    ["quotes", filled('"')],
    ["quotes and line ends", filled('"\n')],
    ["open quotes in a table", `a,b\n${filled('"x,y\n')}`],
    ["commas", filled(",")],
    ["lines of commas", filled(",,,,,,,,\n")],
    ["line ends", filled("\n")],
    ["LDIF without end", `dn: x\nmsFVE-KeyPackage:: ${filled("QUFB\n ")}`],
    ["LDIF with many entries", filled("dn: x\nmsFVE-RecoveryPassword: 1\n\n", SIZE / 4)],
    ["LDIF with many values", `dn: x\n${filled("msFVE-RecoveryPassword: 1\n")}`],
    ["registry values", `REGEDIT4\n[a]\n"Data"=hex:${filled("70,00,\\\n  ")}`],
    ["GUIDs", filled(`${guidOf(2)} `)],
    ["recovery passwords", filled(`${passwordOf(2)}\n`, SIZE / 4)],
    [
      "GUIDs, then recovery passwords",
      filled(`${guidOf(2)} `, SIZE / 4) + filled(`${passwordOf(2)}\n`, SIZE / 4),
    ],
    ["digits", filled("0123456789")],
    ["base64", filled("QUJD")],
    ["strings of base64 in JSON", `[${filled(`"${"QUJD".repeat(30)}",`)}""]`],
    ["names and keys in one object of JSON", membersOf(SIZE / 128)],
    [
      "keys below a long name in JSON",
      `{"${filled("n", MIB / 4)}":[${filled(`{"k":"${passwordOf(2)}"},`)}{}]}`,
    ],
    ["marks that have to be put in order", `a${filled("\u0315\u0300\u05ae", SIZE / 2)}`],
    ["letters that are words", filled("\ufdfa", SIZE / 3)],
    ["groups that are wrong", filled("110012 ", SIZE / 2)],
    [
      "LDIF with names without end",
      filled(`dn: ${"CN=a,".repeat(20_000)}\nmsFVE-RecoveryPassword: ${passwordOf(2)}\n\n`),
    ],
  ]

  it.each(cases)(
    "takes little time and little memory: %s",
    async (_, text) => {
      const before = process.memoryUsage().rss
      const start = performance.now()
      const { candidates, findings } = await searchBytes(text, { wanted, chunkSize: MIB })
      const told = [...candidates.map(({ origin }) => origin), ...findings.map((one) => one.text)]
      expect(Math.max(0, ...told.slice(0, 1000).map(({ length }) => length))).toBeLessThan(1100)
      expect(performance.now() - start).toBeLessThan(20_000)
      expect(process.memoryUsage().rss - before).toBeLessThan(1024 * MIB)
    },
    60_000,
  )
})

function membersOf(count: number): string {
  const member = (_: unknown, i: number): string => `"a${i}":"${guidOf(2)}","b${i}":"${passwordOf(2)}"`
  return `{${Array.from({ length: count }, member).join(",")}}`
}
