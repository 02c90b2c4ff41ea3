import { describe, expect, it } from "vitest"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { nameContents } from "../../src/filesystem/index.ts"
import { memorySource } from "../../src/source/index.ts"
import { FIXTURE_NAMES, fixtureFacts, loadFixture } from "../fixtures/fixtures.ts"
import { countingSource } from "../suites/counting-source.ts"
import { faultySource } from "../suites/faulty-source.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { requireTools, runTool } from "../suites/tools.ts"

const MIB = 1024 * 1024
const nameOf = (bytes: Uint8Array): Promise<string> => nameContents(memorySource(bytes))

/** A source of zeros with texts (ISO 8859-1) at positions. */
function marked(size: number, ...marks: readonly (readonly [at: number, text: string])[]): Uint8Array {
  const image = new Uint8Array(size)
  for (const [at, text] of marks) image.set(Buffer.from(text, "latin1"), at)
  return image
}

describe("nameContents", () => {
  it.each(FIXTURE_NAMES)("names %s", async (name) => {
    const expected = { ntfs: "an NTFS volume", exfat: "an exFAT volume" } as Record<string, string>
    const { type } = fixtureFacts(name)
    expect(await nameOf(loadFixture(name))).toBe(expected[type] ?? `a ${type.toUpperCase()} volume`)
  })

  it.each([
    ["a LUKS1 container", [[0, "LUKS\xba\xbe\0\x01"]]],
    [
      "an LVM physical volume",
      [
        [512, "LABELONE"],
        [536, "LVM2 001"],
      ],
    ],
    ["a member of a Linux RAID", [[4096, "\xfc\x4e\x2b\xa9\x01\0\0\0"]]],
    [
      "an ext3 file system",
      [
        [0x438, "\x53\xef"],
        [0x44c, "\x01"],
        [0x45c, "\x04"],
      ],
    ],
    [
      "an ext2 file system",
      [
        [0x438, "\x53\xef"],
        [0x44c, "\x01"],
      ],
    ],
    ["an XFS file system", [[0, "XFSB\0\0\x10\0"]]],
    ["a Btrfs file system", [[0x10040, "_BHRfS_M"]]],
    ["an APFS container", [[32, "NXSB"]]],
    ["an HFS+ volume", [[1024, "H+\0\x04"]]],
    ["a squashfs image", [[0, "hsqs"]]],
    ["an ISO 9660 image", [[0x8001, "CD001"]]],
    ["an E01 image (EnCase)", [[0, "EVF\x09\x0d\x0a\xff\x00\x01"]]],
    ["a VHD image", [[2 * MIB - 512, "conectix"]]],
    ["a 7z archive", [[0, "7z\xbc\xaf\x27\x1c"]]],
    ["a Windows image (WIM)", [[0, "MSWIM\0\0\0"]]],
    [
      "a GPT partition table",
      [
        [510, "\x55\xaa"],
        [0x1c2, "\xee"],
        [4096, "EFI PART"],
      ],
    ],
    [
      "an MBR partition table",
      [
        [510, "\x55\xaa"],
        [0x1be, "\x80"],
        [0x1c2, "\x07"],
      ],
    ],
    ["a text file", [[0, "\xff\xfeB\0i\0t\0"]]],
  ] as const)("knows %s by its marks", async (name, marks) => {
    expect(await nameOf(marked(2 * MIB, ...marks))).toBe(name)
  })

  it("tells text, zeros, random bytes and other data apart", async () => {
    expect(await nameOf(new TextEncoder().encode("BitLocker recovery key\r\n"))).toBe("a text file")
    expect(await nameOf(new Uint8Array(MIB))).toBe("empty (zeros wherever we looked)")
    expect(await nameOf(new Uint8Array(0))).toBe("empty (no bytes)")
    expect(await nameOf(randomBytes(MIB, 5))).toBe(
      "data of no structure that we know, like random or encrypted bytes",
    )
    expect(await nameOf(new Uint8Array(MIB).fill(3))).toBe("data of no structure that we know")
  })

  it("takes random bytes between zeros for what they are", async () => {
    const image = randomBytes(4 * MIB)
    for (let at = 0; at < image.length; at += 5 * 512) image.fill(0, at, at + 512)
    expect(await nameOf(image)).toContain("like random or encrypted bytes")
  })

  it("says when nothing could be read", async () => {
    const image = loadFixture("sample")
    expect(await nameContents(faultySource(image, [{ start: 0, length: image.length }]))).toBe(
      "unreadable wherever we looked",
    )
  })

  it("reads at most 1 MiB of a source that it does not know", async () => {
    const source = countingSource(memorySource(randomBytes(64 * MIB)))
    await nameContents(source)
    expect(source.bytesRead()).toBeLessThan(MIB)
  })
})

describe("what other programs make", () => {
  /** Makes a file of `size` bytes with the tool, which gets its path in place of `FILE`. */
  async function nameOfMade(size: number, tool: string, ...args: readonly string[]): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), "repair-bde-test-"))
    const path = join(folder, "image")
    try {
      runTool("truncate", "-s", String(size), path)
      runTool(tool, ...args.map((arg) => arg.replace("FILE", path)))
      return await nameOf(readFileSync(path))
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it.skipIf(!requireTools("mkfs.ext4")).each([
    ["ext4", "an ext4 file system"],
    ["ext3", "an ext3 file system"],
    ["ext2", "an ext2 file system"],
  ])("mkfs.%s", async (type, name) => {
    expect(await nameOfMade(16 * MIB, "mkfs.ext4", "-q", "-F", "-t", type, "FILE")).toBe(name)
  })

  it.skipIf(!requireTools("mkswap"))("mkswap", async () => {
    expect(await nameOfMade(MIB, "mkswap", "FILE")).toBe("a Linux swap area")
  })

  it.skipIf(!requireTools("cryptsetup"))("cryptsetup luksFormat", async () => {
    const quick = [
      "--batch-mode",
      "--pbkdf",
      "pbkdf2",
      "--pbkdf-force-iterations",
      "1000",
      "--key-file",
      "/etc/passwd",
    ]
    expect(await nameOfMade(20 * MIB, "cryptsetup", "luksFormat", ...quick, "FILE")).toBe("a LUKS2 container")
  })

  it.skipIf(!requireTools("qemu-img")).each([
    ["qcow2", "a qcow2 image"],
    ["vpc", "a VHD image"],
    ["vhdx", "a VHDX image"],
    ["vmdk", "a VMDK image"],
    ["vdi", "a VirtualBox disk image (VDI)"],
  ])("qemu-img create -f %s", async (format, name) => {
    expect(await nameOfMade(0, "qemu-img", "create", "-f", format, "FILE", "64M")).toBe(name)
  })

  it.skipIf(!requireTools("sfdisk")).each(["dos", "gpt"])("sfdisk, label %s", async (label) => {
    const script = `echo 'label: ${label}\n,,' | sfdisk -q "$0"`
    const name = label === "dos" ? "an MBR partition table" : "a GPT partition table"
    expect(await nameOfMade(8 * MIB, "sh", "-c", script, "FILE")).toBe(name)
  })

  it("gzip", async () => {
    expect(await nameOf(gzipSync(randomBytes(100)))).toBe("a gzip archive")
  })
})
