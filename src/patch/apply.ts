/**
 * The only code that opens a source for writing. Two jobs may call it, and both bring a patch that stands in an undo file on
 * another drive already: `SavedUndo` is what reading that file back gave.
 *
 * A device is claimed with O_EXCL, which Linux refuses while it, a partition of it or anything built on it is mounted or
 * otherwise in use, and is written past the page cache, so that neighbouring sectors are not written along. What is read
 * back comes through the reading side of `source/`, which never sees this descriptor.
 */
import { constants } from "node:fs"
import { access, stat } from "node:fs/promises"
import type { AppError } from "../errors.ts"
import type { Edit, PatchIdentity } from "../fve/index.ts"
import { type Descriptor, openDescriptor } from "../sink/descriptor.ts"
import { errnoOf } from "../sink/failures.ts"
import { loopDevicesOn, mountPointsOf } from "../sink/linux-disks.ts"
import { writeAll } from "../sink/write-all.ts"
import { type DriveSpec, openSource, pageMemory } from "../source/index.ts"
import { driveAttached, driveInUse, noClaim, openFailure, sizeChanged } from "./failures.ts"
import type { PatchMedium } from "./medium.ts"
import { takeBack, writePatch } from "./rewrite.ts"
import type { SavedUndo } from "./undo-file.ts"

/** Writes the patch to the drive. @throws SinkError, SourceError, UnsupportedError */
export async function applyPatch(drive: DriveSpec, { patch }: SavedUndo): Promise<void> {
  await withMedium(drive, patch.identity, (medium) => writePatch(patch, medium))
}

/** Puts back what the patch replaced, as far as it was written. @returns what was put back @throws as `applyPatch` */
export async function undoPatch(drive: DriveSpec, { patch }: SavedUndo): Promise<readonly Edit[]> {
  return withMedium(drive, patch.identity, (medium) => takeBack(patch, medium))
}

/** What would stop a patch of the drive, looked for without opening it for writing. @throws as `applyPatch` */
export async function refuseBusy(drive: DriveSpec): Promise<void> {
  if (drive.kind === "device" && process.platform !== "linux") throw noClaim(drive.path, process.platform)
  await access(drive.path, constants.W_OK).catch((error: unknown) => {
    throw openFailure(drive.path, error)
  })
  if (drive.kind === "file") return refuseAttached(drive.path)
  const claim = await open(drive, constants.O_RDONLY)
  await claim.close()
}

async function withMedium<T>(
  drive: DriveSpec,
  identity: PatchIdentity,
  act: (medium: PatchMedium) => Promise<T>,
): Promise<T> {
  await refuseBusy(drive)
  const reading = await openSource(drive)
  try {
    if (reading.size !== identity.sourceSize) throw sizeChanged(drive.path, reading.size, identity.sourceSize)
    const writing = await open(drive, constants.O_WRONLY)
    try {
      return await act({
        read: (at, into) => reading.read(at, into),
        write: (at, bytes) => writeAll(writing.pwrite, drive.path, at, aligned(bytes)),
        sync: () => writing.sync(),
      })
    } finally {
      await writing.close()
    }
  } finally {
    await reading.close()
  }
}

/** Direct writes take page-aligned memory only. */
function aligned(bytes: Uint8Array): Uint8Array {
  const memory = pageMemory(bytes.length).subarray(0, bytes.length)
  memory.set(bytes)
  return memory
}

async function open({ kind, path }: DriveSpec, access: number): Promise<Descriptor> {
  if (kind === "file") return openOrExplain(path, access)
  const claim = access | constants.O_EXCL
  try {
    return await openDescriptor(path, claim | constants.O_DIRECT)
  } catch (error) {
    // Some drivers have no direct access.
    if (errnoOf(error) === "EINVAL") return openOrExplain(path, claim)
    throw await explained(path, error)
  }
}

async function openOrExplain(path: string, flags: number): Promise<Descriptor> {
  return openDescriptor(path, flags).catch(async (error: unknown) => {
    throw await explained(path, error)
  })
}

async function explained(path: string, cause: unknown): Promise<AppError> {
  if (errnoOf(cause) !== "EBUSY") return openFailure(path, cause)
  const { rdev } = await stat(path, { bigint: true })
  return driveInUse(path, await mountPointsOf(rdev), cause)
}

/** The cache of a loop device would not see what changes below it. */
async function refuseAttached(path: string): Promise<void> {
  const devices = await loopDevicesOn(await stat(path, { bigint: true }))
  if (devices.length > 0) throw driveAttached(path, devices)
}
