/**
 * How far a scan is and what it has met: JSON, so that a scan of many hours goes on where it was stopped. What was scanned is
 * a list of extents, since threads finish their pieces in any order.
 */
import { type Extent, mergeExtents, totalLength } from "../extents/extent.ts"
import { compactTraces } from "../fve/compact-traces.ts"
import type { Reach, Trace } from "../fve/index.ts"

export interface ScanState {
  readonly version: 1
  /** Bytes of the source: another source has another size, nearly always. */
  readonly size: number
  readonly reach: Reach
  /** Sorted and merged. */
  readonly scanned: readonly Extent[]
  readonly unreadable: readonly Extent[]
  readonly traces: readonly Trace[]
}

export function newScan(size: number, reach: Reach): ScanState {
  return { version: 1, size, reach, scanned: [], unreadable: [], traces: [] }
}

export interface Scanned {
  readonly extent: Extent
  readonly unreadable: readonly Extent[]
  readonly traces: readonly Trace[]
}

export function withScanned(state: ScanState, { extent, unreadable, traces }: Scanned): ScanState {
  return {
    ...state,
    scanned: mergeExtents([...state.scanned, extent]),
    unreadable:
      unreadable.length === 0 ? state.unreadable : mergeExtents([...state.unreadable, ...unreadable]),
    traces: traces.length === 0 ? state.traces : compactTraces([...state.traces, ...traces]),
  }
}

export function scannedBytes({ scanned }: ScanState): number {
  return totalLength(scanned)
}
