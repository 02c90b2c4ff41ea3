/** Declarations: sizes that the formats promise, and exact round trips. */
import { describe, expect, it } from "vitest"
import { ExfatBitmapEntry, ExfatBootSector, ExfatLabelEntry } from "../../src/filesystem/exfat/layout.ts"
import {
  Fat16Extension,
  Fat32Extension,
  FatBootSector,
  FatDirectoryEntry,
  FsInfo,
} from "../../src/filesystem/fat/layout.ts"
import { AttributeHeader, FileRecordHeader, NtfsBootSector } from "../../src/filesystem/ntfs/layout.ts"
import { RefsBootSector } from "../../src/filesystem/refs/layout.ts"
import { randomBytes } from "../suites/random-bytes.ts"

const LAYOUTS = [
  { layout: NtfsBootSector, size: 512 },
  { layout: FileRecordHeader, size: 42 },
  { layout: AttributeHeader, size: 24 },
  { layout: FatBootSector, size: 36 },
  { layout: Fat16Extension, size: 26 },
  { layout: Fat32Extension, size: 54 },
  { layout: FsInfo, size: 512 },
  { layout: FatDirectoryEntry, size: 32 },
  { layout: ExfatBootSector, size: 512 },
  { layout: ExfatLabelEntry, size: 32 },
  { layout: ExfatBitmapEntry, size: 32 },
  { layout: RefsBootSector, size: 64 },
] as const

describe.each(LAYOUTS)("$layout.type", ({ layout, size }) => {
  it(`is ${size} bytes long and travels through parse and serialize unchanged`, () => {
    expect(layout.size).toBe(size)
    const bytes = randomBytes(size)
    const roundTrip = layout as unknown as { serialize(value: unknown): Uint8Array }
    expect(roundTrip.serialize(layout.parse(bytes))).toEqual(bytes)
  })
})
