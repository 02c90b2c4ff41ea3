/**
 * From a path to a source as data: is it a file or a block device, how large, in which sectors. Everything that can be
 * refused is refused here, by name, before anything is read.
 *
 * Linux tells size and sector size of a block device in sysfs (`stat` says 0); elsewhere they are found by reading.
 */
import type { BigIntStats } from "node:fs"
import { readFile, stat } from "node:fs/promises"
import { linuxDeviceFolder } from "../bytes/device-number.ts"
import { SourceError } from "../errors.ts"
import { alignDown } from "../extents/extent.ts"
import type { DriveSpec } from "./byte-source.ts"
import { openDescriptor } from "./descriptor.ts"
import { openFailure, tooLargeFailure } from "./failures.ts"
import { devicePath, isDevicePath } from "./platform-path.ts"
import { probeSectorSize, probeSize } from "./probe-size.ts"

/** @throws SourceError */
export async function resolveSource(
  typed: string,
  platform: NodeJS.Platform = process.platform,
): Promise<DriveSpec> {
  const path = devicePath(typed, platform)
  if (isDevicePath(path, platform)) return probeDevice(path)
  const facts = await stat(path, { bigint: true }).catch((error: unknown) => {
    throw openFailure(path, error)
  })
  if (facts.isBlockDevice()) return resolveLinuxDevice(path, facts)
  if (!facts.isFile()) throw wrongKind(path, facts)
  if (facts.size === 0n) throw emptyFailure(path)
  if (facts.size > BigInt(Number.MAX_SAFE_INTEGER)) throw tooLargeFailure(path, facts.size)
  await proveReadable(path)
  return { kind: "file", path, size: Number(facts.size) }
}

async function resolveLinuxDevice(path: string, { rdev }: BigIntStats): Promise<DriveSpec> {
  await proveReadable(path)
  const folder = linuxDeviceFolder(rdev)
  const sectorSize =
    (await readNumber(`${folder}/queue/logical_block_size`)) ??
    // The folder of a partition lies in that of its disk, which has the queue.
    (await readNumber(`${folder}/../queue/logical_block_size`)) ??
    512
  // In units of 512 bytes whatever the sector size; a last sector that is not whole can be read by nobody.
  const size = alignDown(512 * ((await readNumber(`${folder}/size`)) ?? 0), sectorSize)
  if (size === 0) throw emptyFailure(path)
  return { kind: "device", path, size, sectorSize }
}

async function probeDevice(path: string): Promise<DriveSpec> {
  const descriptor = await openDescriptor(path).catch((error: unknown) => {
    throw openFailure(path, error)
  })
  try {
    const sectorSize = await probeSectorSize(descriptor.pread)
    const size = await probeSize(descriptor.pread, sectorSize)
    if (size === 0) throw emptyFailure(path)
    return { kind: "device", path, size, sectorSize }
  } finally {
    await descriptor.close()
  }
}

async function proveReadable(path: string): Promise<void> {
  try {
    await (await openDescriptor(path)).close()
  } catch (error) {
    throw openFailure(path, error)
  }
}

async function readNumber(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined)
  return text === undefined ? undefined : Number(text)
}

function emptyFailure(path: string): SourceError {
  return new SourceError("source-empty", `${path} is empty: it has 0 bytes`, {
    data: { path },
    next: ["check that the copy or download has finished", "name the drive itself, or another image of it"],
  })
}

function wrongKind(path: string, facts: BigIntStats): SourceError {
  if (facts.isDirectory()) {
    return new SourceError("source-is-directory", `${path} is a folder`, {
      data: { path },
      next: [
        "name the image file in it",
        "name the drive: `lsblk` and `findmnt` show which one is mounted there",
      ],
    })
  }
  const kind = facts.isFIFO() ? "a pipe" : facts.isSocket() ? "a socket" : "a character device"
  return new SourceError("source-not-a-drive", `${path} is ${kind}: it cannot be read at a position`, {
    data: { path },
    next: ["save the bytes to a file first and name that file"],
  })
}
