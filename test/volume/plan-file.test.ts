/** Plans as files: what is written is read back, and what was touched is refused. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import type { Run, VolumePlan } from "../../src/volume/index.ts"
import { parsePlan, planDigest, serializePlan } from "../../src/volume/index.ts"

const kinds = fc.constantFrom("plain", "encrypted", "zeroed", "unreadable", "relocated")
const plans = fc
  .record({
    lengths: fc.array(fc.tuple(fc.integer({ min: 1, max: 1 << 20 }), kinds, fc.boolean()), {
      minLength: 1,
      maxLength: 20,
    }),
    method: fc.option(fc.constantFrom(...Object.values(EncryptionMethod)), { nil: undefined }),
    substitutions: fc.array(
      fc.record({ at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
      { maxLength: 3 },
    ),
  })
  .map(({ lengths, method, substitutions }): VolumePlan => {
    let at = 0
    const runs = lengths.map(([sectors, kind, isPlain]): Run => {
      const extent = { start: at, length: sectors * 512 }
      at += extent.length
      if (kind !== "relocated") return { kind, extent }
      return { kind, extent, from: extent.start + 0x1000, stored: isPlain ? "plain" : "encrypted" }
    })
    return { size: at, sectorSize: 512, ...(method !== undefined && { method }), runs, substitutions }
  })

describe("plan files", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        expect(parsePlan(serializePlan(plan, nodeCrypto), nodeCrypto)).toEqual({ plan })
      }),
    )
  })

  it("bring with them what they were decided from", () => {
    const plan: VolumePlan = { size: 512, sectorSize: 512, runs: [], substitutions: [] }
    const whole = { ...plan, runs: [{ kind: "plain", extent: { start: 0, length: 512 } }] as const }
    const finding = { code: "storage-decided-by-trial", severity: "notice", text: 'of "it"' } as const
    const decision = { of: "00ff", findings: [finding, { ...finding, extent: { start: 0, length: 512 } }] }
    const text = serializePlan(whole, nodeCrypto, decision)
    expect(parsePlan(text, nodeCrypto)).toEqual({ plan: whole, decision })
    for (const part of ["00ff", "notice", "decided-by"]) {
      const changed = text.replace(part, part.toUpperCase())
      expect(parsePlan(changed, nodeCrypto)).toHaveProperty("fault")
    }
    expect(parsePlan(text.replace(/,"decided".*$/s, "}"), nodeCrypto)).toHaveProperty("fault")
  })

  it("are refused when a character was changed or the end is gone", () => {
    fc.assert(
      fc.property(plans, fc.nat(), fc.constantFrom("0", "7", "x", "]", " "), (plan, where, letter) => {
        const text = serializePlan(plan, nodeCrypto)
        const at = where % text.trimEnd().length
        const changed = text.slice(0, at) + letter + text.slice(at + 1)
        const parsed = parsePlan(changed, nodeCrypto)
        // White space between values, and another way to write the same number, are no change.
        expect(
          "fault" in parsed || planDigest(parsed.plan, nodeCrypto) === planDigest(plan, nodeCrypto),
        ).toBe(true)
        expect(parsePlan(text.slice(0, at), nodeCrypto)).toHaveProperty("fault")
      }),
    )
  })

  it("say what is wrong with them", () => {
    const fault = (text: string): unknown => parsePlan(text, nodeCrypto)
    expect(fault("")).toEqual({ fault: "is no plan of repair-bde" })
    expect(fault("[]")).toEqual({ fault: "is no plan of repair-bde" })
    expect(fault('{"format":"repair-bde plan","version":2}')).toEqual({
      fault: "is a plan of version 2, not of 1",
    })
    const gap = { size: 1024, sectorSize: 512, runs: [], substitutions: [] }
    expect(fault(serializePlan(gap, nodeCrypto))).toEqual({
      fault: "was changed or cut: its SHA-256 is wrong",
    })
  })
})
