/**
 * The output as a drawing: cells from left to right and from top to bottom, each for an equal part of it, in the colour of the
 * most serious thing in it. One lost sector in a TiB is one cell, and cannot be overlooked.
 */
import { endOf } from "../extents/extent.ts"
import type { Range, RangeState } from "./document.ts"
import { type Html, html } from "./html.ts"

const COLUMNS = 64
const ROWS = 12
const PITCH = 12
const CELL = 10.5

/** What a cell shows of several states in it. */
const SERIOUSNESS: Readonly<Record<RangeState, number>> = { decrypted: 0, plain: 1, structure: 2, lost: 3 }

/** @returns one state for each cell */
export function cellsOf(ranges: readonly Range[], cellCount: number): RangeState[] {
  const size = ranges.reduce((end, range) => Math.max(end, endOf(range)), 0)
  const cells: (RangeState | undefined)[] = Array.from({ length: Math.min(cellCount, size) })
  for (const range of ranges) {
    const first = Math.floor((range.start * cells.length) / size)
    const last = Math.ceil((endOf(range) * cells.length) / size)
    for (let i = first; i < last; i++) {
      const seen = cells[i]
      if (seen === undefined || SERIOUSNESS[range.state] > SERIOUSNESS[seen]) cells[i] = range.state
    }
  }
  return cells.map((state) => state ?? "decrypted")
}

/** @param description what the drawing shows, for who cannot see it */
export function drawMap(ranges: readonly Range[], description: string): Html {
  const cells = cellsOf(ranges, COLUMNS * ROWS)
  const rows = Math.ceil(cells.length / COLUMNS)
  const rects = cells.map((state, i) => {
    const [x, y] = [(i % COLUMNS) * PITCH, Math.floor(i / COLUMNS) * PITCH]
    const rect = html`<rect class="${state}" x="${x}" y="${y}" width="${CELL}" height="${CELL}" rx="2" />`
    // Not by colour alone.
    const stroke = html`<path
      class="stroke"
      d="M${x + 2.5} ${y + CELL - 2.5}L${x + CELL - 2.5} ${y + 2.5}"
    />`
    return state === "lost" ? [rect, stroke] : rect
  })
  const [width, height] = [COLUMNS * PITCH - (PITCH - CELL), rows * PITCH - (PITCH - CELL)]
  return html`<svg class="map" viewBox="0 0 ${width} ${height}" role="img" aria-label="${description}">
    ${rects}
  </svg>`
}
