/** Block devices: loop devices of both sector sizes, direct I/O, and the real error numbers of failing media. */
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, describe, expect, it } from "vitest"
import { openSource as openBuilt } from "../../dist/source/index.js"
import { extent } from "../../src/extents/extent.ts"
import { openSource, pageMemory, resolveSource } from "../../src/source/index.ts"
import { byteSourceSuite } from "../suites/byte-source-suite.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { requirement } from "../suites/requirements.ts"
import { forThisTest, hasLoopDevices, loopDevice, openFlags, run, temporaryFolder } from "../suites/system.ts"
import { isOnPath } from "../suites/tools.ts"

const canLoop = requirement("loop devices, as root", hasLoopDevices)
const folder = temporaryFolder()
afterAll(folder.dispose)
const bytes = randomBytes(2 << 20)

function imageFile(name: string, contents = bytes): string {
  const path = join(folder.path, name)
  writeFileSync(path, contents)
  return path
}

describe.skipIf(!canLoop).each([512, 4096])("a device with sectors of %i bytes", (sectorSize) => {
  for (const blocking of [false, true]) {
    byteSourceSuite(blocking ? "it, blocking," : "it", async () => {
      const loop = loopDevice(imageFile(`device-${sectorSize}-${blocking}`), sectorSize)
      return {
        source: await openSource(await resolveSource(loop.path), { blocking }),
        bytes,
        dispose: loop.dispose,
      }
    })
  }

  byteSourceSuite("it, in a process of its own,", async () => {
    const loop = loopDevice(imageFile(`device-${sectorSize}-distant`), sectorSize)
    return {
      source: await openBuilt(await resolveSource(loop.path), { readTimeoutMs: 60_000 }),
      bytes,
      dispose: loop.dispose,
    }
  })

  it("tells its size and its sector size", async () => {
    const loop = forThisTest(loopDevice(imageFile("facts"), sectorSize))
    expect(await resolveSource(loop.path)).toEqual({
      kind: "device",
      path: loop.path,
      size: bytes.length,
      sectorSize,
    })
  })

  it("ends with its last whole sector", async () => {
    const loop = forThisTest(loopDevice(imageFile("odd", bytes.subarray(0, 8192 + 512)), sectorSize))
    expect(await resolveSource(loop.path)).toMatchObject({ size: sectorSize === 512 ? 8704 : 8192 })
  })

  it("gives a partition its own size and the sectors of its disk", async () => {
    const file = imageFile("partitioned", new Uint8Array(8 << 20))
    const loop = forThisTest(loopDevice(file, sectorSize))
    run("sh", "-c", `printf 'label: gpt\\nstart=1MiB, size=2MiB\\n' | sfdisk --quiet ${loop.path}`)
    // Asks the kernel directly: some are built to read no partition table themselves.
    run("partx", "--update", "--sector-size", String(sectorSize), loop.path)
    const partition = `${loop.path}p1`
    expect(await resolveSource(partition)).toEqual({
      kind: "device",
      path: partition,
      size: 2 << 20,
      sectorSize,
    })
  })

  it("is opened read-only and past the page cache, and fills page memory whole or in part", async () => {
    const loop = forThisTest(loopDevice(imageFile("direct"), sectorSize))
    const source = await openSource(await resolveSource(loop.path))
    const flags = openFlags(loop.path)
    expect(flags & 0b11, "O_RDONLY").toBe(0)
    expect(flags & 0o40000, "O_DIRECT").toBe(0o40000)
    const memory = pageMemory(1 << 20)
    expect(await source.read(1 << 20, memory)).toEqual([])
    expect(Buffer.compare(memory, bytes.subarray(1 << 20))).toBe(0)
    expect(await source.read(sectorSize, memory.subarray(4096, 12_288))).toEqual([])
    expect(Buffer.compare(memory.subarray(4096, 12_288), bytes.subarray(sectorSize, sectorSize + 8192))).toBe(
      0,
    )
    await source.close()
  })
})

describe.skipIf(!canLoop)("a device that fails", () => {
  it("loses the sectors that cannot be read while its name is there, and is gone when that is gone", async () => {
    const file = imageFile("fails")
    const loop = forThisTest(loopDevice(file))
    // A name of our own for the same device, to take away as the system does when a drive is pulled out.
    const node = join(folder.path, "node")
    const { rdev } = statSync(loop.path)
    run("mknod", node, "b", String(rdev >> 8), String(rdev & 0xff))
    const source = await openSource(await resolveSource(node))
    // Behind the end of its file a loop device answers EIO.
    truncateSync(file, 1 << 20)
    expect(await source.read(0, new Uint8Array(bytes.length))).toEqual([extent(1 << 20, 1 << 20)])
    rmSync(node)
    await expect(source.read(0, new Uint8Array(bytes.length))).rejects.toMatchObject({ code: "source-gone" })
    await source.close()
  })
})

const canFail = requirement(
  "failing media: nbdkit, nbdfuse and /dev/fuse, as root",
  hasLoopDevices && existsSync("/dev/fuse") && isOnPath("nbdkit") && isOnPath("nbdfuse"),
)

describe.skipIf(!canFail)("media with bad sectors", () => {
  /** One bad sector, and a bad extent of 32 KiB. */
  const bad = [extent(0x100200, 512), extent(0x180000, 32_768)]
  const map =
    "0x0 ? 1\n0x0 0x100200 +\n0x100200 0x200 -\n0x100400 0x7fc00 +\n0x180000 0x8000 -\n0x188000 0x78000 +\n"

  it("lose exactly those through direct I/O, and the page around each in a file", async () => {
    const mount = join(folder.path, "media")
    const mapfile = join(folder.path, "map")
    mkdirSync(mount)
    writeFileSync(mapfile, map)
    const served = ["-s", "--filter=ddrescue", "file", imageFile("media.raw"), `ddrescue-mapfile=${mapfile}`]
    const fuse = spawn("nbdfuse", ["-r", mount, "--command", "nbdkit", ...served], { stdio: "ignore" })
    const file = join(mount, "nbd")
    try {
      for (let i = 0; i < 100 && !existsSync(file); i++) await pause(50)
      const device = run("losetup", "--find", "--show", "--read-only", "--direct-io=on", file)
      try {
        expect(await readAll(device)).toEqual({ unreadable: bad, differs: false })
      } finally {
        run("losetup", "--detach", device)
      }
      expect(await readAll(file)).toEqual({ unreadable: [extent(0x100000, 4096), bad[1]], differs: false })
    } finally {
      run("umount", mount)
      fuse.kill()
    }
  })

  async function readAll(path: string): Promise<{ unreadable: unknown; differs: boolean }> {
    const source = await openSource(await resolveSource(path))
    const into = new Uint8Array(source.size).fill(0xa5)
    const unreadable = await source.read(0, into)
    await source.close()
    const expected = bytes.slice()
    for (const { start, length } of unreadable) expected.fill(0, start, start + length)
    return { unreadable, differs: Buffer.compare(into, expected) !== 0 }
  }
})
