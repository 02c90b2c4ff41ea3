/** What the operating system said about a source, as a SourceError that tells what to do next. */
import { SourceError } from "../errors.ts"
import { type Extent, hex } from "../extents/extent.ts"

/** The name of a system error, such as `EACCES`; `undefined` for any other error. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined
}

/** Why a source could not be looked at or opened. */
export function openFailure(path: string, cause: unknown): SourceError {
  const errno = errnoOf(cause) ?? String(cause)
  const details = { data: { path, errno }, cause }
  switch (errno) {
    case "ENOENT":
    case "ENOTDIR":
      return new SourceError("source-missing", `there is no ${path}`, {
        ...details,
        next: ["check the spelling of the path, and that the drive is connected"],
      })
    case "EACCES":
    case "EPERM":
      return new SourceError("source-no-permission", `no permission to read ${path}`, {
        ...details,
        next: [
          process.platform === "win32"
            ? "run the same command in a terminal that was started as administrator"
            : "run the same command with sudo",
          "make an image of the drive first and use the image",
        ],
      })
    case "ENXIO":
    case "ENODEV":
    case "ENOMEDIUM":
      return new SourceError("source-gone", `there is no medium behind ${path}`, {
        ...details,
        next: ["connect the drive, or put the medium in, and run the same command again"],
      })
    default:
      return new SourceError("source-open-failed", `${path} cannot be opened: ${errno}`, {
        ...details,
        next: ["close other programs that use the drive and run the same command again"],
      })
  }
}

/** The source has no byte where it should have one. */
export class EndOfSource extends Error {
  readonly at: number

  constructor(at: number) {
    super(`the source ends at ${hex(at)}`)
    this.at = at
  }
}

/** The medium cannot read this, or not in time. The place counts as unreadable, and nobody asks for its parts. */
export class LostPlace extends Error {
  readonly place: Extent

  constructor(place: Extent) {
    super(`nobody asks for ${hex(place.start)} any more`)
    this.place = place
  }
}

/** Everything fails, also where reading went well before. */
export function deadFailure(path: string): SourceError {
  return new SourceError(
    "source-dead",
    `${path} answers no read any more, not even where it was read before`,
    {
      data: { path },
      next: [
        "take the drive off its power and cable for a minute, connect it again and type the same command: it goes on where it stopped",
      ],
    },
  )
}

/** The source does not even open, or hangs wherever it is read. */
export function hangingFailure(path: string, timeoutMs: number): SourceError {
  return new SourceError("source-hangs", `${path} did not answer within ${timeoutMs / 1000} s`, {
    data: { path, timeoutMs },
    next: [
      "connect the drive again and type the same command: it goes on where it stopped",
      "give a slow drive more time with --read-timeout",
    ],
  })
}

/** What a failed read means to the caller; an abort stays what it is, and so does what says it all already. */
export function readFailure(
  path: string,
  at: number,
  size: number,
  error: unknown,
  signal: AbortSignal | undefined,
): unknown {
  if (signal?.aborted || error instanceof SourceError) return error
  return error instanceof EndOfSource ? shrankFailure(path, error.at, size) : goneFailure(path, at, error)
}

/** The source answered until now, and does not any more. */
function goneFailure(path: string, at: number, cause: unknown): SourceError {
  const errno = errnoOf(cause) ?? String(cause)
  return new SourceError(
    "source-gone",
    `the source is gone: reading ${path} at ${hex(at)} ended with ${errno}`,
    {
      data: { path, position: at, errno },
      cause,
      next: [
        "connect the drive again and run the same command",
        "image the drive with GNU ddrescue and use the image",
      ],
    },
  )
}

export function shrankFailure(path: string, at: number, size: number): SourceError {
  return new SourceError(
    "source-shrank",
    `the source shrank: ${path} had ${size} bytes and ends at ${hex(at)} now`,
    {
      data: { path, position: at, size },
      next: [
        "wait until whatever writes the source has ended, then run the same command again",
        "if it is a drive: take it off its cable, connect it again and type the same command",
      ],
    },
  )
}

export function tooLargeFailure(path: string, size: bigint): SourceError {
  return new SourceError("source-too-large", `${path} has ${size} bytes, more than 2^53`, {
    data: { path, size: String(size) },
    next: ["name an image of the drive itself: no drive is that large"],
  })
}
