/**
 * The state of a search for a recovery password in a file: how many candidates were tried, and a fingerprint of the search,
 * so that another one does not go on from there. No digit is in it: the fingerprint is a hash over all that was typed, of
 * which seven groups have to be known.
 */
import { readFile, rename, writeFile } from "node:fs/promises"
import { SinkError, UsageError } from "../errors.ts"

export interface SearchState {
  readonly version: 1
  readonly fingerprint: string
  readonly triedCount: number
}

/** Candidates that an earlier run has tried. @throws UsageError when the file is no state, or of another search */
export async function loadSearchState(path: string, fingerprint: string): Promise<number> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined
    throw unusable(path, "cannot be read", error)
  })
  if (text === undefined) return 0
  const state = parse(text, path)
  if (state.fingerprint !== fingerprint) {
    throw unusable(path, "is of another search: another volume, other digits, or other options")
  }
  return state.triedCount
}

export interface SearchCheckpoints {
  /** Saves the state now and then, without anybody waiting for it. */
  offer(triedCount: number): void
  /** The last one. @throws SinkError */
  close(): Promise<void>
}

const CHECKPOINT_MS = 5_000

/** Written aside and renamed: a cut never leaves half of one. */
export function openSearchCheckpoints(path: string, fingerprint: string, from: number): SearchCheckpoints {
  let last = performance.now()
  let triedCount = from
  let writing = Promise.resolve()
  const save = (): Promise<void> => saveState(path, { version: 1, fingerprint, triedCount })
  return {
    offer(count) {
      triedCount = count
      if (performance.now() - last < CHECKPOINT_MS) return
      last = performance.now()
      // What fails here fails at the last one too, which says so.
      writing = writing.then(save).catch(() => {})
    },
    async close() {
      await writing
      await save()
    },
  }
}

async function saveState(path: string, state: SearchState): Promise<void> {
  try {
    await writeFile(`${path}.new`, JSON.stringify(state))
    await rename(`${path}.new`, path)
  } catch (cause) {
    throw new SinkError("search-state-unwritable", `the state of the search cannot be written to ${path}`, {
      next: ["name a file in a folder that can be written to"],
      data: { path },
      cause,
    })
  }
}

function parse(text: string, path: string): SearchState {
  try {
    const value: unknown = JSON.parse(text)
    if (isSearchState(value)) return value
  } catch (error) {
    throw unusable(path, "is no JSON", error)
  }
  throw unusable(path, "is not the state of a search")
}

function isSearchState(value: unknown): value is SearchState {
  if (typeof value !== "object" || value === null) return false
  const { version, fingerprint, triedCount } = value as Record<string, unknown>
  return (
    version === 1 &&
    typeof fingerprint === "string" &&
    Number.isSafeInteger(triedCount) &&
    Number(triedCount) >= 0
  )
}

function unusable(path: string, why: string, cause?: unknown): UsageError {
  return new UsageError("search-state-unusable", `${path} ${why}`, {
    next: ["name another file for the state, or remove this one to begin again"],
    data: { path },
    ...(cause !== undefined && { cause }),
  })
}
