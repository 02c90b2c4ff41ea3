/** What was read from which column, said at the end: how a table was understood is not to be guessed by who reads the result. */
import type { PlaceItem } from "./place.ts"
import { finding } from "./items.ts"
import type { RecordKeys } from "./record.ts"

export interface RecordTally {
  add(record: RecordKeys): void
  /** Nothing when no record held a key. */
  said(how: string): PlaceItem[]
}

export function recordTally(): RecordTally {
  const keyCells = new Map<string, number>()
  const idCells = new Map<string, number>()
  let withoutId = 0
  const count = (cells: Map<string, number>, name: string): void => {
    // Objects of JSON may have any names, and a hostile file a new one in each.
    if (cells.size < MOST_NAMES || cells.has(name)) cells.set(name, (cells.get(name) ?? 0) + 1)
  }
  return {
    add({ keyCells: names, idCell }) {
      for (const name of names) count(keyCells, name)
      if (idCell !== undefined) count(idCells, idCell)
      else if (names.length > 0) withoutId++
    },
    said(how) {
      if (keyCells.size === 0) return []
      const ids = idCells.size > 0 ? `key IDs in ${namesOf(idCells)}` : "no key IDs"
      const without = idCells.size > 0 && withoutId > 0 ? `, ${withoutId} without one` : ""
      const text = `${how}: keys in ${namesOf(keyCells)}, ${ids}${without}`
      const evidence = { keys: [...keyCells.keys()], keyIds: [...idCells.keys()], withoutKeyId: withoutId }
      return [finding("table-read", text, evidence)]
    },
  }
}

const MOST_NAMES = 64
const SHOWN_NAMES = 4

function namesOf(cells: ReadonlyMap<string, number>): string {
  const names = [...cells].sort(([, a], [, b]) => b - a).map(([name, rows]) => `"${name}" (${rows})`)
  const rest = names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : ""
  return names.slice(0, SHOWN_NAMES).join(", ") + rest
}
