/** Whole disks: the volume is found by itself, at either sector size, and several are told apart. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { inspectVolumes, repairVolume, startupKey } from "../../dist/index.js"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { type FixtureName, freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { type ForgedVolume, forge } from "../forge/forge.ts"
import { diskOf, gptPieces, mbrPieces } from "../suites/partition-writer.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-disks-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const MIB = 1 << 20
const BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
const small: FixtureName = "sample"

let first: ForgedVolume
let second: ForgedVolume
beforeAll(async () => {
  const volume = (seed: number): Promise<ForgedVolume> =>
    forge(loadFixture(small), {
      layout: "windows8",
      method: EncryptionMethod.xtsAes256,
      free: freeExtents(small),
      protectors: [{ kind: "startup-key" }],
      seed,
    })
  ;[first, second] = [await volume(1), await volume(2)]
  writeFileSync(join(folder, "first.bek"), first.protectors[0]!.startupKey!.file)
  writeFileSync(join(folder, "second.bek"), second.protectors[0]!.startupKey!.file)
})

const SIZE = 12 * MIB
const places = { first: 1 * MIB, second: 6 * MIB }

function disk(
  kind: "mbr" | "gpt",
  sectorSize: number,
  volumes: readonly (readonly [number, Uint8Array])[],
): string {
  const partitions = volumes.map(([start, image], i) => ({
    extent: { start, length: image.length },
    type: kind === "mbr" ? "0x07" : BASIC_DATA,
    ...(kind === "gpt" && { name: `Volume ${i + 1}` }),
  }))
  const table = kind === "mbr" ? mbrPieces(sectorSize, partitions) : gptPieces(SIZE, sectorSize, partitions)
  const path = join(folder, `${kind}-${sectorSize}.img`)
  writeFileSync(path, diskOf(SIZE, [...table, ...volumes.map(([at, bytes]) => ({ at, bytes }))]))
  return path
}

describe("whole disks", () => {
  it.each([
    ["mbr", 512],
    ["mbr", 4096],
    ["gpt", 512],
    ["gpt", 4096],
  ] as const)("finds the volume of an %s disk with sectors of %i bytes", async (kind, sectorSize) => {
    const path = disk(kind, sectorSize, [[places.first, first.image]])
    const output = join(folder, "out.img")
    rmSync(output, { force: true })
    const credentials = [startupKey(join(folder, "first.bek"))]
    const report = await repairVolume({ input: { path }, output, credentials })
    expect(report.volume).toMatchObject({ index: 1, offset: places.first, size: first.image.length })
    expect(Buffer.compare(readFileSync(output), first.expected)).toBe(0)
  })

  it("lists several volumes with what tells them apart, and takes the one that is chosen", async () => {
    const path = disk("gpt", 512, [
      [places.first, first.image],
      [places.second, second.image],
    ])
    const { volumes, bytesRead } = await inspectVolumes({ path })
    expect(volumes.map(({ where }) => where)).toEqual([
      "GPT partition 1, Volume 1",
      "GPT partition 2, Volume 2",
    ])
    expect(new Set(volumes.map(({ volumeId }) => volumeId)).size).toBe(2)
    expect(bytesRead).toBeLessThan(64 * MIB)

    const credentials = [startupKey(join(folder, "second.bek"))]
    const output = join(folder, "chosen.img")
    await expect(repairVolume({ input: { path }, output, credentials })).rejects.toMatchObject({
      code: "volume-not-chosen",
      exitCode: 2,
    })
    await repairVolume({ input: { path, volume: 2 }, output, credentials })
    expect(Buffer.compare(readFileSync(output), second.expected)).toBe(0)
    await repairVolume({
      input: { path, offset: places.second, size: second.image.length },
      output,
      credentials,
      overwrite: true,
    })
    expect(Buffer.compare(readFileSync(output), second.expected)).toBe(0)
  })

  it("gives what a cut image holds, says what is missing, and extends it when asked", async () => {
    const cut = 2 * MIB
    const path = join(folder, "cut.img")
    writeFileSync(path, first.image.subarray(0, cut))
    const output = join(folder, "cut-out.img")
    const credentials = [startupKey(join(folder, "first.bek"))]
    const plain = await repairVolume({ input: { path }, output, credentials })
    expect(Buffer.compare(readFileSync(output), first.expected.subarray(0, cut))).toBe(0)
    expect(plain.volume.findings.map(({ code }) => code)).toContain("input-truncated")
    expect(plain.exitCode).toBe(0)

    const full = await repairVolume({
      input: { path },
      output,
      credentials,
      overwrite: true,
      fullSize: true,
      hash: true,
    })
    const bytes = readFileSync(output)
    expect(bytes.length).toBe(first.image.length)
    expect(Buffer.compare(bytes.subarray(0, cut), first.expected.subarray(0, cut))).toBe(0)
    expect(bytes.subarray(cut).every((byte) => byte === 0)).toBe(true)
    expect(full).toMatchObject({
      exitCode: 3,
      unreadable: [{ start: cut, length: first.image.length - cut }],
    })
  })

  it("writes only the range that is asked for", async () => {
    const path = join(folder, "range.img")
    writeFileSync(path, first.image)
    const output = join(folder, "range-out.img")
    const credentials = [startupKey(join(folder, "first.bek"))]
    const range = { start: 4097, length: 12_345 }
    await repairVolume({ input: { path }, output, credentials, range })
    const expected = first.expected.subarray(range.start, range.start + range.length)
    expect(Buffer.compare(readFileSync(output), expected)).toBe(0)
  })
})
