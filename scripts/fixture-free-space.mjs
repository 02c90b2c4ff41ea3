/** Which clusters of a fresh volume no file uses, as byte extents: read from the bitmap or FAT, trusting the image. */
import { execFileSync } from "node:child_process"

/** Extents `{ start, length }` in bytes from the start of the volume, ascending. */
export function freeExtents(type, image, bytes) {
  if (type === "ntfs") return ofNtfs(image, bytes)
  return type === "exfat" ? ofExfat(bytes) : ofFat(type, bytes)
}

function ofNtfs(image, bytes) {
  const bitmap = execFileSync("ntfscat", ["-i", "6", image])
  const clusterSize = bytes.readUInt16LE(0x0b) * bytes[0x0d]
  const clusters = Math.floor((bytes.readUInt32LE(0x28) * bytes.readUInt16LE(0x0b)) / clusterSize)
  return runsOf(clusters, (n) => !bitAt(bitmap, n), clusterSize, 0)
}

function ofFat(type, bytes) {
  const sectorSize = bytes.readUInt16LE(0x0b)
  const clusterSize = sectorSize * bytes[0x0d]
  const fatStart = bytes.readUInt16LE(0x0e) * sectorSize
  const fatSectors = bytes.readUInt16LE(0x16) || bytes.readUInt32LE(0x24)
  const rootSize = bytes.readUInt16LE(0x11) * 32
  const dataStart = fatStart + bytes[0x10] * fatSectors * sectorSize + rootSize
  const sectors = bytes.readUInt16LE(0x13) || bytes.readUInt32LE(0x20)
  const clusters = Math.floor((sectors * sectorSize - dataStart) / clusterSize)
  const entry = {
    fat12: (n) => (bytes.readUInt16LE(fatStart + n + (n >> 1)) >> (n % 2 ? 4 : 0)) & 0xfff,
    fat16: (n) => bytes.readUInt16LE(fatStart + 2 * n),
    fat32: (n) => bytes.readUInt32LE(fatStart + 4 * n) & 0x0fffffff,
  }[type]
  return runsOf(clusters, (n) => entry(n + 2) === 0, clusterSize, dataStart)
}

function ofExfat(bytes) {
  const sectorSize = 1 << bytes[0x6c]
  const clusterSize = sectorSize << bytes[0x6d]
  const heapStart = bytes.readUInt32LE(0x58) * sectorSize
  const clusterAt = (n) => heapStart + (n - 2) * clusterSize
  // The allocation bitmap is directory entry 0x81; a fresh volume has it in the first cluster of the root.
  let at = clusterAt(bytes.readUInt32LE(0x60))
  while (bytes[at] !== 0x81) at += 32
  const bitmap = bytes.subarray(clusterAt(bytes.readUInt32LE(at + 20)))
  return runsOf(bytes.readUInt32LE(0x5c), (n) => !bitAt(bitmap, n), clusterSize, heapStart)
}

function bitAt(bitmap, n) {
  return (bitmap[n >> 3] >> (n & 7)) & 1
}

function runsOf(clusters, isFree, clusterSize, origin) {
  const runs = []
  for (let n = 0; n < clusters; n++) {
    if (!isFree(n)) continue
    const start = n
    while (n < clusters && isFree(n)) n++
    runs.push({ start: origin + start * clusterSize, length: (n - start) * clusterSize })
  }
  return runs
}
