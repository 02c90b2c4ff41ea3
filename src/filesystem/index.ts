/** File systems of Windows, read-only and tolerant of damage: what they are, and whether their first structures hold. */
export type { Check, CheckName, CheckOutcome } from "./check.ts"
export { type FileSystem, type FileSystemType, nameOf } from "./file-system.ts"
export { nameContents, nameStructure } from "./name-contents.ts"
export { type FileRecord, openFileRecord } from "./ntfs/file-record.ts"
export { recogniseFileSystem } from "./recognise.ts"
export { type SampleFigures, judgeSamples } from "./samples.ts"
