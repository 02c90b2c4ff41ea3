import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { concatBytes } from "../../src/bytes/concat.ts"
import type { Finding } from "../../src/findings.ts"
import {
  DatumHeader,
  DatumRole,
  DatumType,
  parseDatums,
  serializeDatum,
  serializeUnicodeDatum,
  StretchKeyBody,
} from "../../src/fve/index.ts"
import { allDatums } from "../suites/all-datums.ts"

const walk = (bytes: Uint8Array) => {
  const findings: Finding[] = []
  return { datums: parseDatums(bytes, 0, bytes.length, findings), findings }
}

const description = serializeUnicodeDatum(DatumRole.description, "HOME C: 1/2/2020")
const stretch = serializeDatum({
  role: DatumRole.property,
  type: DatumType.stretchKey,
  body: [StretchKeyBody.serialize({ keyType: 0x1001, keyFlags: 0, salt: new Uint8Array(16) }), description],
})

describe("parseDatums", () => {
  it("finds datums of any size one behind the other", () => {
    const odd = serializeDatum({ role: 0x77, type: 0x99, flags: 0x8005, body: [new Uint8Array(37)] })
    const { datums, findings } = walk(concatBytes([odd, description]))
    expect(datums).toMatchObject([
      { role: 0x77, type: 0x99, flags: 0x8005, size: 45 },
      { offset: 45, role: 7 },
    ])
    expect(findings).toEqual([])
  })

  it("finds the properties of the types that have some", () => {
    const [datum] = walk(stretch).datums
    expect(datum?.properties).toMatchObject([{ type: DatumType.unicode, offset: 28 }])
  })

  it.each([
    ["an impossible size", "has an impossible size", (bytes: Uint8Array) => bytes.fill(0, 0, 2)],
    ["a size past its dataset", "ends past its dataset", (bytes: Uint8Array) => bytes.fill(0xff, 0, 2)],
  ])("stops at %s, keeps what was before, and says where", (_, text, damage) => {
    const broken = description.slice()
    damage(broken)
    const { datums, findings } = walk(concatBytes([description, broken, description]))
    expect(datums).toHaveLength(1)
    expect(findings).toMatchObject([{ code: "datum-broken", severity: "damage" }])
    expect(findings[0]!.text).toBe(`datum at 0x${description.length.toString(16)} ${text}`)
  })

  it("calls a tail too short for a header cut off", () => {
    const { datums, findings } = walk(concatBytes([description, new Uint8Array(5)]))
    expect(datums).toHaveLength(1)
    expect(findings[0]!.text).toContain("is cut off in its header")
  })

  it("goes no deeper than it must", () => {
    let nested = description
    for (let depth = 0; depth < 1000; depth++) {
      nested = serializeDatum({ role: 0, type: DatumType.useKey, body: [new Uint8Array(4), nested] })
    }
    const { datums } = walk(nested)
    expect([...allDatums(datums)].length).toBeLessThan(12)
  })

  it("ends on any bytes, with datums that lie in them and do not overlap", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (noise) => {
        let end = 0
        for (const { offset, size } of walk(noise).datums) {
          expect(offset).toBe(end)
          expect(size).toBeGreaterThanOrEqual(DatumHeader.size)
          end = offset + size
        }
        expect(end).toBeLessThanOrEqual(noise.length)
      }),
    )
  })

  it("gives back what was written, whatever it was", () => {
    const anyDatum = fc.record({
      role: fc.nat(0xffff),
      type: fc.nat(0xffff),
      flags: fc.nat(0xffff),
      body: fc.tuple(fc.uint8Array({ maxLength: 300 })),
    })
    fc.assert(
      fc.property(fc.array(anyDatum, { maxLength: 10 }), (parts) => {
        const bytes = concatBytes(parts.map(serializeDatum))
        const { datums } = walk(bytes)
        const again = datums.map(({ role, type, flags, body }) =>
          serializeDatum({ role, type, flags, body: [body] }),
        )
        expect(concatBytes(again)).toEqual(bytes)
      }),
    )
  })

  it("refuses to write a datum that its size field cannot hold", () => {
    expect(() => serializeDatum({ role: 0, type: 0, body: [new Uint8Array(65_529)] })).toThrow(RangeError)
  })
})
