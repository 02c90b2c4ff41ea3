/** File systems of Windows, read-only and tolerant of damage: what they are, and whether their first structures hold. */
export type { Check, CheckName, CheckOutcome } from "./check.ts"
export { type FileSystem, type FileSystemType, nameOf } from "./file-system.ts"
export { nameContents, nameStructure } from "./name-contents.ts"
export { isBootRegionIntact, readExfatBootSector } from "./exfat/boot-region.ts"
export { type FatGeometry, readFatBootSector } from "./fat/boot-sector.ts"
export { FatDirectoryEntry } from "./fat/layout.ts"
export { type NtfsGeometry, readNtfsBootSector } from "./ntfs/boot-sector.ts"
export { type FileRecord, openFileRecord } from "./ntfs/file-record.ts"
export { NtfsBootSector } from "./ntfs/layout.ts"
export { type MftGeometry, findMftGeometry } from "./ntfs/mft-geometry.ts"
export { recogniseNtfs } from "./ntfs/recognise.ts"
export { recogniseFileSystem } from "./recognise.ts"
export { type SampleFigures, judgeSamples, lookAt } from "./samples.ts"
export {
  type Condition,
  type Judgement,
  REGIONS,
  type Region,
  type Skeleton,
  type Structure,
  type StructureOutcome,
} from "./skeleton.ts"
export { structureExtents, surveySkeleton } from "./survey-skeleton.ts"
