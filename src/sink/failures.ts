/** What the operating system said about an output, as a SinkError that tells what to do next. */
import { SinkError } from "../errors.ts"
import { hex } from "../extents/extent.ts"

/** The name of a system error, such as `ENOSPC`. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined
}

/** Why an output could not be created or opened. */
export function openFailure(path: string, cause: unknown): SinkError {
  const errno = errnoOf(cause) ?? String(cause)
  const details = { data: { path, errno }, cause }
  switch (errno) {
    case "ENOENT":
    case "ENOTDIR":
      return new SinkError("sink-folder-missing", `the folder of ${path} does not exist`, {
        ...details,
        next: ["create the folder first, or name an output in another one"],
      })
    case "EACCES":
    case "EPERM":
      return new SinkError("sink-no-permission", `no permission to write ${path}`, {
        ...details,
        next: ["name an output in a folder of your own", "run the same command with sudo"],
      })
    case "EROFS":
      return new SinkError("sink-read-only", `${path} lies on a read-only file system`, {
        ...details,
        next: ["name an output on another drive"],
      })
    case "EEXIST":
      return existsFailure(path, cause)
    case "EFBIG":
      return tooLargeFailure(path, cause)
    case "ENOSPC":
    case "EDQUOT":
      return new SinkError("sink-full", `no space left for ${path}`, {
        ...details,
        next: ["free some space, or name an output on another drive"],
      })
    default:
      return new SinkError("sink-open-failed", `${path} cannot be opened for writing: ${errno}`, {
        ...details,
        next: ["close other programs that use the output, or name another one"],
      })
  }
}

export function existsFailure(path: string, cause?: unknown): SinkError {
  return new SinkError("sink-exists", `${path} exists already`, {
    data: { path },
    cause,
    next: ["name another output", "add -f to overwrite it"],
  })
}

export function tooLargeFailure(path: string, cause?: unknown): SinkError {
  return new SinkError(
    "sink-file-too-large",
    `the file system of ${path} holds no file as large as the output`,
    {
      data: { path },
      cause,
      next: [
        "name an output on a drive that is formatted as NTFS, exFAT or ext4",
        "write to a whole drive, or to another program with `-` as the output",
      ],
    },
  )
}

/** A write that ended before its last byte. What was written stays. */
export function writeFailure(
  path: string,
  at: number,
  written: number,
  missing: number,
  cause: unknown,
): SinkError {
  const errno = errnoOf(cause) ?? String(cause)
  const where = `${missing} of ${written + missing} bytes at ${hex(at)} are missing`
  const details = { data: { path, position: at, written, missing, errno }, cause }
  switch (errno) {
    case "ENOSPC":
    case "EDQUOT":
      return new SinkError("sink-full", `no space left for ${path}: ${where}`, {
        ...details,
        next: ["free some space, or name an output on another drive; what was written is kept"],
      })
    case "EFBIG":
      return new SinkError("sink-file-too-large", `${path} may not grow further: ${where}`, {
        ...details,
        next: ["name an output on a drive that is formatted as NTFS, exFAT or ext4", "look at `ulimit -f`"],
      })
    case "EPIPE":
      return new SinkError("sink-closed", `the program that reads ${path} has ended: ${where}`, {
        ...details,
        next: ["look at why the reading program ended, then run the same command again"],
      })
    default:
      return new SinkError("sink-failed", `writing ${path} ended with ${errno}: ${where}`, {
        ...details,
        next: ["check the drive of the output, or name an output on another one"],
      })
  }
}

/** A sync that failed: of what was written since the last one, nobody knows what is on the medium. */
export function syncFailure(path: string, cause: unknown): SinkError {
  const errno = errnoOf(cause) ?? String(cause)
  const details = { data: { path, errno }, cause }
  if (errno === "ENOSPC" || errno === "EDQUOT") {
    return new SinkError(
      "sink-full",
      `no space left for ${path}: what was written last is not on its medium`,
      {
        ...details,
        next: ["free some space, or name an output on another drive; what was saved before is kept"],
      },
    )
  }
  return new SinkError("sink-failed", `${path} cannot be put on its medium: ${errno}`, {
    ...details,
    next: ["check the drive of the output, or name an output on another one"],
  })
}
