/** A folder with everything below it, such as a USB stick or a share: each file is looked at, links are not followed. */
import type { Dir } from "node:fs"
import { opendir } from "node:fs/promises"
import { join } from "node:path"
import { LARGE_BINARY, keysInFile } from "./file.ts"
import { finding } from "./items.ts"
import type { KeyPlace, PlaceContext, PlaceItem, WantedKeys } from "./place.ts"
import { chunksOfFile } from "./read-file.ts"

/** A home folder has less; a whole disk is not searched by accident. */
const MOST_FILES = 100_000
const DEEPEST = 32
/** Of each kind of finding about files: the rest is counted. */
const MOST_FINDINGS = 20

export function folderPlace(folder: string): KeyPlace {
  return { spec: folder, search: (wanted, context) => searchFolder(folder, wanted, context) }
}

async function* searchFolder(
  folder: string,
  wanted: WantedKeys,
  { signal }: PlaceContext,
): AsyncGenerator<PlaceItem> {
  const limiter = findingLimiter()
  const walk: Walk = { fileCount: 0, linkCount: 0 }
  for await (const entry of filesBelow(folder, walk, signal)) {
    if ("error" in entry) {
      yield* limiter.pass(unreadable(entry.path, entry.error))
      continue
    }
    try {
      const content = { name: entry.path, chunks: chunksOfFile(entry.path, signal) }
      for await (const item of keysInFile(content, wanted)) yield* limiter.pass(item)
    } catch (error) {
      if (!isSystemError(error)) throw error
      yield* limiter.pass(unreadable(entry.path, error))
    }
  }
  yield* limiter.rest(folder)
  if (walk.fileCount > MOST_FILES) {
    yield finding("folder-too-large", `${folder}: only the first ${MOST_FILES} files are searched`)
  }
  if (walk.linkCount > 0) {
    const text = `${folder}: ${walk.linkCount} symbolic links are not followed: name what they lead to`
    yield finding("links-not-followed", text)
  }
}

interface Walk {
  fileCount: number
  linkCount: number
}

type Entry = { readonly path: string } | { readonly path: string; readonly error: NodeJS.ErrnoException }

/** Depth first, by name, so that two runs tell the same. */
async function* filesBelow(folder: string, walk: Walk, signal: AbortSignal): AsyncGenerator<Entry> {
  const stack = [{ path: folder, depth: 0 }]
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { path, depth } = next
    signal.throwIfAborted()
    const names = await namesIn(path).catch((error: unknown) => {
      if (isSystemError(error)) return { error }
      throw error
    })
    if ("error" in names) {
      yield { path, error: names.error }
      continue
    }
    walk.linkCount += names.linkCount
    for (const name of names.files) {
      if (++walk.fileCount > MOST_FILES) return
      yield { path: join(path, name) }
    }
    if (depth === DEEPEST) continue
    for (const name of names.folders.toReversed()) stack.push({ path: join(path, name), depth: depth + 1 })
  }
}

async function namesIn(path: string) {
  const files: string[] = []
  const folders: string[] = []
  let linkCount = 0
  const folder: Dir = await opendir(path)
  for await (const entry of folder) {
    if (entry.isSymbolicLink()) linkCount++
    if (entry.isFile()) files.push(entry.name)
    if (entry.isDirectory()) folders.push(entry.name)
    if (files.length + folders.length > MOST_FILES) break
  }
  return { files: files.sort(), folders: folders.sort(), linkCount }
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error
}

function unreadable(path: string, { code }: NodeJS.ErrnoException): PlaceItem {
  return finding("file-unreadable", `${path}: cannot be read (${code ?? "unknown"})`)
}

/** A folder of a hundred broken files must not hide what was found. What names a key ID is never held back. */
function findingLimiter() {
  const counts = new Map<string, number>()
  return {
    pass(item: PlaceItem): readonly PlaceItem[] {
      if (item.type === "candidate" || item.finding.evidence?.protectorId !== undefined) return [item]
      const { code } = item.finding
      const count = (counts.get(code) ?? 0) + 1
      counts.set(code, count)
      return count <= shownOf(code) ? [item] : []
    },
    rest(folder: string): PlaceItem[] {
      return [...counts].flatMap(([code, count]) => {
        const more = count - shownOf(code)
        if (more <= 0) return []
        const what = code === LARGE_BINARY ? "are large and no text, and left out" : `more of "${code}"`
        return [finding("findings-counted", `${folder}: ${more} ${what}`, { code, count: more })]
      })
    },
  }
}

const shownOf = (code: string): number => (code === LARGE_BINARY ? 0 : MOST_FINDINGS)
