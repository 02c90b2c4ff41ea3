import { describe, expect, it } from "vitest"
import { linuxDeviceFolder } from "../../src/bytes/device-number.ts"

describe("linuxDeviceFolder", () => {
  it.each([
    // makedev(3) of glibc.
    [0x0801n, "8:1"],
    [0x0103n, "1:3"],
    [0x10300n, "259:0"],
    [0x100800ffn, "2048:65791"],
    [0x123_0004_5678n, "1110:305135736"],
  ])("unpacks %i", (device, expected) => {
    expect(linuxDeviceFolder(device)).toBe(`/sys/dev/block/${expected}`)
  })
})
