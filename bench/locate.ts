/**
 * Times the search of a whole disk against `cat DISK >/dev/null`, which does nothing but read. Both run in turns on a file in
 * the page cache, so that neither waits for a disk; the volume lies at the very end and at an odd place, so that the search
 * cannot end early. A share is that of one pair, and the median is of the shares: what else the machine does hits both.
 */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs"
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { EncryptionMethod } from "../src/crypto/method.ts"
import { OURS } from "./contestants.ts"
import { makeVolume } from "./make-volume.ts"
import { type Cost, measure, median } from "./measure.ts"
import type { BenchOptions } from "./options.ts"

export interface LocateTiming {
  /** Bytes of the disk: eight times those of the large volumes. */
  readonly size: number
  readonly scan: Cost
  readonly cat: Cost
  /** How fast the scan is, of `cat`: 1 is as fast. */
  readonly share: number
}

const MIB = 1024 ** 2
/** A second of reading; smaller, the start of the program would be most of the time. It must fit in the page cache. */
const DISK_PER_SIZE = 8
const VOLUME_SIZE = 64 * MIB
/** Of no partition: a search that could end early would. */
const ODD = 7 * 512

export async function timeLocate(folder: string, { size, runs }: BenchOptions): Promise<LocateTiming> {
  const disk = join(folder, "locate.img")
  const diskSize = DISK_PER_SIZE * size
  await makeDisk(disk, diskSize, folder)
  const read = (): Cost => measure(["sh", "-c", 'cat "$0" >/dev/null', disk])
  const scan = (): Cost => measure([...OURS, "locate", disk, "--quiet"])
  read()
  const pairs = Array.from({ length: runs }, () => ({ cat: read(), scan: scan() }))
  rmSync(disk)
  const shares = pairs.map(({ cat, scan }) => cat.wallMs / scan.wallMs).toSorted((a, b) => a - b)
  return {
    size: diskSize,
    scan: median(pairs.map(({ scan }) => scan)),
    cat: median(pairs.map(({ cat }) => cat)),
    share: shares[Math.floor(shares.length / 2)]!,
  }
}

/** Noise, as encrypted data are, and the volume without its first sector. */
async function makeDisk(path: string, size: number, folder: string): Promise<void> {
  const volume = await makeVolume(folder, "located", EncryptionMethod.xtsAes128, VOLUME_SIZE)
  const image = readFileSync(volume.path).fill(0, 0, 512)
  const noise = randomBytes(VOLUME_SIZE)
  const disk = openSync(path, "wx")
  for (let at = 0; at < size; at += noise.length)
    writeSync(disk, noise, 0, Math.min(noise.length, size - at), at)
  writeSync(disk, image, 0, image.length, size - image.length - ODD)
  closeSync(disk)
  for (const made of [volume.path, volume.plaintext]) rmSync(made)
}
