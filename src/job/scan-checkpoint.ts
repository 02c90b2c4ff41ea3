/**
 * A scan's state in a file, so that `locate` goes on where it was stopped. Written aside and renamed: a cut never leaves half
 * of one.
 */
import { readFile, rename, writeFile } from "node:fs/promises"
import { SinkError, UsageError } from "../errors.ts"
import type { Reach } from "../fve/index.ts"
import type { ScanState } from "../pipeline/index.ts"

/** `undefined` when there is none yet. @throws UsageError when it is none, or that of another scan */
export async function loadScanState(
  path: string,
  size: number,
  reach: Reach,
): Promise<ScanState | undefined> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined
    throw unusable(path, "cannot be read", error)
  })
  if (text === undefined) return undefined
  const state = parse(text, path)
  if (state.size !== size)
    throw unusable(path, `is of an input of ${state.size} bytes, and this one has ${size}`)
  if (state.reach !== reach) {
    throw unusable(
      path,
      state.reach === "anywhere" ? "is of a scan with --all" : "is of a scan without --all",
    )
  }
  return state
}

/** @throws SinkError */
async function saveScanState(path: string, state: ScanState): Promise<void> {
  try {
    await writeFile(`${path}.new`, JSON.stringify(state))
    await rename(`${path}.new`, path)
  } catch (cause) {
    throw new SinkError("scan-state-unwritable", `the state of the scan cannot be written to ${path}`, {
      next: ["name a file in a folder that can be written to"],
      data: { path },
      cause,
    })
  }
}

export interface Checkpoints {
  /** Saves the state now and then, without anybody waiting for it. */
  offer(state: ScanState): void
  /** The last one. @throws SinkError */
  save(state: ScanState): Promise<void>
}

const CHECKPOINT_MS = 5_000

export function openCheckpoints(path: string): Checkpoints {
  let last = performance.now()
  let writing = Promise.resolve()
  return {
    offer(state) {
      if (performance.now() - last < CHECKPOINT_MS) return
      last = performance.now()
      // What fails here fails at the last one too, which says so.
      writing = writing.then(() => saveScanState(path, state)).catch(() => {})
    },
    async save(state) {
      await writing
      await saveScanState(path, state)
    },
  }
}

function parse(text: string, path: string): ScanState {
  try {
    const value: unknown = JSON.parse(text)
    if (isScanState(value)) return value
  } catch (error) {
    throw unusable(path, "is no JSON", error)
  }
  throw unusable(path, "is not the state of a scan")
}

function isScanState(value: unknown): value is ScanState {
  if (typeof value !== "object" || value === null) return false
  const { version, size, scanned, unreadable, traces } = value as Record<string, unknown>
  return version === 1 && typeof size === "number" && [scanned, unreadable, traces].every(Array.isArray)
}

function unusable(path: string, why: string, cause?: unknown): UsageError {
  return new UsageError("scan-state-unusable", `${path} ${why}`, {
    next: ["name another file for the state, or remove this one to begin again"],
    data: { path },
    ...(cause !== undefined && { cause }),
  })
}
