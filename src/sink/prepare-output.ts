/**
 * Everything that can be wrong with an output, found before its first byte is written: it exists, it is the input, it lies
 * on the drive that is being rescued, another run writes it, it is too small. Then it is created, at its full size, and
 * locked; the lanes only open it.
 *
 * A new file is made of zeros, so zeros may be skipped in it. An existing one is cut or extended to its size at once and
 * overwritten in place, zeros included; one that an earlier run began goes on as it was, and zeros are compared.
 */
import { type BigIntStats, constants, fstat } from "node:fs"
import { type FileHandle, open, realpath, rm, stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { promisify } from "node:util"
import { SinkError } from "../errors.ts"
import { errnoOf, existsFailure, openFailure } from "./failures.ts"
import { type FreeSpace, refuseLimits, surveySpace } from "./free-space.ts"
import { deviceSize, mountPointsOf } from "./linux-disks.ts"
import { lockOutput } from "./lock.ts"
import type { SinkSpec, ZeroHandling } from "./positional-sink.ts"
import { refuseSource } from "./refuse-source.ts"

export interface OutputRequest {
  /** A file, a block device, or `-` for standard output. */
  readonly path: string
  /** Bytes that will be written, from position 0 on. */
  readonly size: number
  /** A file is extended to it, with a hole. Absent: it ends at `size`. */
  readonly fullSize?: number
  readonly existing: ExistingOutput
  /** Zeros become holes where the file is ours from the start and its file system has holes. */
  readonly sparse: boolean
  /** A place may be written again, with zeros where something else stood: a fill pattern, and later what was read. */
  readonly rewrites?: boolean
  /** The file or device that is read. */
  readonly inputPath: string
  /** Names what stands on a device, from its first 64 KiB; `undefined` when nothing is there. */
  readonly recognise?: (head: Uint8Array) => Promise<string | undefined>
}

/** What becomes of a file that is there already; `continue` is for one that an earlier run of ours began. */
export type ExistingOutput = "refuse" | "overwrite" | "continue"

export interface PreparedOutput {
  readonly spec: SinkSpec
  /** This run made the file. */
  readonly created: boolean
  /** What stood there before: ask before the first byte when it holds something. */
  readonly existing?: { readonly size: number; readonly holds?: string }
  /** Less free than needed is a warning here: zeros may take no space. */
  readonly freeSpace?: FreeSpace
  /** The run is over: gives the output back to other runs. */
  release(): Promise<void>
  /** The run ended before its first byte: a file that it made is removed, and the rest is as for `release`. */
  abandon(): Promise<void>
}

const STDOUT = 1
const HEAD_LENGTH = 65536
/** A private drive in plain: nobody else's to read. */
const PRIVATE = 0o600
/** `/dev/null` of Linux, 1:3. */
const LINUX_NULL = 0x103n

/** @throws SinkError */
export async function prepareOutput(request: OutputRequest): Promise<PreparedOutput> {
  const { path } = request
  if (path === "-") {
    await refuseSource("standard output", await promisify(fstat)(STDOUT, { bigint: true }), request.inputPath)
    return prepareStandIn({ kind: "stdout" })
  }
  const facts = await factsOf(path)
  if (facts?.isDirectory()) throw directoryFailure(path)
  // Without symbolic links, so that all runs see the same drive and use the same lock.
  const place = facts ? await realpath(path) : join(await folderOf(path), basename(path))
  await refuseSource(place, facts, request.inputPath)
  if (!facts || facts.isFile()) return prepareFile(request, place, facts)
  if (facts.isBlockDevice()) return prepareDevice(request, facts)
  if (facts.isCharacterDevice() && facts.rdev === LINUX_NULL) return prepareStandIn({ kind: "discard" })
  throw new SinkError("sink-not-a-drive", `${path} is neither a file nor a drive`, {
    data: { path },
    next: ["name a file, or use `-` and send standard output there"],
  })
}

function prepareStandIn(spec: SinkSpec): PreparedOutput {
  const nothing = async (): Promise<void> => {}
  return { spec, created: false, release: nothing, abandon: nothing }
}

async function prepareFile(
  request: OutputRequest,
  path: string,
  facts: BigIntStats | undefined,
): Promise<PreparedOutput> {
  if (facts && request.existing === "refuse") throw existsFailure(request.path)
  const fullSize = Math.max(request.size, request.fullSize ?? 0)
  const isOurs = !facts || request.existing === "continue"
  const freeSpace = await surveySpace(dirname(path), facts, fullSize, request.sparse && isOurs)
  refuseLimits(request.path, freeSpace, fullSize)
  const unlock = await lockOutput(path)
  try {
    await layOut(path, facts === undefined, request.size, fullSize)
  } catch (error) {
    await unlock()
    throw openFailure(request.path, error)
  }
  return {
    spec: {
      kind: "image",
      path,
      zeros: zeroHandling(freeSpace, { mayHoldOthers: !!facts || !!request.rewrites }),
    },
    created: facts === undefined,
    ...(facts && { existing: { size: Number(facts.size) } }),
    freeSpace,
    release: unlock,
    async abandon() {
      if (!facts) await rm(path, { force: true })
      await unlock()
    },
  }
}

function zeroHandling(
  { mayBeSparse }: FreeSpace,
  { mayHoldOthers }: { readonly mayHoldOthers: boolean },
): ZeroHandling {
  if (!mayBeSparse) return "write"
  return mayHoldOthers ? "compare" : "skip"
}

/** Creates the file or takes the existing one, at its final size: a limit of the file system shows here. */
async function layOut(path: string, isNew: boolean, size: number, fullSize: number): Promise<void> {
  const file = await open(path, isNew ? "wx" : "r+", PRIVATE)
  try {
    await file.truncate(size)
    if (fullSize > size) await file.truncate(fullSize)
  } catch (error) {
    if (isNew) await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

async function prepareDevice(request: OutputRequest, { rdev }: BigIntStats): Promise<PreparedOutput> {
  const { path, size: needed } = request
  const size = await deviceSize(rdev)
  if (size !== undefined && size < needed) throw tooSmallFailure(path, size, needed)
  const device = await claim(path, rdev)
  try {
    const head = new Uint8Array(Math.min(HEAD_LENGTH, size ?? HEAD_LENGTH))
    await device.read(head, 0, head.length, 0)
    const holds = await request.recognise?.(head)
    return {
      spec: { kind: "device", path },
      created: false,
      existing: { size: size ?? needed, ...(holds !== undefined && { holds }) },
      release: () => device.close(),
      abandon: () => device.close(),
    }
  } catch (error) {
    await device.close()
    throw error
  }
}

/** O_EXCL on a block device: refused while it, or a partition of it, is mounted or claimed by another run. */
async function claim(path: string, device: bigint): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDWR | constants.O_EXCL)
  } catch (error) {
    if (errnoOf(error) !== "EBUSY") throw openFailure(path, error)
    const points = await mountPointsOf(device)
    throw new SinkError(
      "sink-in-use",
      points.length > 0
        ? `${path} is mounted on ${points.join(", ")}`
        : `${path} is in use by another program`,
      {
        data: { path, mountPoints: points },
        cause: error,
        next: [
          points.length > 0
            ? `make sure that nothing on it is needed, then unmount it: umount ${points.join(" ")}`
            : `end the other program: fuser -v ${path} and lsblk ${path} show what uses it`,
        ],
      },
    )
  }
}

async function factsOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true })
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined
    throw openFailure(path, error)
  }
}

async function folderOf(path: string): Promise<string> {
  return realpath(dirname(path)).catch((error: unknown) => {
    throw openFailure(path, error)
  })
}

function directoryFailure(path: string): SinkError {
  return new SinkError("sink-is-directory", `${path} is a folder`, {
    data: { path },
    next: [`name a file in it: ${join(path, "recovered.img")}`],
  })
}

function tooSmallFailure(path: string, size: number, needed: number): SinkError {
  return new SinkError("sink-too-small", `${path} has ${size} bytes, ${needed} are needed`, {
    data: { path, size, needed },
    next: [`use a drive of at least ${needed} bytes`, "write to an image file instead"],
  })
}
