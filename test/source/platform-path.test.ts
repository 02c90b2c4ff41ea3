import { describe, expect, it } from "vitest"
import { devicePath, isDevicePath } from "../../src/source/platform-path.ts"

describe("devicePath", () => {
  it.each([
    ["C:", "\\\\.\\C:"],
    ["c:\\", "\\\\.\\c:"],
    ["\\\\.\\D:", "\\\\.\\D:"],
    ["\\\\.\\D:\\", "\\\\.\\D:"],
    ["//./PhysicalDrive2", "\\\\.\\PhysicalDrive2"],
    ["\\\\.\\PHYSICALDRIVE10", "\\\\.\\PHYSICALDRIVE10"],
    ["PhysicalDrive0", "\\\\.\\PhysicalDrive0"],
    ["\\\\.\\Harddisk0Partition3", "\\\\.\\Harddisk0Partition3"],
    [
      "\\\\?\\Volume{0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0}\\",
      "\\\\?\\Volume{0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0}",
    ],
  ])("reads %s raw on Windows", (typed, path) => {
    expect(devicePath(typed, "win32")).toBe(path)
    expect(isDevicePath(path, "win32")).toBe(true)
  })

  it.each([
    "C:\\images\\drive.img",
    "C:drive.img",
    "drive.img",
    "\\\\server\\share\\drive.img",
    "PhysicalDrive0.img",
  ])("leaves the file %s alone on Windows", (typed) => {
    expect(devicePath(typed, "win32")).toBe(typed)
    expect(isDevicePath(typed, "win32")).toBe(false)
  })

  it.each([
    ["/dev/disk2", "/dev/rdisk2"],
    ["/dev/disk2s1", "/dev/rdisk2s1"],
    ["/dev/rdisk4", "/dev/rdisk4"],
  ])("prefers the raw device of %s on macOS", (typed, path) => {
    expect(devicePath(typed, "darwin")).toBe(path)
    expect(isDevicePath(path, "darwin")).toBe(true)
  })

  it("changes nothing on Linux", () => {
    for (const path of ["/dev/sda", "/dev/disk2", "C:", "./check"]) {
      expect(devicePath(path, "linux")).toBe(path)
      expect(isDevicePath(path, "linux")).toBe(false)
    }
  })
})
