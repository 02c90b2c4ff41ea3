/** Keys and names made from numbers, and what a search of a file found of them. */
import { createHash } from "node:crypto"
import { parseGuid, serializeGuid } from "../../src/bytes/guid.ts"
import { formatRecoveryPassword } from "../../src/credential/index.ts"
import type { Finding } from "../../src/findings.ts"
import { keysInFile } from "../../src/places/file.ts"
import type { KeyCandidate, PlaceItem, WantedKeys } from "../../src/places/place.ts"

const bytesOf = (what: string): Uint8Array => createHash("sha256").update(what).digest().subarray(0, 16)

/** 48 digits. */
export const passwordOf = (seed: number): string => formatRecoveryPassword(bytesOf(`password ${seed}`))
export const guidOf = (seed: number): string => parseGuid(bytesOf(`guid ${seed}`))
export const guidBytes = (guid: string): Uint8Array => serializeGuid(guid)
export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")

/** One group changed, so that it is no multiple of 11. */
export function mistyped(password: string, group: number): string {
  const groups = password.split("-")
  groups[group - 1] = String((Number(groups[group - 1]) + 1) % 1_000_000).padStart(6, "0")
  return groups.join("-")
}

export const NOTHING_WANTED: WantedKeys = { volumeIds: [], protectorIds: [], shortIds: [], computers: [] }

export function wantedOf(...protectorIds: string[]): WantedKeys {
  return { ...NOTHING_WANTED, protectorIds, shortIds: protectorIds.map((id) => id.slice(0, 8)) }
}

export interface Searched {
  readonly candidates: readonly KeyCandidate[]
  /** The recovery passwords among them: 48 digits and key ID. */
  readonly passwords: readonly (readonly [string, string | undefined])[]
  readonly findings: readonly Finding[]
}

export async function sort(items: AsyncIterable<PlaceItem> | Iterable<PlaceItem>): Promise<Searched> {
  const candidates: KeyCandidate[] = []
  const findings: Finding[] = []
  for await (const item of items) {
    if (item.type === "candidate") candidates.push(item.candidate)
    else findings.push(item.finding)
  }
  const passwords = candidates.flatMap((one) => {
    const digits = digitsOf(one)
    return digits === undefined ? [] : [[digits, one.protectorId] as const]
  })
  return { candidates, passwords, findings }
}

export function digitsOf(candidate: KeyCandidate): string | undefined {
  return candidate.kind === "recovery-password"
    ? formatRecoveryPassword(candidate.credential.key16.reveal())
    : undefined
}

/** @param chunkSize of the reads, which must not matter */
export function searchBytes(
  content: Uint8Array | string,
  { name = "file", wanted = NOTHING_WANTED, chunkSize = Infinity } = {},
): Promise<Searched> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
  return sort(keysInFile({ name, chunks: inChunks(bytes, chunkSize) }, wanted))
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, Math.min(bytes.length, at + size))
}

export function utf16(text: string, { bigEndian = false, mark = true } = {}): Uint8Array {
  const bytes = Buffer.from(mark ? `\ufeff${text}` : text, "utf16le")
  return new Uint8Array(bigEndian ? bytes.swap16() : bytes)
}
