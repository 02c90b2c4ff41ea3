/** How reading a failing source ends, beside what the source itself says. */
import { SourceError } from "../errors.ts"
import type { SourceSpec } from "../source/byte-source.ts"
import { deadFailure, hangingFailure } from "../source/failures.ts"
import type { RunRequest } from "./run-request.ts"
import { pathOf } from "./source-facts.ts"

/** Errors after which the source may come back. */
const GONE: ReadonlySet<string> = new Set(["source-gone", "source-missing", "source-dead", "source-hangs"])

export function isGone(error: unknown): boolean {
  return error instanceof SourceError && GONE.has(error.code)
}

export function deadSource(source: RunRequest["source"]): SourceError {
  return deadFailure(pathOf(source))
}

export function hangingSource(spec: SourceSpec, timeoutMs: number): SourceError {
  return hangingFailure(pathOf(spec), timeoutMs)
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
