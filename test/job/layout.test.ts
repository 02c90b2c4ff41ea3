/** What inspect says of the Windows that wrote a volume: no more than what is left of the metadata tells. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { inspectVolumes } from "../../src/job/index.ts"
import { findPart } from "../damage/parts.ts"
import { forgeVolume, type VolumeName } from "../damage/volumes.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-layout-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The layout in the report, with those parts of all copies zeroed. */
async function layoutOf(name: VolumeName, gone: readonly string[]): Promise<string | undefined> {
  const volume = await forgeVolume(name)
  const image = volume.image.slice()
  for (const part of gone.flatMap((one) => [1, 2, 3].map((copy) => `${one} of copy ${copy}`))) {
    for (const { start, length } of findPart(volume, part)) image.fill(0, start, start + length)
  }
  const path = join(folder, "volume.img")
  writeFileSync(path, image)
  return (await inspectVolumes({ path })).volumes[0]?.layout
}

const VIRTUALIZATION = ["virtualization info"]

describe("the layout", () => {
  it.each([
    ["XTS-128", [], "windows-8"],
    ["CBC-256", [], "windows-8"],
    ["diffuser-128", [], "windows-7"],
    ["Vista", [], "vista"],
    // XTS came with Windows 10; of the others nothing is left that tells Windows 7 from later ones.
    ["XTS-128", VIRTUALIZATION, "windows-8"],
    ["CBC-256", VIRTUALIZATION, "windows-7-or-later"],
    ["diffuser-128", VIRTUALIZATION, "windows-7-or-later"],
    ["To Go FAT32", VIRTUALIZATION, "to-go"],
  ] as const)("of %s without its %o is %s", async (name, gone, expected) => {
    expect(await layoutOf(name, gone)).toBe(expected)
  })
})
