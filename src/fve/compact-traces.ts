/** The traces of a search in order: none twice, and none that another one contains. */
import { type Extent, contains, extent } from "../extents/extent.ts"
import type { Trace } from "./trace.ts"

/** Far more than a disk of many terabytes has in the middle of a conversion; crafted ones must not fill the memory. */
const MOST_OF_A_KIND = 200_000

/**
 * Sorted by place. Datums in the area of a metadata block that is more than a header are no strays, and bitmap records in
 * their bitmap no remains: reading the whole tells more.
 */
export function compactTraces(traces: readonly Trace[]): Trace[] {
  const sorted = [...traces].sort((a, b) => a.at - b.at || (a.kind < b.kind ? -1 : 1))
  const compact: Trace[] = []
  const counts = new Map<Trace["kind"], number>()
  let block: Extent = extent(0, 0)
  let bitmap: Extent = extent(0, 0)
  for (const trace of sorted) {
    const last = compact.at(-1)
    if (last?.at === trace.at && last.kind === trace.kind) continue
    if (trace.kind === "datum" && contains(block, trace.at)) continue
    if (trace.kind === "eow-record" && contains(bitmap, trace.at)) continue
    if (trace.kind === "metadata-block" && trace.health !== "header") block = extent(trace.at, trace.areaSize)
    if (trace.kind === "eow-bitmap") bitmap = extent(trace.at, trace.size)
    const count = counts.get(trace.kind) ?? 0
    if (count === MOST_OF_A_KIND) continue
    counts.set(trace.kind, count + 1)
    compact.push(trace)
  }
  return compact
}
