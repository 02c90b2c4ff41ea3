/**
 * `--credentials-file`: one credential a line, so that secrets need not be on a command line.
 *
 *     # comment
 *     recovery-password: 111111-222222-…        (or the 48 digits alone)
 *     password: everything after the first blank
 *     startup-key: 1A2B3C4D-….BEK               (a file or folder; from the folder of this file)
 *     vmk: 00112233…                            (or: vmk-file: PATH; likewise fvek)
 *
 * The .TXT in which Windows saves a recovery password goes as it is, in any language: it is UTF-16, and of such a file
 * only the 48 digits count. Messages name lines and never repeat them.
 */
import { UsageError } from "../errors.ts"
import { parseUtf16 } from "../bytes/utf16.ts"

export type FileCredential =
  | {
      readonly kind: "recovery-password" | "password" | "vmk" | "fvek"
      readonly text: string
      readonly line: number
    }
  | { readonly kind: "startup-key" | "vmk" | "fvek"; readonly path: string; readonly line: number }

const LINE = /^\s*([a-z-]+)\s*:\s?(.*)$/i
const OURS = /^\s*(recovery-password|password|startup-key|(vmk|fvek)(-file)?)\s*:/i
/** Eight groups of six digits; people and printers put blanks, hyphens and dashes between them. */
const RECOVERY_PASSWORD = /(?<!\d)\d{6}(?:[\s\p{Pd}]*\d{6}){7}(?!\d)/gu

/** @throws UsageError with the number of the line that is none of these */
export function parseCredentialsFile(content: Uint8Array, path: string): FileCredential[] {
  const lines = decode(content).split(/\r\n|\n|\r/)
  const isOurs = lines.some((line) => OURS.test(line))
  const credentials = isOurs ? readLines(lines, path) : findRecoveryPasswords(lines)
  if (credentials.length > 0) return credentials
  throw new UsageError("credentials-file-empty", `${path} holds no credential`, {
    next: ["write one credential a line, such as `recovery-password: 111111-222222-…` or `password: …`"],
  })
}

function readLines(lines: readonly string[], path: string): FileCredential[] {
  return lines.flatMap((text, index) => {
    if (/^\s*(#.*)?$/.test(text)) return []
    const credential = readLine(text, index + 1)
    if (credential) return [credential]
    throw new UsageError("credentials-file-line", `line ${index + 1} of ${path} is no credential`, {
      next: [
        "write recovery-password:, password:, startup-key:, vmk:, vmk-file:, fvek: or fvek-file: before the value",
      ],
    })
  })
}

function readLine(text: string, line: number): FileCredential | undefined {
  const [, name = "", value = ""] = LINE.exec(text) ?? []
  if (value === "") return findRecoveryPasswords([text], line)[0]
  switch (name.toLowerCase()) {
    case "recovery-password":
    case "vmk":
    case "fvek":
      return { kind: name.toLowerCase() as "vmk", text: value.trim(), line }
    case "password":
      return { kind: "password", text: value, line }
    case "startup-key":
      return { kind: "startup-key", path: value.trim(), line }
    case "vmk-file":
    case "fvek-file":
      return { kind: name.toLowerCase() === "vmk-file" ? "vmk" : "fvek", path: value.trim(), line }
    default:
      return undefined
  }
}

function findRecoveryPasswords(lines: readonly string[], firstLine = 1): FileCredential[] {
  return lines.flatMap((text, index) =>
    (text.match(RECOVERY_PASSWORD) ?? []).map((found) => ({
      kind: "recovery-password" as const,
      text: found,
      line: firstLine + index,
    })),
  )
}

/** UTF-16 in either order with its mark, or UTF-8 with or without one. */
function decode(content: Uint8Array): string {
  if (content[0] === 0xff && content[1] === 0xfe) return parseUtf16(content.subarray(2))
  if (content[0] === 0xfe && content[1] === 0xff) return new TextDecoder("utf-16be").decode(content)
  return new TextDecoder().decode(content)
}
