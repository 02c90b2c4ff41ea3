import { execFileSync } from "node:child_process"
import { describe, expect, it } from "vitest"
import { guidesFor, type ReportedOutput } from "../../src/report/index.ts"

const image: ReportedOutput = { path: "out.img", kind: "image", start: 0, size: 1, zeroSectorBytes: 0 }
const ntfs = { type: "ntfs", serial: "1", size: 1, sectorSize: 512, clusterSize: 4096 } as const

const textOf = (...args: Parameters<typeof guidesFor>): string =>
  guidesFor(...args)
    .flatMap(({ commands, notes }) => [...commands, ...notes])
    .join("\n")

describe("the guides", () => {
  it("open an image read-only on each system", () => {
    expect(guidesFor(image, ntfs).map(({ system }) => system)).toEqual(["Linux", "macOS", "Windows"])
    const [linux, macos] = guidesFor(image, ntfs)
    expect(linux!.commands).toEqual(["sudo mount -o ro,loop out.img /mnt", "ntfsfix --no-action out.img"])
    expect(macos!.commands.join()).toContain("-readonly")
  })

  it("open a device, and one of 4096-byte sectors in an image", () => {
    expect(textOf({ ...image, kind: "device", path: "/dev/sdc" }, ntfs)).toContain("mount -o ro /dev/sdc")
    expect(textOf(image, { ...ntfs, sectorSize: 4096 })).toContain("--sector-size 4096")
  })

  it("never mount otherwise than read-only, and never let a check write", () => {
    for (const type of ["ntfs", "fat12", "fat16", "fat32", "exfat"] as const) {
      for (const kind of ["image", "device"] as const) {
        for (const { commands } of guidesFor({ ...image, kind }, { ...ntfs, type })) {
          for (const command of commands) {
            expect(command).toMatch(/ro\b|readonly|readOnly|read-only|-n |--no-action/)
          }
        }
      }
    }
  })

  it("warn where Windows hibernated, or where the volume is dirty", () => {
    expect(textOf(image, { ...ntfs, hibernated: true, dirty: true })).toContain("hibernated")
    expect(textOf(image, { ...ntfs, dirty: true })).toContain("not unmounted cleanly")
    expect(textOf(image, { ...ntfs, dirty: false })).not.toContain("not unmounted")
  })

  it("send a ReFS volume to Windows only", () => {
    expect(guidesFor(image, { ...ntfs, type: "refs" }).map(({ system }) => system)).toEqual(["Windows"])
  })

  it("say nothing of what cannot be opened", () => {
    expect(guidesFor({ ...image, kind: "stream" }, ntfs)).toEqual([])
    expect(guidesFor({ ...image, start: 4096 }, ntfs)).toEqual([])
    expect(guidesFor(image, undefined)).toEqual([])
  })

  it.each(["it's $(touch taken) `here`", "-rf", "a b", "Straße.img"])(
    "quote the path %s for a shell",
    (path) => {
      const [linux] = guidesFor({ ...image, path }, ntfs)
      const check = linux!.commands[1]!.replace("ntfsfix --no-action", "printf %s")
      expect(execFileSync("sh", ["-c", check]).toString().replace(/^\.\//, "")).toBe(path)
    },
  )
})
