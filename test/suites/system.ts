/** The machine under the tests: temporary folders, loop devices, file systems in memory. Each gives itself back. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { runTool } from "./tools.ts"

/** What the tool prints, without the last line's end. */
export function run(tool: string, ...args: string[]): string {
  return runTool(tool, ...args)
    .toString()
    .trimEnd()
}

/** Given back when the running test ends, however it ends: the last one first. */
export function forThisTest<T extends Temporary>(temporary: T): T {
  onTestFinished(() => temporary.dispose())
  return temporary
}

export interface Temporary {
  readonly path: string
  readonly dispose: () => void
}

export function temporaryFolder(parent = tmpdir()): Temporary {
  const path = mkdtempSync(join(parent, "repair-bde-"))
  return { path, dispose: () => rmSync(path, { recursive: true, force: true }) }
}

/** The flags with which this process holds a path open (open(2)). */
export function openFlags(path: string): number {
  const fd = readdirSync("/proc/self/fd").find((name) => {
    const link = `/proc/self/fd/${name}`
    return existsSync(link) && readlinkSync(link) === path
  })
  return parseInt(/flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))![1]!, 8)
}

export const isRoot = process.getuid?.() === 0
export const hasLoopDevices = isRoot && existsSync("/dev/loop-control")

/** The file as a block device; its partitions are devices too. */
export function loopDevice(file: string, sectorSize = 512): Temporary {
  const path = run("losetup", "--find", "--show", "--partscan", "--sector-size", String(sectorSize), file)
  return { path, dispose: () => void run("losetup", "--detach", path) }
}

/** A small file system in memory. */
export function mountTmpfs(size: number): Temporary {
  return mounted("-t", "tmpfs", "-o", `size=${size}`, "tmpfs")
}

/** The file system of a device. */
export function mountDevice(device: string): Temporary {
  return mounted(device)
}

function mounted(...what: string[]): Temporary {
  const folder = temporaryFolder()
  run("mount", ...what, folder.path)
  return {
    path: folder.path,
    dispose() {
      run("umount", folder.path)
      folder.dispose()
    },
  }
}
