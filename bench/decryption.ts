/** Times every contestant on a large and a tiny volume of one encryption method. */
import { closeSync, openSync, readSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import type { EncryptionMethod } from "../src/crypto/method.ts"
import { type Contestant, CONTESTANTS, isPresent } from "./contestants.ts"
import { makeVolume, type Volume } from "./make-volume.ts"
import { type Cost, measure, median, runOrThrow, sum } from "./measure.ts"
import type { BenchOptions } from "./options.ts"
import type { Timing } from "./report.ts"

const TINY_SIZE = 32 * 1024 ** 2
const CHUNK = 8 * 1024 ** 2

interface Samples {
  readonly whole: Cost[]
  readonly synced: Cost[]
  readonly tiny: Cost[]
}

export async function timeDecryption(
  folder: string,
  method: EncryptionMethod,
  { size, runs }: BenchOptions,
): Promise<Timing[]> {
  const tiny = await makeVolume(folder, "tiny", method, TINY_SIZE)
  const large = await makeVolume(folder, "large", method, size)
  const verdicts = new Map(CONTESTANTS.map((contestant) => [contestant, judge(contestant, tiny, folder)]))
  const able = CONTESTANTS.filter((contestant) => verdicts.get(contestant) === "right")
  const samples = new Map(able.map((contestant) => [contestant, noSamples()]))

  for (let run = 0; run < runs; run++) {
    for (const [contestant, { whole, synced, tiny: start }] of samples) {
      start.push(timeOnce(contestant, tiny, folder))
      whole.push(timeOnce(contestant, large, folder))
      synced.push(timeOnce(contestant, large, folder, { sync: true }))
    }
  }
  for (const volume of [tiny, large]) removeVolume(volume)
  return CONTESTANTS.map((contestant) => ({
    contestant: contestant.name,
    verdict: verdicts.get(contestant)!,
    ...medians(samples.get(contestant)),
  }))
}

function noSamples(): Samples {
  return { whole: [], synced: [], tiny: [] }
}

function medians(samples: Samples | undefined): Partial<Timing> {
  if (!samples) return {}
  return { whole: median(samples.whole), synced: median(samples.synced), tiny: median(samples.tiny) }
}

function judge(contestant: Contestant, volume: Volume, folder: string): Timing["verdict"] {
  if (!isPresent(contestant)) return "absent"
  try {
    timeOnce(contestant, volume, folder)
    return "right"
  } catch (error) {
    // Ours is what is being shown: a failure of it ends the run.
    if (contestant.program === undefined) throw error
    return "cannot"
  }
}

/** @throws Error when the output is not what it should be */
function timeOnce(contestant: Contestant, volume: Volume, folder: string, { sync = false } = {}): Cost {
  const output = join(folder, "output.img")
  rmSync(output, { force: true })
  // What the run before left to be written must not be written during this one.
  runOrThrow(["sync"])
  touchMemory(`${output}.scratch`, statSync(volume.path).size)
  const decrypted = contestant.decrypt(volume, output)
  const cost = sync ? sum(decrypted, measure(["sync", output])) : decrypted
  compareFiles(output, contestant.makes === "copy" ? volume.path : volume.plaintext, contestant.name)
  rmSync(output)
  return cost
}

/**
 * Memory that a virtual machine gave back to its host is slow the first time it is used again: two seconds a GiB were seen,
 * for any program. So what the page cache is about to need is used once before.
 */
function touchMemory(scratch: string, size: number): void {
  runOrThrow(["dd", "bs=1M", "status=none", "if=/dev/zero", `of=${scratch}`, `count=${size / 1024 ** 2}`])
  rmSync(scratch)
}

function compareFiles(actual: string, expected: string, name: string): void {
  const { size } = statSync(expected)
  if (statSync(actual).size !== size) throw new Error(`the output of ${name} has another size`)
  const files = [openSync(actual, "r"), openSync(expected, "r")] as const
  const [ours, theirs] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)]
  try {
    for (let at = 0; at < size; at += CHUNK) {
      const length = readSync(files[0], ours, 0, CHUNK, at)
      readSync(files[1], theirs, 0, CHUNK, at)
      if (ours.compare(theirs, 0, length, 0, length) !== 0) {
        throw new Error(
          `the output of ${name} differs from the plaintext within 8 MiB from 0x${at.toString(16)}`,
        )
      }
    }
  } finally {
    for (const file of files) closeSync(file)
  }
}

function removeVolume({ path, plaintext }: Volume): void {
  rmSync(path)
  rmSync(plaintext)
}
