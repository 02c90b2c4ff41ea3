/**
 * A block device as a source. Requests are made in whole sectors, past the page cache where the system offers it
 * (O_DIRECT): measured, one bad sector then costs itself and not the page around it, and a drive is not read through
 * memory that it will never use again. Direct reads go straight into memory that the system takes (page-aligned memory
 * does), and through a page-aligned one of our own otherwise.
 *
 * Raw devices of Windows and macOS want whole sectors too, and have no O_DIRECT.
 */
import { constants } from "node:fs"
import { access } from "node:fs/promises"
import { SourceError } from "../errors.ts"
import {
  type Extent,
  alignDown,
  alignUp,
  extent,
  extentBetween,
  intersect,
  mergeExtents,
} from "../extents/extent.ts"
import { assertInside } from "./bounds.ts"
import type { ByteSource, SourceSpec } from "./byte-source.ts"
import { type Descriptor, type OpenOptions, openDescriptor } from "./descriptor.ts"
import { openDistantDescriptor } from "./distant-descriptor.ts"
import { errnoOf, openFailure, readFailure } from "./failures.ts"
import { fill, fillOnce } from "./fill.ts"
import { pageMemory } from "./page-memory.ts"

/** Bytes read at once on behalf of a caller whose memory the device does not take. */
const BOUNCE = 256 << 10

type DeviceSpec = Extract<SourceSpec, { kind: "device" }>

export async function openDevice(spec: DeviceSpec, options: OpenOptions = {}): Promise<ByteSource> {
  const { path, size, sectorSize } = spec
  const descriptor = await openBest(spec, options).catch((error: unknown) => {
    throw options.signal?.aborted || error instanceof SourceError ? error : openFailure(path, error)
  })
  const spareMemory: Uint8Array[] = []
  /** Memory that direct reads have refused once. */
  const refused = new WeakSet<ArrayBufferLike>()

  const isAligned = (at: number, into: Uint8Array): boolean =>
    at % sectorSize === 0 && into.length % sectorSize === 0 && into.byteOffset % sectorSize === 0

  type Work = typeof fill

  async function readThroughSpare(
    work: Work,
    at: number,
    into: Uint8Array,
    signal?: AbortSignal,
  ): Promise<Extent[]> {
    const spare = spareMemory.pop() ?? pageMemory(BOUNCE)
    try {
      const unreadable: Extent[] = []
      const wanted = extent(at, into.length)
      const end = alignUp(at + into.length, sectorSize)
      for (let start = alignDown(at, sectorSize); start < end; start += BOUNCE) {
        const sectors = extentBetween(start, Math.min(start + BOUNCE, end))
        const bytes = spare.subarray(0, sectors.length)
        unreadable.push(...(await work(descriptor.pread, start, bytes, sectorSize, signal)))
        const part = intersect(sectors, wanted)
        into.set(spare.subarray(part.start - start, part.start - start + part.length), part.start - at)
      }
      return mergeExtents(unreadable.map((e) => intersect(e, wanted)))
    } finally {
      spareMemory.push(spare)
    }
  }

  async function read(
    work: Work,
    at: number,
    into: Uint8Array,
    signal?: AbortSignal,
  ): Promise<readonly Extent[]> {
    if (isAligned(at, into) && !refused.has(into.buffer)) {
      try {
        return await work(descriptor.pread, at, into, sectorSize, signal)
      } catch (error) {
        if (errnoOf(error) !== "EINVAL") throw error
        refused.add(into.buffer)
      }
    }
    return readThroughSpare(work, at, into, signal)
  }

  const reading =
    (work: Work): ByteSource["read"] =>
    async (at, into, signal) => {
      assertInside(size, at, into.length)
      try {
        const unreadable = await read(work, at, into, signal)
        // A drive that was pulled out fails sector by sector, as a bad one does; but its name is gone.
        if (unreadable.length > 0 && path.startsWith("/")) await access(path)
        return unreadable
      } catch (error) {
        throw readFailure(path, at, size, error, options.signal?.aborted ? options.signal : signal)
      }
    }

  return {
    size,
    sectorSize,
    read: reading(fill),
    readOnce: reading(fillOnce),
    close: () => descriptor.close(),
  }
}

/** Past the page cache when the first sector can be read that way, which not every driver offers. */
async function openBest(spec: DeviceSpec, options: OpenOptions): Promise<Descriptor> {
  const { sectorSize } = spec
  if (constants.O_DIRECT === undefined) return openEither(spec, options)
  try {
    const direct = await openEither(spec, { ...options, direct: true })
    if (!(await refusesAll(direct, sectorSize))) return direct
    await direct.close()
  } catch (error) {
    if (errnoOf(error) !== "EINVAL") throw error
  }
  return openEither(spec, options)
}

function openEither(
  { path, sectorSize }: DeviceSpec,
  options: OpenOptions & { readonly direct?: boolean },
): Promise<Descriptor> {
  const { readTimeoutMs } = options
  return readTimeoutMs === undefined
    ? openDescriptor(path, options)
    : openDistantDescriptor(path, { ...options, sectorSize, readTimeoutMs })
}

async function refusesAll(direct: Descriptor, sectorSize: number): Promise<boolean> {
  try {
    await direct.pread(0, pageMemory(sectorSize).subarray(0, sectorSize))
  } catch (error) {
    return errnoOf(error) === "EINVAL"
  }
  return false
}
