/**
 * One structure that a file system should have, and what was found in its place. Absence has several faces, and only one
 * of them speaks against the bytes around it: zeros, a bad sector or an image that ends early are nobody's wrong key.
 */
import { isAllZero } from "../bytes/compare.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"

export type CheckName =
  | "boot-sector"
  | "backup-boot-sector"
  | "boot-checksum"
  | "backup-boot-checksum"
  | "mft-record"
  | "mft-mirror-record"
  | "fat-head"
  | "fs-info"
  | "root-directory"

/** `beyond-end`: the source is shorter than the file system. */
export type CheckOutcome = "right" | "wrong" | "zeros" | "unreadable" | "beyond-end"

export interface Check {
  readonly name: CheckName
  readonly outcome: CheckOutcome
  /** Bytes from the start of the volume. */
  readonly at: number
  readonly length: number
}

/** Bytes looked at once: what could be read (clipped to the source), and why it may be useless. */
export interface Sample {
  readonly at: number
  readonly bytes: Uint8Array
  readonly state: "read" | Exclude<CheckOutcome, "right" | "wrong">
}

export async function takeSample(source: ByteSource, at: number, length: number): Promise<Sample> {
  const { bytes, unreadable } = await readBytes(source, at, length)
  if (bytes.length < length) return { at, bytes, state: "beyond-end" }
  if (unreadable.length > 0) return { at, bytes, state: "unreadable" }
  return { at, bytes, state: isAllZero(bytes) ? "zeros" : "read" }
}

/** Judges a sample; `isRight` sees only bytes that were read in full and are not all zero. */
export function judge(name: CheckName, sample: Sample, isRight: (bytes: Uint8Array) => boolean): Check {
  const outcome = sample.state === "read" ? (isRight(sample.bytes) ? "right" : "wrong") : sample.state
  return { name, outcome, at: sample.at, length: sample.bytes.length }
}
