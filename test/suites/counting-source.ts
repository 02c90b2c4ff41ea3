/** Proves that reads are few: a source that keeps what was asked of it. */
import type { Extent } from "../../src/extents/extent.ts"
import type { ByteSource } from "../../src/source/index.ts"

export interface CountingSource extends ByteSource {
  /** Every request, in order. */
  readonly requests: readonly Extent[]
  /** Sum of their lengths. */
  bytesRead(): number
}

export function countingSource(source: ByteSource): CountingSource {
  const requests: Extent[] = []
  return {
    size: source.size,
    sectorSize: source.sectorSize,
    ...(source.held && { held: source.held }),
    requests,
    bytesRead: () => requests.reduce((sum, { length }) => sum + length, 0),
    read(at, into, signal) {
      requests.push({ start: at, length: into.length })
      return source.read(at, into, signal)
    },
    close: () => source.close(),
  }
}
