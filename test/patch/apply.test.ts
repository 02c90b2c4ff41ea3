/** The hand that writes to a source, on real files and devices: what it refuses, and what it leaves alone. */
import { linkSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { Patch } from "../../src/fve/index.ts"
import { applyPatch, refuseBusy, undoPatch } from "../../src/patch/apply.ts"
import { resolveSource } from "../../src/source/index.ts"
import { requirement } from "../suites/requirements.ts"
import {
  forThisTest,
  hasLoopDevices,
  loopDevice,
  mountDevice,
  run,
  temporaryFolder,
} from "../suites/system.ts"

const hasLoops = requirement("root, with loop devices", hasLoopDevices)
const SIZE = 1 << 20

function patchFor(size: number, sectorSize = 512): Patch {
  const edit = (at: number, length: number, what: string) => ({
    ...{ at, what },
    before: new Uint8Array(length),
    after: new Uint8Array(length).fill(0xab),
  })
  return {
    identity: {
      volumeId: "1A2B3C4D-0000-0000-0000-000000000000",
      keyIds: [],
      sourceSize: size,
      sectorSize,
      volumeOffset: 0,
    },
    edits: [edit(0x20000, 0x10000, "metadata copy 1"), edit(0, sectorSize, "boot sector")],
  }
}

const image = (): string => {
  const path = join(forThisTest(temporaryFolder()).path, "drive.img")
  writeFileSync(path, new Uint8Array(SIZE))
  return path
}
const saved = (patch: Patch) => ({ path: "drive.undo", patch })
const written = (path: string): number => readFileSync(path).filter((byte) => byte === 0xab).length

describe("applyPatch", () => {
  it("writes into the file that is there, whatever names it has, and nothing else of it", async () => {
    const path = image()
    const other = `${path}.link`
    linkSync(path, other)
    const { ino } = statSync(path)
    const drive = await resolveSource(path)
    await applyPatch(drive, saved(patchFor(SIZE)))
    expect(written(other)).toBe(0x10000 + 512)
    expect(statSync(path)).toMatchObject({ ino, size: SIZE, nlink: 2 })
    await undoPatch(drive, saved(patchFor(SIZE)))
    expect(Buffer.compare(readFileSync(other), Buffer.alloc(SIZE))).toBe(0)
  })

  it("refuses a file of another size", async () => {
    const path = image()
    const drive = await resolveSource(path)
    truncateSync(path, SIZE + 512)
    await expect(applyPatch({ ...drive, size: SIZE + 512 }, saved(patchFor(SIZE)))).rejects.toMatchObject({
      code: "drive-other-size",
      exitCode: 16,
    })
    expect(written(path)).toBe(0)
  })

  describe.skipIf(!hasLoops)("on a device", () => {
    it.each([512, 4096])(
      "writes whole sectors of %i bytes past the cache, and takes them back",
      async (sectorSize) => {
        const path = image()
        const device = forThisTest(loopDevice(path, sectorSize)).path
        const drive = await resolveSource(device)
        const patch = patchFor(SIZE, sectorSize)
        await applyPatch(drive, saved(patch))
        expect(written(path)).toBe(0x10000 + sectorSize)
        expect((await undoPatch(drive, saved(patch))).map(({ what }) => what)).toEqual([
          "boot sector",
          "metadata copy 1",
        ])
        expect(written(path)).toBe(0)
      },
    )

    it("refuses one that is mounted, and says where", async () => {
      const path = join(forThisTest(temporaryFolder()).path, "ext.img")
      writeFileSync(path, new Uint8Array(SIZE))
      run("mkfs.ext4", "-q", path)
      const device = forThisTest(loopDevice(path)).path
      const mount = forThisTest(mountDevice(device)).path
      const drive = await resolveSource(device)
      const refusal = {
        code: "drive-in-use",
        exitCode: 16,
        message: expect.stringContaining(mount) as string,
      }
      await expect(refuseBusy(drive)).rejects.toMatchObject(refusal)
      await expect(applyPatch(drive, saved(patchFor(SIZE)))).rejects.toMatchObject(refusal)
      await expect(undoPatch(drive, saved(patchFor(SIZE)))).rejects.toMatchObject(refusal)
    })

    it("refuses a disk of which a partition is mounted", async () => {
      const path = join(forThisTest(temporaryFolder()).path, "disk.img")
      writeFileSync(path, new Uint8Array(8 * SIZE))
      const disk = forThisTest(loopDevice(path)).path
      run("sh", "-c", `printf 'start=1MiB\\n' | sfdisk --quiet ${disk} && partx --update ${disk}`)
      run("mkfs.ext4", "-q", `${disk}p1`)
      forThisTest(mountDevice(`${disk}p1`))
      await expect(refuseBusy(await resolveSource(disk))).rejects.toMatchObject({ code: "drive-in-use" })
    })

    it("refuses a file that is attached to a device, under any of its names", async () => {
      const path = image()
      linkSync(path, `${path}.link`)
      const device = forThisTest(loopDevice(path)).path
      await expect(refuseBusy(await resolveSource(`${path}.link`))).rejects.toMatchObject({
        code: "drive-attached",
        data: { devices: [device] },
      })
    })
  })
})
