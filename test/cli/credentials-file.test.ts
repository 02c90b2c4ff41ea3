import { describe, expect, it } from "vitest"
import { parseCredentialsFile, type FileCredential } from "../../src/cli/credentials-file.ts"
import { UsageError } from "../../src/errors.ts"

const DIGITS = "110011-220022-330033-440044-550055-660066-000011-123453"

const parse = (text: string | Uint8Array): FileCredential[] =>
  parseCredentialsFile(typeof text === "string" ? Buffer.from(text) : text, "keys.txt")

/** As Windows saves it, here in German; the key ID above the digits is no credential. */
const WINDOWS_FILE = [
  "BitLocker-Laufwerkverschlüsselung: Wiederherstellungsschlüssel ",
  "",
  "Bezeichner:",
  "",
  "\t64311DEA-4587-4029-924A-BA299647998E",
  "",
  "Wiederherstellungsschlüssel:",
  "",
  `\t${DIGITS}`,
  "",
].join("\r\n")

describe("a credentials file", () => {
  it("has one credential a line", () => {
    const text = [
      "# keys of the blue drive",
      "",
      `recovery-password: ${DIGITS}`,
      `  ${DIGITS.replaceAll("-", " ")}`,
      "Password: two  words, a # and a : ",
      "startup-key: keys/a.BEK",
      "vmk: 00112233",
      "fvek-file: fvek.bin",
    ].join("\n")
    expect(parse(text)).toEqual([
      { kind: "recovery-password", text: DIGITS, line: 3 },
      { kind: "recovery-password", text: DIGITS.replaceAll("-", " "), line: 4 },
      { kind: "password", text: "two  words, a # and a : ", line: 5 },
      { kind: "startup-key", path: "keys/a.BEK", line: 6 },
      { kind: "vmk", text: "00112233", line: 7 },
      { kind: "fvek", path: "fvek.bin", line: 8 },
    ])
  })

  it.each([
    [
      "UTF-16 with its mark",
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(WINDOWS_FILE, "utf16le")]),
    ],
    [
      "UTF-16 in the other order",
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(WINDOWS_FILE, "utf16le")]).swap16(),
    ],
    ["UTF-8 with its mark", Buffer.from(`\ufeff${WINDOWS_FILE}`)],
    ["UTF-8", Buffer.from(WINDOWS_FILE)],
  ])("may be the file that Windows saved: %s", (_, content) => {
    expect(parse(content)).toEqual([{ kind: "recovery-password", text: DIGITS, line: 9 }])
  })

  it("may be the digits alone, with whatever dashes", () => {
    expect(parse(DIGITS)).toHaveLength(1)
    expect(parse(DIGITS.replaceAll("-", "\u2013"))).toHaveLength(1)
    expect(parse(DIGITS.replaceAll("-", ""))).toHaveLength(1)
  })

  it("names the line that is no credential, and not what is in it", () => {
    const error = refusal("password: right\nhunter2\n")
    expect(error).toMatchObject({ code: "credentials-file-line", exitCode: 2 })
    expect(error.message).toBe("line 2 of keys.txt is no credential")
    expect(refusal("password:\n").message).toContain("line 1")
  })

  it("is refused when nothing is in it", () => {
    for (const text of ["", "\n\n", "hunter2", "\0\u0001\u0002", `${DIGITS}1`]) {
      expect(refusal(text)).toMatchObject({ code: "credentials-file-empty" })
      expect(refusal(text).message).not.toContain("hunter2")
    }
  })
})

function refusal(text: string): UsageError {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof UsageError) return error
  }
  throw new Error("accepted")
}
