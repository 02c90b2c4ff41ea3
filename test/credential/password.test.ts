import { readFileSync } from "node:fs"
import { inspect } from "node:util"
import { describe, expect, it } from "vitest"
import {
  parsePassword,
  parseRecoveryPassword,
  stretchInputOfPassword,
  stretchInputOfRecoveryPassword,
} from "../../src/credential/index.ts"
import { toHex } from "../../src/bytes/hex.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { referenceCrypto } from "../../src/crypto/reference.ts"
import { UsageError } from "../../src/errors.ts"

interface StretchVector {
  readonly credential: "password" | "recovery-password"
  readonly text: string
  readonly initial: string
}

const file = new URL("../vectors/key-stretch.json", import.meta.url)
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { vectors: readonly StretchVector[] }

const forms = (typed: string) => parsePassword(typed).forms.map(({ form, text }) => [form, text.revealText()])

describe("parsePassword", () => {
  it("has one form where all are the same", () => {
    expect(forms("anaconda")).toEqual([["as typed", "anaconda"]])
  })

  it("tries the other composition after what was typed", () => {
    expect(forms("Gr\u00f6\u00dfe")).toEqual([
      ["as typed", "Gr\u00f6\u00dfe"],
      ["in decomposed form (NFD)", "Gro\u0308\u00dfe"],
    ])
    expect(forms("o\u0308")[1]).toEqual(["in composed form (NFC)", "\u00f6"])
  })

  it("tries a password from a file without its newline", () => {
    expect(forms("secret\r\n")).toEqual([
      ["as typed", "secret\r\n"],
      ["without the newline at its end", "secret"],
    ])
  })

  it("keeps spaces, which are part of a password", () => {
    expect(forms(" secret ")).toEqual([["as typed", " secret "]])
  })

  it("keeps what is no valid UTF-16", () => {
    expect(parsePassword("\ud800x").forms[0]!.text.reveal()).toEqual(Uint8Array.of(0x00, 0xd8, 0x78, 0x00))
  })

  it("refuses nothing at all, and never tries an empty form", () => {
    expect(() => parsePassword("")).toThrow(UsageError)
    expect(forms("\n")).toEqual([["as typed", "\n"]])
  })

  it("prints nothing of the password", () => {
    const credential = parsePassword("correct horse")
    expect(inspect(credential, { depth: 9 }) + JSON.stringify(credential)).not.toContain("horse")
  })
})

describe.each([
  ["node", nodeCrypto],
  ["reference", referenceCrypto],
])("the input of the key stretch (%s)", (_, crypto) => {
  it.each(vectors)("is that of Windows for a $credential", ({ credential, text, initial }) => {
    const made =
      credential === "password"
        ? stretchInputOfPassword(parsePassword(text).forms[0]!.text.reveal(), crypto.sha256)
        : stretchInputOfRecoveryPassword(parseRecoveryPassword(text).key16.reveal(), crypto.sha256)
    expect(toHex(made)).toBe(initial)
  })
})
