import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Lane } from "../../dist/pipeline/lane.js"
import type { ThreadSetup } from "../../dist/pipeline/lane-setup.js"
import { openProcessLane } from "../../dist/pipeline/processes.js"
import { openThreadLane } from "../../dist/pipeline/threads.js"
import { referenceCrypto } from "../../src/crypto/reference.ts"
import { type Extent, contains, extent } from "../../src/extents/extent.ts"
import { openInlineLane } from "../../src/pipeline/inline.ts"
import { memorySink } from "../../src/sink/memory.ts"
import type { Scenario } from "../suites/lane-scenario.ts"
import { type OpenedLane, UNTOUCHED, laneSuite } from "../suites/lane-suite.ts"
import { faultySource } from "./faulty-source.ts"

/** SLOW=1 looks longer. */
const RUNS = process.env.SLOW ? 1000 : 30

laneSuite("inline", (scenario) => openInline(scenario, []), { numRuns: RUNS })

laneSuite("inline, over a bad medium,", (scenario) => openInline(scenario, holesIn(scenario)), {
  numRuns: RUNS,
  unreadable: (scenario) => (at) => holesIn(scenario).some((hole) => contains(hole, at)),
})

laneSuite("thread", (scenario) => openInFiles(scenario, openThreadLane), { numRuns: RUNS / 2 })

laneSuite("process", (scenario) => openInFiles(scenario, openProcessLane), { numRuns: RUNS / 2 })

/** One bad 512-byte sector in every seven. */
function holesIn({ stored }: Scenario): Extent[] {
  return Array.from({ length: Math.ceil(stored.length / 3584) }, (_, i) => extent(i * 3584 + 1024, 512))
}

function setupOf({ plan, key, keepZeros, extent: { start: origin } }: Scenario) {
  return { plan, key, keepZeros, origin, epoch: new Int32Array(new SharedArrayBuffer(4)) }
}

async function openInline(scenario: Scenario, holes: readonly Extent[]): Promise<OpenedLane> {
  const output = new Uint8Array(scenario.extent.length).fill(UNTOUCHED)
  const setup = setupOf(scenario)
  const lane = openInlineLane(setup, referenceCrypto, {
    source: faultySource(scenario.stored, holes),
    sink: memorySink(output),
    close: async () => {},
  })
  return {
    lane,
    output: async () => output,
    raiseEpoch: () => Atomics.add(setup.epoch, 0, 1),
    cleanUp: () => lane.close(),
  }
}

/** As a device would be: what reads it opens it from its spec. */
async function openInFiles(scenario: Scenario, openLane: (setup: ThreadSetup) => Lane): Promise<OpenedLane> {
  const folder = await mkdtemp(join(tmpdir(), "repair-bde-lane-"))
  const [input, output] = [join(folder, "input"), join(folder, "output")]
  await writeFile(input, scenario.stored)
  await writeFile(output, new Uint8Array(scenario.extent.length).fill(UNTOUCHED))
  const setup = setupOf(scenario)
  const lane = openLane({
    ...setup,
    source: { kind: "file", path: input },
    sink: { kind: "image", path: output, zeros: "write" },
  })
  return {
    lane,
    output: () => readFile(output),
    raiseEpoch: () => Atomics.add(setup.epoch, 0, 1),
    async cleanUp() {
      await lane.close()
      await rm(folder, { recursive: true })
    },
  }
}
