/** The undo file: nothing of it is believed unless all of it is there and makes sense. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { toHex } from "../../src/bytes/hex.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { type UndoFile, parseUndoFile, serializeUndoFile } from "../../src/patch/index.ts"

const { sha256 } = nodeCrypto
const undo: UndoFile = {
  created: new Date("2024-01-31T23:59:59.000Z"),
  input: '/dev/disk/by-id/größe "1"\n',
  patch: {
    identity: {
      volumeId: "1A2B3C4D-1111-2222-3333-444455556666",
      keyIds: ["AAAAAAAA-1111-2222-3333-444455556666"],
      sourceSize: 1 << 20,
      sectorSize: 512,
      volumeOffset: 0x1000,
    },
    edits: [
      {
        at: 0x2000,
        what: "metadata copy 1",
        before: new Uint8Array(1024).fill(1),
        after: new Uint8Array(1024).fill(2),
      },
      {
        at: 0x1000,
        what: "boot sector",
        before: new Uint8Array(512).fill(3),
        after: new Uint8Array(512).fill(4),
      },
    ],
  },
}
const file = serializeUndoFile(undo, sha256)
const text = new TextDecoder().decode(file)

/** With another content and a right sum. */
function summed(body: string): Uint8Array {
  const bytes = new TextEncoder().encode(body)
  return new TextEncoder().encode(`${body}sha256 ${toHex(sha256(bytes))}\n`)
}
const bodyOf = (whole: string): string => whole.slice(0, whole.lastIndexOf("sha256 "))
const changed = (from: string, to: string): Uint8Array => {
  expect(text).toContain(from)
  return summed(bodyOf(text).replace(from, to))
}

describe("an undo file", () => {
  it("comes back as it was saved", () => {
    expect(parseUndoFile(file, sha256)).toEqual(undo)
  })

  it("comes back whatever the patch is", () => {
    const edit = fc.record({
      before: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      after: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      what: fc.string(),
    })
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 8 }), fc.string(), (edits, input) => {
        const identity = { ...undo.patch.identity, sectorSize: 16 }
        const patch = { identity, edits: edits.map((one, i) => ({ ...one, at: 32 * i })) }
        const one = { ...undo, input, patch }
        expect(parseUndoFile(serializeUndoFile(one, sha256), sha256)).toEqual(one)
      }),
    )
  })

  it("can be read by a person", () => {
    expect(text.split("\n").slice(0, 5)).toEqual([
      "repair-bde undo file, version 1",
      "{",
      '  "created": "2024-01-31T23:59:59.000Z",',
      '  "input": "/dev/disk/by-id/größe \\"1\\"\\n",',
      '  "identity": {',
    ])
    expect(text).toContain('"what": "boot sector"')
  })

  it("is refused at every length but its own", () => {
    for (let length = 0; length < file.length; length++) {
      expect(typeof parseUndoFile(file.subarray(0, length), sha256), `${length}`).toBe("string")
    }
    expect(parseUndoFile(file.subarray(0, -1), sha256)).toBe("cut")
    expect(parseUndoFile(new Uint8Array([...file, 0x0a]), sha256)).toBe("cut")
  })

  it("is refused with any bit changed", () => {
    for (let at = 0; at < file.length; at++) {
      const wrong = file.slice()
      wrong[at]! ^= 1 << (at & 7)
      expect(typeof parseUndoFile(wrong, sha256), `${at}`).toBe("string")
    }
  })

  it("is told from other files and from later versions", () => {
    expect(parseUndoFile(new Uint8Array(0), sha256)).toBe("foreign")
    expect(parseUndoFile(new TextEncoder().encode("repair-bde log\n".repeat(20)), sha256)).toBe("foreign")
    expect(parseUndoFile(changed("version 1", "version 2"), sha256)).toBe("newer")
    expect(parseUndoFile(changed("boot sector", "boot block"), sha256)).toMatchObject({ input: undo.input })
  })

  it.each([
    ["beyond the end of the drive", '"sourceSize": 1048576', '"sourceSize": 8192'],
    ["between two sectors", '"at": 4096', '"at": 4097'],
    ["before the drive", '"at": 4096', '"at": -512'],
    ["at no number", '"at": 4096', '"at": 1e999'],
    ["over each other", '"at": 4096', '"at": 8704'],
    ["of another length than it says", '"length": 512', '"length": 1024'],
    ["of no length", '"length": 512', '"length": 0'],
    ["with other letters than hex", "0303", "03zz"],
    ["with one digit less", "0303", "030"],
    ["to a volume that has no name", "1A2B3C4D-1111", "1A2B3C4D_1111"],
    ["with sectors of no bytes", '"sectorSize": 512', '"sectorSize": 0'],
    ["of no time", "2024-01-31", "2024-13-31"],
    ["of no shape", '"edits": [', '"edits": 5, "others": ['],
    ["of broken JSON", '"edits": [', '"edits": [['],
  ])("is refused when it says to write %s, though its sum is right", (_, from, to) => {
    expect(parseUndoFile(changed(from, to), sha256)).toBe("wrong")
  })

  it("never throws", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const body = `repair-bde undo file, version 1\n${json}\n`
        expect(["wrong", "object"]).toContain(
          typeof parseUndoFile(summed(body), sha256) === "object" ? "object" : "wrong",
        )
      }),
    )
  })
})
