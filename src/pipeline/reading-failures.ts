/** How reading a failing source ends, beside what the source itself says. */
import { SourceError } from "../errors.ts"
import type { SourceSpec } from "../source/byte-source.ts"
import type { RunRequest } from "./run-request.ts"
import { pathOf } from "./source-facts.ts"

/** Errors after which the source may come back. */
const GONE: ReadonlySet<string> = new Set(["source-gone", "source-missing", "source-dead", "source-hangs"])

export function isGone(error: unknown): boolean {
  return error instanceof SourceError && GONE.has(error.code)
}

/** Everything fails, also where reading went well before. */
export function deadSource(source: RunRequest["source"]): SourceError {
  const path = pathOf(source)
  return new SourceError(
    "source-dead",
    `${path} answers no read any more, not even where it was read before`,
    {
      data: { path },
      next: [
        "take the drive off its power and cable for a minute, connect it again and type the same command: it goes on where it stopped",
        "add --wait to have the program wait for the drive",
      ],
    },
  )
}

/** The source does not even open, or hangs in its first read. */
export function hangingSource(spec: SourceSpec, timeoutMs: number): SourceError {
  const path = pathOf(spec)
  return new SourceError("source-hangs", `${path} did not answer within ${timeoutMs / 1000} s`, {
    data: { path, timeoutMs },
    next: [
      "connect the drive again and type the same command: it goes on where it stopped",
      "give a slow drive more time with --read-timeout",
    ],
  })
}

export function tooManyErrors(count: number, most: number): SourceError {
  return new SourceError(
    "too-many-errors",
    `${count} areas could not be read, more than the ${most} allowed`,
    {
      data: { badAreas: count, maxErrors: most },
      next: [
        "image the drive with GNU ddrescue and use the image",
        "type the same command with a larger --max-errors: it goes on where it stopped",
      ],
    },
  )
}
