/** The whole program on drives that fail, from real file descriptors: each scenario ends as the oracle says, byte by byte. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { runProgram } from "../cli/program.ts"
import { requirement } from "../suites/requirements.ts"
import { forThisTest, temporaryFolder } from "../suites/system.ts"
import { canFail, failingDrive } from "./failing-drive.ts"
import { SCENARIOS, driveOf, expectedOf } from "./scenarios.ts"

const canRun = requirement("failing media: nbdkit, nbdfuse and /dev/fuse, as root", canFail)

/** All of them but the large one take half a minute; that one takes a minute alone. */
const isSlow = process.env.SLOW === "1"
const isPatient = process.env.REPAIR_BDE_TEST === "full" || isSlow
const USUAL = SCENARIOS.filter(({ volume }) => isSlow || volume !== "large")
const QUICK = SCENARIOS.filter(({ name }) => /data|every copy|backup|4096/.test(name))

describe.skipIf(!canRun)("a drive with", () => {
  it.each(isPatient ? USUAL : QUICK)(
    "$name is rescued as far as it can be",
    async (scenario) => {
      const { volume, recipe } = await driveOf(scenario)
      const drive = await failingDrive(recipe)
      try {
        const output = join(forThisTest(temporaryFolder()).path, "out.img")
        const options = ["--despite-errors", "--fill", "?", ...(scenario.options ?? [])]
        const { password } = volume.protectors.find((protector) => protector.password !== undefined)!
        const args = [drive.path, output, "--json", "--password", password!, ...options]
        const { exitCode, stdout, stderr } = await runProgram(args)
        const lines = stdout.toString().trim().split("\n")
        const { result } = JSON.parse(lines.at(-1)!) as { result?: { unreadable: unknown } }
        const expected = expectedOf(volume, scenario, "?".charCodeAt(0))
        expect(result?.unreadable, `${lines.at(-1)}\n${stderr}`).toEqual(expected.lost)
        expect(Buffer.compare(readFileSync(output), expected.output)).toBe(0)
        if (expected.lost.length > 0) expect(exitCode).toBe(3)
      } finally {
        await drive.dispose()
      }
    },
    300_000,
  )
})
