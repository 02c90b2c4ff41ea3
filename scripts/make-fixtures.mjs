/**
 * Makes the plaintext volumes of `test/fixtures/`: `NAME.img.gz` and the golden `NAME.json` beside each.
 *
 * Run by hand, as root, on Debian with ntfs-3g, dosfstools, mtools, exfatprogs, exfat-fuse and attr:
 *     node scripts/make-fixtures.mjs [NAME…]
 * Serial numbers and contents are fixed; NTFS and exFAT volumes carry the time they were made, so a new run gives
 * equivalent volumes with the same golden files, not the same bytes. What is committed stays until it must change.
 */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { compressedFile, fragmentedFile, ordinaryFiles, sampleFiles } from "./fixture-contents.mjs"
import { freeExtents } from "./fixture-free-space.mjs"

const MIB = 1024 * 1024
const TARGET = join(dirname(fileURLToPath(import.meta.url)), "../test/fixtures")

const FIXTURES = {
  "ntfs-512": {
    size: 8 * MIB,
    make: ntfs({ sectorSize: 512, clusterSize: 4096, serial: "0123456789ABCDEF", label: "Harbour 512" }),
    files: ordinaryFiles(),
  },
  "ntfs-4096": {
    size: 8 * MIB,
    make: ntfs({ sectorSize: 4096, clusterSize: 4096, serial: "FEDCBA9876543210", label: "Hafen Übersee" }),
    files: ordinaryFiles({ randomBytes: 100_000 }),
  },
  fat12: {
    size: 2 * MIB,
    make: fat({ bits: 12, sectorsPerCluster: 4, serial: "0BAD1DEA", label: "FLOPPY" }),
    files: ordinaryFiles({ randomBytes: 20_000, many: 40 }),
  },
  fat16: {
    size: 16 * MIB,
    make: fat({ bits: 16, sectorsPerCluster: 4, serial: "1234ABCD", label: "STICK SMALL" }),
    files: ordinaryFiles({ randomBytes: 50_000 }),
  },
  fat32: {
    size: 40 * MIB,
    make: fat({ bits: 32, sectorsPerCluster: 1, serial: "CAFE0032", label: "STICK" }),
    files: ordinaryFiles({ randomBytes: 100_000 }),
  },
  exfat: {
    size: 16 * MIB,
    make: exfat({ clusterSize: 4096, serial: "EA7FA700", label: "Größer" }),
    files: ordinaryFiles({ randomBytes: 100_000 }),
  },
  sample: {
    size: 3 * MIB,
    make: ntfs({
      sectorSize: 512,
      clusterSize: 4096,
      serial: "5A3B1E5A3B1E0001",
      label: "Sample",
      plain: true,
    }),
    files: sampleFiles(),
  },
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(FIXTURES)
for (const name of wanted) {
  const { size, make, files } = FIXTURES[name]
  const image = join(tmpdir(), `fixture-${name}.img`)
  fs.rmSync(image, { force: true })
  fs.writeFileSync(image, "")
  fs.truncateSync(image, size)
  const { files: written, ...golden } = make(image, files)
  const bytes = fs.readFileSync(image)
  const packed = gzipSync(bytes, { level: 9 })
  fs.writeFileSync(join(TARGET, `${name}.img.gz`), packed)
  const free = freeExtents(golden.type, image, bytes)
  const facts = { ...golden, size, files: summary(written), free }
  fs.writeFileSync(join(TARGET, `${name}.json`), JSON.stringify(facts, undefined, 1) + "\n")
  fs.rmSync(image)
  console.log(`${name}: ${written.length} files, ${free.length} free extents, ${packed.length} bytes packed`)
}

/** Each maker formats the image and returns what it is, and every file that it wrote as `[path, content]`. */
function ntfs({ sectorSize, clusterSize, serial, label, plain = false }) {
  return (image, files) => {
    const geometry = ["-s", sectorSize, "-c", clusterSize, "-p", 0, "-H", 255, "-S", 63]
    run("mkntfs", "-F", "-f", "-q", "-T", ...geometry, "-L", label, image)
    run("ntfslabel", "-f", `--new-serial=${serial}`, image)
    const written = Object.entries(files)
    mounted("ntfs-3g", ["-o", "compression"], image, (folder) => {
      putAll(folder, files)
      if (plain) return
      written.push(growInTurns(folder, "Data/fragments.bin"))
      written.push(leaveHole(folder, "Data/sparse.bin"))
      written.push(compress(folder, "packed/jack.txt"))
    })
    const serials = { serial: shownSerial(serial.slice(8)), fullSerial: serial }
    return { type: "ntfs", sectorSize, clusterSize, ...serials, label, files: written }
  }
}

function exfat({ clusterSize, serial, label }) {
  return (image, files) => {
    run("mkfs.exfat", "-c", clusterSize, "-L", label, image)
    run("tune.exfat", "-I", `0x${serial}`, image)
    const written = Object.entries(files)
    mounted("mount.exfat-fuse", [], image, (folder) => {
      putAll(folder, files)
      written.push(growInTurns(folder, "Data/fragments.bin"))
    })
    return { type: "exfat", sectorSize: 512, clusterSize, serial: shownSerial(serial), label, files: written }
  }
}

function fat({ bits, sectorsPerCluster, serial, label }) {
  return (image, files) => {
    const shape = ["-F", bits, "-s", sectorsPerCluster, "-i", serial, "-n", label]
    run("mkfs.fat", "--invariant", ...shape, image)
    const staged = fs.mkdtempSync(join(tmpdir(), "fixture-files-"))
    // A new file takes the clusters that a removed one left, and the rest from behind its neighbour.
    putAll(staged, { ...files, spacer: Buffer.alloc(9000), fence: Buffer.from("fence\n") })
    const copyIn = (...names) => run("mcopy", "-s", "-i", image, ...names.map((n) => join(staged, n)), "::/")
    copyIn("spacer", "fence")
    run("mdel", "-i", image, "::/spacer")
    if (bits === 32) forgetFreeHint(image)
    putAll(staged, { "fragments.bin": fragmentedFile })
    copyIn("fragments.bin", ...new Set(Object.keys(files).map((path) => path.split("/")[0])))
    fs.rmSync(staged, { recursive: true })
    const extra = [
      ["fence", Buffer.from("fence\n")],
      ["fragments.bin", fragmentedFile],
    ]
    const clusterSize = 512 * sectorsPerCluster
    return {
      type: `fat${bits}`,
      sectorSize: 512,
      clusterSize,
      serial: shownSerial(serial),
      label,
      files: [...Object.entries(files), ...extra],
    }
  }
}

/** FAT32 remembers in FSInfo (sector 1) where to look for free clusters; all ones: nowhere in particular. */
function forgetFreeHint(image) {
  const file = fs.openSync(image, "r+")
  fs.writeSync(file, Buffer.alloc(4, 0xff), 0, 4, 512 + 0x1ec)
  fs.closeSync(file)
}

function run(command, ...args) {
  const env = { ...process.env, SOURCE_DATE_EPOCH: "1704067200", MTOOLS_SKIP_CHECK: "1", LC_ALL: "C.UTF-8" }
  return execFileSync(command, args.map(String), { env, stdio: ["ignore", "pipe", "pipe"] })
}

/** Over a loop device: only then does `umount` wait until the driver has written everything. */
function mounted(driver, options, image, work) {
  const device = run("losetup", "--find", "--show", image).toString().trim()
  const folder = fs.mkdtempSync(join(tmpdir(), "fixture-mount-"))
  try {
    run(driver, ...options, device, folder)
    work(folder)
    run("umount", folder)
  } finally {
    run("losetup", "--detach", device)
    fs.rmdirSync(folder)
  }
}

function putAll(folder, files) {
  for (const [path, content] of Object.entries(files)) {
    fs.mkdirSync(dirname(join(folder, path)), { recursive: true })
    fs.writeFileSync(join(folder, path), content)
  }
}

/** Two files that grow in turns get in each other's way. The neighbour is removed again: free space in small pieces. */
function growInTurns(folder, path) {
  const step = 8192
  for (let at = 0; at < fragmentedFile.length; at += step) {
    fs.appendFileSync(join(folder, path), fragmentedFile.subarray(at, at + step))
    fs.appendFileSync(join(folder, "neighbour"), Buffer.alloc(step))
  }
  fs.rmSync(join(folder, "neighbour"))
  return [path, fragmentedFile]
}

function leaveHole(folder, path) {
  const content = Buffer.alloc(600_000)
  content.write("after the hole", 500_000)
  const file = fs.openSync(join(folder, path), "w")
  fs.writeSync(file, content.subarray(500_000), 0, undefined, 500_000)
  fs.closeSync(file)
  return [path, content]
}

/** ntfs-3g compresses new files of a folder that has the attribute FILE_ATTRIBUTE_COMPRESSED (0x800). */
function compress(folder, path) {
  fs.mkdirSync(dirname(join(folder, path)))
  run("setfattr", "-n", "system.ntfs_attrib_be", "-v", "0x00000810", dirname(join(folder, path)))
  fs.writeFileSync(join(folder, path), compressedFile)
  return [path, compressedFile]
}

/** As Windows shows 32 bits of it. */
function shownSerial(digits) {
  return `${digits.slice(0, 4)}-${digits.slice(4)}`
}

function summary(files) {
  return files
    .map(([path, content]) => ({ path, size: content.length, sha256: sha256(content) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

function sha256(content) {
  return createHash("sha256").update(content).digest("hex")
}
