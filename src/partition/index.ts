/** The door of `partition/`: a disk in, the places of its partitions out. */
export { GptEntry, GptHeader } from "./gpt.ts"
export { Mbr, MbrEntry } from "./mbr.ts"
export type { Partition, PartitionTable } from "./partition-table.ts"
export { readPartitionTables } from "./read-partition-tables.ts"
