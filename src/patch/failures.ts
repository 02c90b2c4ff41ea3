/** Why a patch was not written, or not to its end. */
import { type AppError, SinkError, SourceError, UnsupportedError } from "../errors.ts"
import { type Extent, hex, hexRange } from "../extents/extent.ts"
import type { Edit } from "../fve/index.ts"
import { errnoOf } from "../sink/failures.ts"

export function driveChanged(edits: readonly Edit[]): AppError {
  const places = edits.map(describe)
  return new SinkError("drive-changed", `the drive has changed: ${places.join(", ")} holds something else`, {
    next: [
      "look at the drive again: `repair-bde inspect` shows what is there now",
      "make sure that this is the drive the patch was made for, and that nothing else writes to it",
    ],
    data: { places },
  })
}

export function placeUnreadable(edits: readonly Edit[]): AppError {
  return unreadablePlaces(edits.map(({ at, after }) => ({ start: at, length: after.length })))
}

/** What cannot be read cannot be put back either, and a drive with bad sectors must not be written to. */
export function unreadablePlaces(extents: readonly Extent[]): AppError {
  const places = extents.map(hexRange)
  return new SourceError(
    "place-unreadable",
    `the drive cannot read where it would be written: ${places.join(", ")}`,
    {
      next: [
        "image the drive with GNU ddrescue, and repair the image in place",
        "decrypt the drive to an OUTPUT",
      ],
      data: { places },
    },
  )
}

export function readBackFailure(what: string, at: number): AppError {
  return new SinkError(
    "read-back-differs",
    `the ${what} at ${hex(at)} reads back differently than it was written`,
    {
      next: [
        "take the patch back with `repair-bde undo`",
        "do not write to this drive any more: image it and repair the image",
      ],
      data: { what, position: at },
    },
  )
}

/** Why a drive could not be opened for writing. */
export function openFailure(path: string, cause: unknown): AppError {
  const errno = errnoOf(cause) ?? String(cause)
  const details = { data: { path, errno }, cause }
  switch (errno) {
    case "EACCES":
    case "EPERM":
      return new SinkError("drive-no-permission", `no permission to write to ${path}`, {
        ...details,
        next: ["run the same command with sudo", "lift the write protection of the file or drive"],
      })
    case "EROFS":
      return new SinkError("drive-read-only", `${path} is write-protected`, {
        ...details,
        next: [
          "lift the write protection: `blockdev --setrw` on a device",
          "copy the image to another drive",
        ],
      })
    default:
      return new SinkError("drive-open-failed", `${path} cannot be opened for writing: ${errno}`, {
        ...details,
        next: ["close other programs that use the drive, and run the same command again"],
      })
  }
}

export function driveInUse(path: string, mountPoints: readonly string[], cause: unknown): AppError {
  const isMounted = mountPoints.length > 0
  const how = isMounted ? `mounted on ${mountPoints.join(", ")}` : "in use by another program"
  return new SinkError("drive-in-use", `${path} is ${how}`, {
    data: { path, mountPoints },
    cause,
    next: [
      isMounted
        ? `unmount it first: umount ${mountPoints.join(" ")}`
        : `end the other program: fuser -v ${path} and lsblk ${path} show what uses it`,
    ],
  })
}

export function driveAttached(path: string, devices: readonly string[]): AppError {
  return new SinkError("drive-attached", `${path} is attached to ${devices.join(", ")}`, {
    data: { path, devices },
    next: [`detach it first: losetup -d ${devices.join(" ")}`, `or repair ${devices.join(" or ")} itself`],
  })
}

export function noClaim(path: string, platform: string): AppError {
  return new UnsupportedError("device-claim", `this system cannot promise that nobody else uses ${path}`, {
    next: [
      "repair the drive in place on Linux, from a live system if need be",
      "image the drive and repair the image",
    ],
    data: { path, platform },
  })
}

export function sizeChanged(path: string, size: number, expected: number): AppError {
  return new SinkError(
    "drive-other-size",
    `${path} has ${size} bytes, and the patch is for a drive of ${expected}`,
    {
      next: ["name the drive or image that the patch was made for"],
      data: { path, size, expected },
    },
  )
}

const describe = ({ what, at }: Edit): string => `${what} at ${hex(at)}`
