/**
 * The drives of this system, whole disks where there are partitions: for whoever names none. Only their names; whether they
 * can be read shows when they are opened.
 */
import { readdir, stat } from "node:fs/promises"

const BLOCK_DEVICES = "/sys/block"
/** Memory that the system uses as a disk holds no volume of anybody. */
const NEVER_DRIVES = /^(ram|zram|fd|sr)\d+$/
const WINDOWS_DISKS = 32

/** In the order in which the system names them. */
export async function listDrives(platform: NodeJS.Platform = process.platform): Promise<string[]> {
  switch (platform) {
    case "win32":
      return Array.from({ length: WINDOWS_DISKS }, (_, i) => `\\\\.\\PhysicalDrive${i}`)
    case "darwin":
      return (await namesIn("/dev")).filter((name) => /^disk\d+$/.test(name)).map((name) => `/dev/${name}`)
    default: {
      const names = (await namesIn(BLOCK_DEVICES)).filter((name) => !NEVER_DRIVES.test(name))
      // In sysfs a slash of a device's name is an exclamation mark.
      const paths = names.map((name) => `/dev/${name.replaceAll("!", "/")}`)
      const facts = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)))
      return paths.filter((_, i) => facts[i]?.isBlockDevice())
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
}
