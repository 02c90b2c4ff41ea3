import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { concatBytes } from "../../../src/bytes/concat.ts"
import {
  MalformedAnswer,
  Tag,
  element,
  expectElement,
  integer,
  messageLength,
  octets,
  readElements,
  readInteger,
  sequence,
} from "../../../src/places/ad-ds/ber.ts"
import {
  all,
  any,
  contains,
  equal,
  filterText,
  present,
  serializeFilter,
} from "../../../src/places/ad-ds/filter.ts"
import { parseMessage } from "../../../src/places/ad-ds/messages.ts"
import { answers } from "../../servers/ldap.ts"

describe("elements", () => {
  it("read back as they were written, whatever their length", () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65535, 65536]) {
      const bytes = element(Tag.octetString, new Uint8Array(length).fill(7))
      expect(readElements(concatBytes([bytes, bytes]))).toEqual([
        { tag: Tag.octetString, content: new Uint8Array(length).fill(7) },
        { tag: Tag.octetString, content: new Uint8Array(length).fill(7) },
      ])
    }
  })

  it("have integers that read back as they were written", () => {
    fc.assert(
      fc.property(fc.nat({ max: 0x7fffffff }), (value) => {
        const [read] = readElements(integer(value))
        expect(readInteger(expectElement(read, Tag.integer, "it"))).toBe(value)
      }),
    )
  })

  it.each([
    [[0xff], -1],
    [[0x80], -128],
    [[0xff, 0x7f], -129],
  ])("have the integer %j for %i", (bytes, value) => {
    expect(readInteger(Uint8Array.from(bytes))).toBe(value)
  })

  it("tell how long a message is as soon as that can be told, and never later", () => {
    const message = sequence(octets("x".repeat(300)))
    for (let length = 0; length <= message.length; length++) {
      expect(messageLength(message.subarray(0, length), 1000)).toBe(length < 4 ? undefined : message.length)
    }
    expect(() => messageLength(message, 303)).toThrow(MalformedAnswer)
  })
})

describe("messages", () => {
  const valid = concatBytes([
    answers.entry(3, "CN=x", { a: ["b", "c"], "msFVE-RecoveryGuid": [new Uint8Array(16)] }),
  ])

  it("hold what was put into them", () => {
    const { id, answer } = parseMessage(valid)
    expect(id).toBe(3)
    expect(answer).toMatchObject({ kind: "entry", entry: { dn: "CN=x" } })
    const entry = answer.kind === "entry" ? answer.entry : undefined
    expect(entry!.attributes.get("msfve-recoveryguid")).toEqual([new Uint8Array(16)])
  })

  it("are read or refused, wherever they are damaged", () => {
    const damage = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(damage, fc.nat(valid.length), (changes, length) => {
        const bytes = valid.slice(0, valid.length - (length % 3))
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        try {
          parseMessage(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedAnswer)
        }
      }),
      { numRuns: 20_000 },
    )
  })
})

describe("filters", () => {
  const filter = all(
    equal("objectClass", "computer"),
    any(contains("name", "{A*)(b"), equal("guid", Uint8Array.of(0, 0x2a, 0xff)), present("cn")),
  )

  it("are escaped byte by byte in their text, so that no value can end one", () => {
    expect(filterText(filter)).toBe(
      "(&(objectClass=\\63\\6f\\6d\\70\\75\\74\\65\\72)(|(name=*\\7b\\41\\2a\\29\\28\\62*)(guid=\\00\\2a\\ff)(cn=*)))",
    )
  })

  it("carry their values as they are over the wire", () => {
    const [read] = readElements(serializeFilter(filter))
    const [, second] = readElements(read!.content)
    const [name, guid] = readElements(second!.content)
    expect([read!.tag, second!.tag, name!.tag, guid!.tag]).toEqual([0xa0, 0xa1, 0xa4, 0xa3])
    expect(readElements(guid!.content)[1]!.content).toEqual(Uint8Array.of(0, 0x2a, 0xff))
  })
})
