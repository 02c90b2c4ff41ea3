/** Bytes in memory as a source: tests, browsers, and structures that were assembled rather than read. */
import type { ByteSource } from "./byte-source.ts"
import { assertInside } from "./bounds.ts"

export function memorySource(bytes: Uint8Array, sectorSize = 512): ByteSource {
  return {
    size: bytes.length,
    sectorSize,
    async read(at, into, signal) {
      signal?.throwIfAborted()
      assertInside(bytes.length, at, into.length)
      into.set(bytes.subarray(at, at + into.length))
      return []
    },
    close: async () => {},
  }
}
