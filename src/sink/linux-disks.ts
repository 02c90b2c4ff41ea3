/**
 * Which disks a device or folder stands on, as Linux tells it in sysfs and mountinfo (proc(5)). A partition stands on its
 * disk; a mapped device (LVM, LUKS, RAID) on those of its `slaves`. A loop device is a disk of its own: its file may lie
 * beside anything. On other systems there is nothing to read, and every answer is "none".
 */
import { type BigIntStats, existsSync } from "node:fs"
import { readFile, readdir, realpath, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { linuxDeviceFolder } from "../bytes/device-number.ts"

/** The sysfs folders of the whole disks under a block device. */
export async function disksUnder(device: bigint): Promise<string[]> {
  const folder = await realpath(linuxDeviceFolder(device)).catch(() => undefined)
  return folder === undefined ? [] : disksOf(folder)
}

async function disksOf(folder: string): Promise<string[]> {
  if (existsSync(`${folder}/partition`)) return disksOf(dirname(folder))
  const slaves = await readdir(`${folder}/slaves`).catch(() => [])
  if (slaves.length === 0) return [folder]
  const below = await Promise.all(
    slaves.map(async (name) => disksOf(await realpath(`${folder}/slaves/${name}`))),
  )
  return [...new Set(below.flat())]
}

/** The sysfs folders of the whole disks under the file system that an existing folder lies in. */
export async function disksUnderFolder(folder: string): Promise<string[]> {
  const { dev } = await stat(folder, { bigint: true })
  const disks = await disksUnder(dev)
  if (disks.length > 0) return disks
  // btrfs and overlays answer with a number of their own: the mount table knows the device, where there is one.
  const path = await realpath(folder)
  const deepestLast = (await mounts()).sort((a, b) => a.point.length - b.point.length)
  const mount = deepestLast.findLast(({ point }) => isBelow(path, point))
  const source = mount && (await stat(mount.source, { bigint: true }).catch(() => undefined))
  return source?.isBlockDevice() ? disksUnder(source.rdev) : []
}

/** Where a device, or a partition of it, is mounted. */
export async function mountPointsOf(device: bigint): Promise<string[]> {
  const folder = await realpath(linuxDeviceFolder(device)).catch(() => undefined)
  if (folder === undefined) return []
  const points: string[] = []
  for (const { number, point } of await mounts()) {
    const mounted = await realpath(`/sys/dev/block/${number}`).catch(() => undefined)
    if (mounted !== undefined && isBelow(mounted, folder)) points.push(point)
  }
  return points
}

/** Bytes in a block device; `undefined` where the system does not tell. */
export async function deviceSize(device: bigint): Promise<number | undefined> {
  const text = await readFile(`${linuxDeviceFolder(device)}/size`, "utf8").catch(() => undefined)
  return text === undefined ? undefined : 512 * Number(text)
}

/** The file behind a loop device. */
export async function loopFile(device: bigint): Promise<string | undefined> {
  const text = await readFile(`${linuxDeviceFolder(device)}/loop/backing_file`, "utf8").catch(() => undefined)
  return text?.trimEnd()
}

/** The loop devices that a file is attached to. */
export async function loopDevicesOn({ dev, ino }: BigIntStats): Promise<string[]> {
  const names = (await readdir("/sys/block").catch(() => [])).filter((name) => name.startsWith("loop"))
  const attached = await Promise.all(
    names.map(async (name) => {
      const behind = await readFile(`/sys/block/${name}/loop/backing_file`, "utf8").catch(() => undefined)
      const file = behind && (await stat(behind.trimEnd(), { bigint: true }).catch(() => undefined))
      return file && file.dev === dev && file.ino === ino ? [`/dev/${name}`] : []
    }),
  )
  return attached.flat()
}

interface Mount {
  /** `8:1` */
  readonly number: string
  readonly point: string
  /** A device, or whatever a file system without one calls itself. */
  readonly source: string
}

/** Of two on one folder the later one is seen, and stands later. */
async function mounts(): Promise<Mount[]> {
  const table = await readFile("/proc/self/mountinfo", "utf8").catch(() => "")
  return table
    .split("\n")
    .filter((line) => line.includes(" - "))
    .map((line) => {
      const [place = "", kind = ""] = line.split(" - ")
      const [, , number = "", , point = ""] = place.split(" ")
      return { number, point: unescape(point), source: unescape(kind.split(" ")[1] ?? "") }
    })
}

/** Spaces and the like stand as three octal digits. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || folder === "/" || path.startsWith(`${folder}/`)
}
