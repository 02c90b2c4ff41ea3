/** Other people's programs that tests ask for a second opinion. */
import { execFileSync } from "node:child_process"
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { requirement } from "./requirements.ts"

/** Makers and checkers of file systems lie in the system folders, which are not on everybody's PATH. */
const PATH = [process.env.PATH, "/usr/sbin", "/sbin"].join(delimiter)

export function isOnPath(tool: string): boolean {
  return findTool(tool) !== undefined
}

/** The path of the program, when there is one. */
export function findTool(tool: string): string | undefined {
  return PATH.split(delimiter)
    .map((folder) => join(folder, tool))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** Whether all of the tools are there; each one that is not is put on the closing list. */
export function requireTools(...tools: readonly string[]): boolean {
  return tools.map((tool) => requirement(`${tool} on the PATH`, isOnPath(tool))).every(Boolean)
}

/** What the tool prints, as bytes. @throws when it fails */
export function runTool(tool: string, ...args: readonly string[]): Buffer {
  return execFileSync(tool, args, {
    env: { ...process.env, PATH, LC_ALL: "C.UTF-8" },
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  })
}

/** Hands `work` the path of a file with these bytes, and removes it afterwards. */
export function withFile<T>(bytes: Uint8Array, work: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "repair-bde-test-"))
  const path = join(folder, "image")
  writeFileSync(path, bytes)
  try {
    return work(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
