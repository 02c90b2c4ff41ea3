/** What a trial decided is kept beside the output, and read again for the same volume in the same state only. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type JobEvent, type RepairReport, repairVolume } from "../../dist/index.js"
import { keysFor } from "../damage/attempt.ts"
import { cases, makeVictim } from "../damage/scenario.ts"
import type { Victim } from "../damage/victim.ts"

const folder = mkdtempSync(join(tmpdir(), "repair-bde-plans-"))
afterAll(() => rmSync(folder, { recursive: true }))
const input = join(folder, "damaged.img")
const output = join(folder, "out.img")
const planFile = `${output}.plan.json`

interface Run {
  readonly report: RepairReport
  readonly codes: readonly string[]
  readonly bytes: Uint8Array
}

async function repair(victim: Victim, image: Uint8Array = victim.input): Promise<Run> {
  writeFileSync(input, image)
  const events: JobEvent[] = []
  const keys = await keysFor(victim, {}, folder)
  const request = { input: { path: input }, output, overwrite: true, ...keys }
  const report = await repairVolume(request, { emit: (event) => events.push(event) })
  const codes = events.flatMap((event) =>
    event.type === "finding" ? [event.finding.code] : event.type === "notice" ? [event.code] : [],
  )
  return { report, codes, bytes: readFileSync(output) }
}

const victimOf = (name: string): Promise<Victim> =>
  makeVictim(cases.find(({ scenario, volume }) => scenario.name === name && volume === "XTS-128")!)

describe("a plan that was decided by trial", () => {
  let victim: Victim
  let first: Run
  beforeAll(async () => {
    victim = await victimOf("conversion-interrupted-decrypting-on-write-all-structures-destroyed")
    first = await repair(victim)
  })

  it("is kept beside the output, and the report says so", () => {
    expect(existsSync(planFile)).toBe(true)
    expect(first.report.next.join()).toContain(planFile)
    expect(first.codes).not.toContain("plan-read-again")
  })

  it("is read by the next run, which is no surer for it", async () => {
    const second = await repair(victim)
    expect(second.codes).toContain("plan-read-again")
    expect(Buffer.compare(second.bytes, first.bytes)).toBe(0)
    expect(second.report.exitCode).toBe(3)
    expect(second.codes).toEqual(
      expect.arrayContaining(first.codes.filter((code) => code.startsWith("storage"))),
    )
  })

  it("is decided afresh when the file was changed", async () => {
    const text = readFileSync(planFile, "utf8")
    writeFileSync(planFile, text.replace('"plain"', '"zeroed"'))
    const { codes, bytes } = await repair(victim)
    expect(codes).toContain("plan-not-used")
    expect(codes).not.toContain("plan-read-again")
    expect(Buffer.compare(bytes, first.bytes)).toBe(0)
    expect(readFileSync(planFile, "utf8")).toBe(text)
  })

  it("is decided afresh when the volume has changed since", async () => {
    const changed = victim.input.slice()
    changed.fill(0, 0x10000, 0x11000)
    expect((await repair(victim, changed)).codes).toContain("plan-not-used")
  })

  it("is not taken where the structures of the conversion tell more than they did", async () => {
    const { codes, report } = await repair(
      await victimOf("conversion-interrupted-decrypting-on-write-chunk-partly"),
    )
    expect(codes).toContain("plan-not-used")
    expect(report.exitCode).toBe(0)
  })

  it("does not touch what somebody else put in its place", async () => {
    writeFileSync(planFile, "mine")
    const { report } = await repair(victim)
    expect(readFileSync(planFile, "utf8")).toBe("mine")
    expect(report.next.join()).not.toContain(planFile)
  })
})

it("a volume whose own structures tell everything has no plan file", async () => {
  rmSync(planFile, { force: true })
  await repair(await victimOf("copy-1-destroyed"))
  expect(existsSync(planFile)).toBe(false)
})
