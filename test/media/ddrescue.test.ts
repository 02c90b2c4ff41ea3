/** Beside GNU ddrescue, on the same server: the same sectors rescued, and how often the bad ones are asked for. */
import { readFileSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { nodeCrypto } from "../../dist/crypto/node.js"
import { runPlan } from "../../dist/pipeline/run-plan.js"
import { type Extent, extent, intersect, mergeExtents } from "../../src/extents/extent.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { requirement } from "../suites/requirements.ts"
import { forThisTest, run, temporaryFolder } from "../suites/system.ts"
import { requireTools } from "../suites/tools.ts"
import { canFail, failingDrive } from "./failing-drive.ts"

const canRun =
  requirement("failing media: nbdkit, nbdfuse and /dev/fuse, as root", canFail) && requireTools("ddrescue")
/** The third map is for SLOW=1: two minutes, most of them ddrescue's and the server's. */
const COUNTS = process.env.SLOW === "1" ? [1, 100, 5000] : [1, 100]

interface Figures {
  readonly reads: number
  readonly badReads: number
  /** Share of the good bytes that came before a bad sector was asked for again. */
  readonly goodFirst: number
}

describe.skipIf(!canRun)("beside ddrescue", () => {
  it.each(COUNTS)(
    "%i bad areas give the same sectors, with at most 1.5 times its reads of bad ones",
    async (count) => {
      const size = count === 5000 ? 256 << 20 : 64 << 20
      const image = randomBytes(size)
      const dice = new Uint32Array(randomBytes(count * 4, 3).buffer)
      const bad = mergeExtents(Array.from(dice, (n) => extent(512 * (n % (size / 512)), 512)))
      const folder = forThisTest(temporaryFolder()).path
      const [ours, theirs] = [join(folder, "ours"), join(folder, "theirs")]
      const drive = await failingDrive({ image, bad })
      try {
        writeFileSync(ours, "")
        truncateSync(ours, size)
        const whole = extent(0, size)
        const result = await runPlan({
          source: { kind: "device", path: drive.path, size, sectorSize: 512 },
          plan: { size, sectorSize: 512, runs: [{ kind: "plain", extent: whole }], substitutions: [] },
          sink: { kind: "image", path: ours, zeros: "skip" },
          extent: whole,
          keepZeros: false,
          sync: false,
          crypto: nodeCrypto,
        })
        expect(result.unreadable).toEqual(bad)
        const figures = figuresOf(drive.takeReads(), bad, size)
        run("ddrescue", "-d", "-q", drive.path, theirs, join(folder, "map"))
        const peer = figuresOf(drive.takeReads(), bad, size)
        console.log(`${count} bad areas: ours ${JSON.stringify(figures)}, ddrescue ${JSON.stringify(peer)}`)
        expect(Buffer.compare(readFileSync(ours), readFileSync(theirs))).toBe(0)
        expect(figures.badReads).toBeLessThanOrEqual(1.5 * peer.badReads)
      } finally {
        await drive.dispose()
      }
    },
    300_000,
  )
})

function figuresOf(reads: readonly Extent[], bad: readonly Extent[], size: number): Figures {
  const isBad = new Set(
    bad.flatMap((e) => Array.from({ length: e.length / 512 }, (_, i) => e.start + i * 512)),
  )
  const met = new Set<number>()
  let [badReads, good] = [0, 0]
  let goodFirst: number | undefined
  for (const read of reads) {
    const inside = [...sectorsOf(intersect(read, extent(0, size)))].filter((at) => isBad.has(at))
    if (inside.length === 0) good += read.length
    else badReads++
    for (const at of inside) {
      if (met.has(at)) goodFirst ??= good
      met.add(at)
    }
  }
  const total = size - isBad.size * 512
  return { reads: reads.length, badReads, goodFirst: Math.round(((goodFirst ?? good) / total) * 1000) / 1000 }
}

function* sectorsOf({ start, length }: Extent): Generator<number> {
  for (let at = start; at < start + length; at += 512) yield at
}
