/** The program on an input that is read slowly, so that it can be disturbed in the middle; what it reads is counted. */
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Volume, makeVolume } from "../../bench/make-volume.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { TICKET_LENGTH } from "../../src/rescue/next-tickets.ts"
import { type Run, runProgram } from "../cli/program.ts"
import { temporaryFolder } from "../suites/system.ts"

/** What slows the input down; loaded with `--import`. */
export const PRELOAD = new URL("slow-input.mjs", import.meta.url).href
const LANES = 2
/** What the lanes have begun, and not reported yet. */
export const FLYING = LANES * TICKET_LENGTH
/** Seconds; the shortest that the program takes. */
const MAP_INTERVAL = 1
/** From the end of the interval until the map is on its medium. */
const GRACE_MS = 500
const PIECE = 1 << 20

export interface Attempt {
  readonly run: Run
  /** Of the input. */
  readonly bytes: number
  /** Of those, what no checkpoint can be expected to hold when it was killed. */
  readonly recent: number
  readonly ms: number
}

export interface AttemptOptions {
  readonly output: string
  readonly bytesPerSecond?: number
  readonly args?: readonly string[]
  /** So long after its start, or after the first byte could be read for the output, this happens. */
  readonly disturb?: {
    readonly since?: "start" | "decrypt"
    readonly afterMs: number
    readonly by: NodeJS.Signals | (() => void)
  }
}

export interface SlowStage {
  readonly folder: string
  readonly volume: Volume
  attempt(options: AttemptOptions): Promise<Attempt>
  /** Whether the output is the plaintext, all of it or in an extent. */
  isPlaintext(output: string, extent?: { readonly start: number; readonly length: number }): boolean
  dispose(): void
}

export async function setSlowStage(size: number): Promise<SlowStage> {
  const folder = temporaryFolder()
  const log = join(folder.path, "reads")
  const volume = await makeVolume(folder.path, "volume", EncryptionMethod.xtsAes128, size)
  return {
    folder: folder.path,
    volume,
    async attempt({ output, bytesPerSecond = 16 << 20, args = [], disturb }) {
      writeFileSync(log, "")
      const started = Date.now()
      let disturbed = Infinity
      const slow = { path: volume.path, log, bytesPerSecond }
      const words = [volume.path, output, "--fvek", volume.fvek, "--lanes", `${LANES}`, "--json", ...args]
      let timer: NodeJS.Timeout | undefined
      const begin = (kill: (signal: NodeJS.Signals) => void): void => {
        timer ??= setTimeout(() => {
          disturbed = Date.now()
          if (typeof disturb!.by === "string") kill(disturb!.by)
          else disturb!.by()
        }, disturb!.afterMs)
      }
      const run = await runProgram([...words, "--map-interval", `${MAP_INTERVAL}`], {
        cwd: folder.path,
        env: { SLOW_INPUT: JSON.stringify(slow) },
        nodeOptions: ["--import", PRELOAD],
        onStart(kill) {
          if (disturb?.since === "start") begin(kill)
          return () => clearTimeout(timer)
        },
        onOutput(text, kill) {
          if (disturb && text.includes('"phase":"decrypt"')) begin(kill)
        },
      })
      const reads = readFileSync(log, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split(" ").map(Number) as [at: number, position: number, length: number])
      const sum = (some: typeof reads): number => some.reduce((bytes, [, , length]) => bytes + length, 0)
      return {
        run,
        bytes: sum(reads),
        recent: sum(reads.filter(([at]) => at > disturbed - 1000 * MAP_INTERVAL - GRACE_MS)),
        ms: Date.now() - started,
      }
    },
    isPlaintext(output, extent = { start: 0, length: size }) {
      const files = [output, volume.plaintext].map((path) => openSync(path, "r"))
      const buffers = files.map(() => new Uint8Array(PIECE))
      try {
        const end = extent.start + extent.length
        for (let at = extent.start; at < end; at += PIECE) {
          const length = Math.min(PIECE, end - at)
          const [ours, expected] = files.map((fd, i) =>
            buffers[i]!.subarray(0, readSync(fd, buffers[i]!, 0, length, at)),
          )
          if (Buffer.compare(ours!, expected!) !== 0) return false
        }
        return true
      } finally {
        files.forEach(closeSync)
      }
    },
    dispose: folder.dispose,
  }
}
