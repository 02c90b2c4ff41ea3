/** From a source as data to one that reads: every thread and process opens its own. */
import type { ByteSource, SourceSpec } from "./byte-source.ts"
import type { OpenOptions } from "./descriptor.ts"
import { openFile } from "./file.ts"
import { maskedSource } from "./masked.ts"
import { sliceSource } from "./slice.ts"

/** @throws SourceError */
export async function openSource(spec: SourceSpec, options?: OpenOptions): Promise<ByteSource> {
  switch (spec.kind) {
    case "file":
      return openFile(spec.path, options, spec.size)
    case "device":
      // It starts processes, and to load what does takes 3 ms of every start.
      return (await import("./device.ts")).openDevice(spec, options)
    case "slice": {
      const whole = await openSource(spec.of, options)
      return { ...sliceSource(whole, spec.extent, spec.sectorSize), close: () => whole.close() }
    }
    case "masked": {
      const whole = await openSource(spec.of, options)
      return { ...maskedSource(whole, spec.missing), close: () => whole.close() }
    }
  }
}
