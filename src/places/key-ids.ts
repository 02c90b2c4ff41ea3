/** GUIDs in a text, and the short forms of those that a drive asks for. */
import type { WantedKeys } from "./place.ts"

const GUID = /(?<![0-9a-z-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z-])/gi
const SHORT_ID_LENGTH = 8

export interface FoundId {
  readonly at: number
  /** Upper case without braces. */
  readonly id: string
}

export function findGuids(text: string): FoundId[] {
  return [...text.matchAll(GUID)].map(({ 0: id, index }) => ({ at: index, id: id.toUpperCase() }))
}

export function shortIdOf(id: string): string {
  return id.slice(0, SHORT_ID_LENGTH)
}

/** Eight such characters may also be a date, so only those that are asked for count. */
export function findShortIds(text: string, { shortIds }: WantedKeys): FoundId[] {
  if (shortIds.length === 0) return []
  const pattern = new RegExp(`(?<![0-9a-z-])(?:${shortIds.join("|")})(?![0-9a-z-])`, "gi")
  return [...text.matchAll(pattern)].map(({ 0: id, index }) => ({ at: index, id: id.toUpperCase() }))
}

/** Of several names for one key the one that the drive asks for; else the last, which stands nearest before the key. */
export function likeliest(ids: readonly string[], wanted: readonly string[]): string | undefined {
  return ids.find((id) => wanted.includes(id)) ?? ids.at(-1)
}
