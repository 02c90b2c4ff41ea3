/**
 * Files of ours that hold bytes of a drive: a first line that names kind and version, one JSON object, and a last line with the
 * SHA-256 of every byte before it. Text, so that they can be read, checked and, if need be, used without this program.
 */
import { toHex } from "./hex.ts"

type Sha256 = (...parts: readonly Uint8Array[]) => Uint8Array

/** `foreign`: none of this kind. `newer`: of a later version. `cut`, `altered`: the sum is missing, or wrong. */
export type SummedTextFault = "foreign" | "newer" | "cut" | "altered"

const SUM = /^sha256 ([0-9a-f]{64})\n$/
const SUM_LENGTH = "sha256 \n".length + 64

/** @param signature the first line without the number of the version */
export function serializeSummedText(
  { signature, version }: { readonly signature: string; readonly version: number },
  content: object,
  sha256: Sha256,
): Uint8Array {
  const body = new TextEncoder().encode(`${signature}${version}\n${JSON.stringify(content, null, 2)}\n`)
  const sum = new TextEncoder().encode(`sha256 ${toHex(sha256(body))}\n`)
  const file = new Uint8Array(body.length + sum.length)
  file.set(body)
  file.set(sum, body.length)
  return file
}

/** The JSON value, `undefined` where it is none; or what is wrong with the file. */
export function parseSummedText(
  { signature, version }: { readonly signature: string; readonly version: number },
  file: Uint8Array,
  sha256: Sha256,
): { readonly content: unknown } | SummedTextFault {
  const bodyLength = Math.max(0, file.length - SUM_LENGTH)
  const body = new TextDecoder().decode(file.subarray(0, bodyLength))
  const [head = ""] = body.split("\n", 1)
  if (!head.startsWith(signature)) return "foreign"
  if (head !== `${signature}${version}`) return "newer"
  const sum = SUM.exec(new TextDecoder().decode(file.subarray(bodyLength)))
  if (!sum) return "cut"
  if (sum[1] !== toHex(sha256(file.subarray(0, bodyLength)))) return "altered"
  return { content: parseJson(body.slice(head.length)) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
