import { describe, expect, it } from "vitest"
import { parseUtf16 } from "../../../src/bytes/utf16.ts"
import { openFileRecord, residentValue } from "../../../src/filesystem/ntfs/file-record.ts"
import { undoFixups } from "../../../src/filesystem/ntfs/fixup.ts"
import { AttributeHeader, FileRecordHeader, RecordHead } from "../../../src/filesystem/ntfs/layout.ts"
import { loadFixture } from "../../fixtures/fixtures.ts"

const VOLUME_NAME = 0x60
const volume = loadFixture("ntfs-512")
/** Record 3, $Volume, of 1024 bytes. */
const record = (): Uint8Array => volume.slice(0x4c00, 0x5000)

describe("undoFixups", () => {
  it("puts back the two bytes at the end of each 512", () => {
    const { fixupOffset } = RecordHead.parse(record())
    const restored = undoFixups(record())!
    for (const stride of [1, 2]) {
      const saved = record().subarray(fixupOffset + 2 * stride, fixupOffset + 2 * stride + 2)
      expect(restored.subarray(512 * stride - 2, 512 * stride)).toEqual(saved)
    }
    // Nothing else changes.
    const changed = [...restored.keys()].filter((i) => restored[i] !== record()[i])
    expect(changed.every((i) => i % 512 >= 510)).toBe(true)
  })

  it("knows a torn record by its last stride", () => {
    const torn = record()
    torn[1023]! ^= 1
    expect(undoFixups(torn)).toBeUndefined()
  })

  it("rejects update sequences that do not fit the record", () => {
    expect(undoFixups(record().subarray(0, 512))).toBeUndefined()
    expect(undoFixups(record().subarray(0, 1000))).toBeUndefined()
    expect(undoFixups(new Uint8Array(0))).toBeUndefined()
    for (const offset of [0, 7, 506, 0xffff]) {
      const changed = record()
      new DataView(changed.buffer).setUint16(RecordHead.offsetOf("fixupOffset"), offset, true)
      expect(undoFixups(changed)).toBeUndefined()
    }
  })
})

describe("openFileRecord", () => {
  it("opens records of both sizes", () => {
    expect(openFileRecord(record())?.header.head.signature).toBe("FILE")
    expect(openFileRecord(loadFixture("ntfs-4096").subarray(0x4000, 0x5000))?.header.bytesAllocated).toBe(
      4096,
    )
  })

  it("refuses a record that NTFS itself has marked as bad", () => {
    const bad = record()
    bad.set(Buffer.from("BAAD"))
    expect(openFileRecord(bad)).toBeUndefined()
  })

  it("refuses sizes that do not fit", () => {
    for (const [field, value] of [
      ["bytesUsed", 1025],
      ["bytesAllocated", 512],
      ["firstAttribute", 8],
    ] as const) {
      const changed = record()
      new DataView(changed.buffer).setUint16(FileRecordHeader.offsetOf(field), value, true)
      expect(openFileRecord(changed)).toBeUndefined()
    }
  })
})

describe("residentValue", () => {
  it("reads the volume name", () => {
    expect(parseUtf16(residentValue(openFileRecord(record())!, VOLUME_NAME)!)).toBe("Harbour 512")
  })

  it("has no value for a type that is not there", () => {
    expect(residentValue(openFileRecord(record())!, 0x30303030)).toBeUndefined()
  })

  it("stops at attributes that do not advance or reach beyond the record", () => {
    for (const length of [0, 23, 0xffff_ffff]) {
      const opened = openFileRecord(record())!
      const at = opened.header.firstAttribute + AttributeHeader.offsetOf("length")
      new DataView(opened.bytes.buffer).setUint32(at, length, true)
      expect(residentValue(opened, VOLUME_NAME)).toBeUndefined()
    }
  })
})
