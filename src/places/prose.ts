/**
 * Text without a structure of its own: what Windows saved or printed in any language, mails, notes, the text of a PDF. A recovery
 * password belongs to the GUID that stands before it (Windows writes it so since version 7), else to the one behind it, else
 * to the one in the name of the file.
 *
 * Which GUID is meant cannot be certain, and the first eight characters may be all there is: what the drive asks for decides.
 */
import { findGuids, findShortIds, type FoundId, likeliest } from "./key-ids.ts"
import { passwordItem } from "./items.ts"
import type { PlaceItem, WantedKeys } from "./place.ts"
import { findRecoveryPasswords } from "./recovery-passwords.ts"

/** @param text plain @param name of the file, as origins show it */
export function* keysInProse(text: string, name: string, wanted: WantedKeys): Generator<PlaceItem> {
  const ids = cursor(findGuids(text))
  const shortIds = cursor(findShortIds(text, wanted))
  const lines = lineCounter(text)
  const ofName = likeliest(idsOf(findGuids(name)), wanted.protectorIds)
  for (const [password, next] of withNext(findRecoveryPasswords(text))) {
    const end = next?.at ?? text.length
    const before = idsOf(ids.upTo(password.at))
    const protectorId =
      likeliest(before, wanted.protectorIds) ?? ids.takeOne(end, wanted.protectorIds) ?? ofName
    const shortId = shortIds.upTo(password.at).at(-1)?.id ?? shortIds.takeOne(end, [])
    const volumeId = before.find((id) => wanted.volumeIds.includes(id))
    yield passwordItem(password, {
      origin: `${name}, line ${lines.at(password.at)}`,
      ...(protectorId && { protectorId }),
      ...(!protectorId && shortId && { shortId }),
      ...(volumeId && { volumeId }),
    })
  }
}

const idsOf = (found: readonly FoundId[]): string[] => found.map(({ id }) => id)

/** Each name is taken once: in a text where it stands behind its password, it must not count for the next one. */
function cursor(ids: readonly FoundId[]) {
  let next = 0
  const upTo = (at: number): readonly FoundId[] => {
    const start = next
    while (next < ids.length && ids[next]!.at < at) next++
    return ids.slice(start, next)
  }
  return {
    /** Takes those before `at`. */
    upTo,
    /** Takes the first one before `at`, or the one that is wanted, and leaves those behind it. */
    takeOne(at: number, wanted: readonly string[]): string | undefined {
      const start = next
      const ahead = upTo(at)
      const index = Math.max(
        0,
        ahead.findIndex(({ id }) => wanted.includes(id)),
      )
      next = Math.min(start + index + 1, start + ahead.length)
      return ahead[index]?.id
    },
  }
}

/** Numbers of lines, for positions that only grow. */
function lineCounter(text: string) {
  let line = 1
  let end = text.indexOf("\n")
  return {
    at(position: number): number {
      while (end >= 0 && end < position) {
        line++
        end = text.indexOf("\n", end + 1)
      }
      return line
    },
  }
}

function* withNext<T>(items: Iterable<T>): Generator<[T, T | undefined]> {
  let held: T | undefined
  for (const item of items) {
    if (held !== undefined) yield [held, item]
    held = item
  }
  if (held !== undefined) yield [held, undefined]
}
