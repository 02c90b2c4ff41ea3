/**
 * The discovery volume of BitLocker To Go: a real FAT32 file system in plaintext, whose files cover the encrypted part so
 * that no system writes there. It spans the whole volume by its header, but only its head is its own.
 */
import { struct, u16, u32, u8, bytes, latin1 } from "../../src/bytes/struct.ts"
import { BiosParameters } from "../../src/fve/index.ts"

const Fat32Fields = struct("FAT32 fields", {
  fatSectorCount: u32("sectors in a FAT"),
  flags: u16("0"),
  version: u16("0"),
  rootCluster: u32("first cluster of the root directory"),
  infoSector: u16("sector of the hints"),
  backupSector: u16("sector of the backup"),
  reserved: bytes(12, "0"),
  drive: u8("0x80"),
  dirty: u8("0"),
  marker: u8("0x29"),
  serial: u32("serial number"),
  label: latin1(11, "label"),
  type: latin1(8, "type"),
})

const DirectoryEntry = struct("directory entry", {
  name: latin1(11, "8.3, padded with spaces"),
  attributes: u8("0x07: read-only, hidden, system"),
  reserved12: bytes(8, "0"),
  clusterHigh: u16("first cluster, upper half"),
  time: u32("0"),
  clusterLow: u16("first cluster, lower half"),
  size: u32("bytes"),
})

const SECTOR = 512
const RESERVED = 33
const BACKUP = 6
const COVER_LIMIT = 4_294_934_528
const END_OF_CHAIN = 0x0fffffff
/** Clusters of the discovery volume's own: root directory and the reader's text. */
const OWN_CLUSTERS = 6

/** The head of the volume; it ends on a cluster of the discovery volume. */
export function forgeDiscoveryVolume(size: number): Uint8Array {
  const sectorCount = Math.floor(size / SECTOR)
  // FAT32 has 65525 clusters at least, so small volumes need small ones.
  const clusterSectorCount = sectorCount > 2 * 70_000 ? 2 : 1
  const fatSectorCount = Math.ceil((sectorCount / clusterSectorCount + 2) / (SECTOR / 4))
  const clusterCount = Math.floor((sectorCount - RESERVED - fatSectorCount) / clusterSectorCount)
  const dataAt = (RESERVED + fatSectorCount) * SECTOR
  const clusterSize = clusterSectorCount * SECTOR
  const head = new Uint8Array(dataAt + OWN_CLUSTERS * clusterSize)
  const boot = bootSector(sectorCount, clusterSectorCount, fatSectorCount)
  for (const at of [0, BACKUP]) head.set(boot, at * SECTOR)
  const fat = new DataView(head.buffer, RESERVED * SECTOR)
  const chain = (first: number, count: number): void => {
    for (let i = 0; i < count; i++)
      fat.setUint32((first + i) * 4, i === count - 1 ? END_OF_CHAIN : first + i + 1, true)
  }
  fat.setUint32(0, 0x0ffffff8, true)
  fat.setUint32(4, END_OF_CHAIN, true)
  chain(2, 1)
  chain(3, OWN_CLUSTERS - 1)
  const covered = clusterCount - OWN_CLUSTERS
  chain(2 + OWN_CLUSTERS, covered)
  const entries = [
    { name: "READ ME TXT", cluster: 3, size: (OWN_CLUSTERS - 1) * clusterSize },
    { name: "COV 0000ER ", cluster: 2 + OWN_CLUSTERS, size: Math.min(covered * clusterSize, COVER_LIMIT) },
  ]
  entries.forEach((entry, i) => head.set(directoryEntry(entry), dataAt + i * DirectoryEntry.size))
  head.fill(0x2e, dataAt + clusterSize)
  return head
}

function directoryEntry({
  name,
  cluster,
  size,
}: {
  name: string
  cluster: number
  size: number
}): Uint8Array {
  return DirectoryEntry.serialize({
    name,
    attributes: 0x07,
    reserved12: new Uint8Array(8),
    clusterHigh: cluster >>> 16,
    time: 0,
    clusterLow: cluster & 0xffff,
    size,
  })
}

function bootSector(sectorCount: number, clusterSectorCount: number, fatSectorCount: number): Uint8Array {
  const sector = new Uint8Array(SECTOR).fill(0x78)
  sector.set(
    BiosParameters.serialize({
      jump: Uint8Array.of(0xeb, 0x58, 0x90),
      signature: "MSWIN4.1",
      sectorSize: SECTOR,
      clusterSectorCount,
      reservedSectorCount: RESERVED,
      fatCount: 1,
      rootEntryCount: 0,
      sectorCount16: 0,
      media: 0xf8,
      fatSectorCount16: 0,
      trackSectorCount: 63,
      headCount: 255,
      hiddenSectorCount: 0,
      sectorCount32: sectorCount,
    }),
  )
  sector.set(
    Fat32Fields.serialize({
      fatSectorCount,
      flags: 0,
      version: 0,
      rootCluster: 2,
      infoSector: 1,
      backupSector: BACKUP,
      reserved: new Uint8Array(12),
      drive: 0x80,
      dirty: 0,
      marker: 0x29,
      serial: 0x0bde70f0,
      label: "NO NAME    ",
      type: "FAT32   ",
    }),
    BiosParameters.size,
  )
  sector.set([0x55, 0xaa], SECTOR - 2)
  return sector
}
