/** `--report` through the whole program: what it writes when all goes well, when it does not, and where it refuses to. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { RepairReport, ReportDocument } from "../../src/job/index.ts"
import { notationsOf } from "./notations.ts"
import type { Run } from "./program.ts"
import { setStage, type Stage } from "./stage.ts"

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
beforeEach(() => stage.scene.reset())
afterAll(() => stage.dispose())

const play = (line: string): Promise<Run> => stage.play({ name: "report", line })
const pathOf = (name: string): string => join(stage.scene.folder, name)
const textOf = (name: string): string => readFileSync(pathOf(name), "utf8")
const documentOf = (name: string): ReportDocument => JSON.parse(textOf(name)) as ReportDocument

describe("the report of a repair", () => {
  it("tells what its result tells", async () => {
    const { exitCode, stdout } = await play("volume.img o.img -rp {RP} --hash sha256 --json --report r.json")
    expect(exitCode).toBe(0)
    const last = stdout.toString().trim().split("\n").at(-1)!
    const { result } = JSON.parse(last) as { result: RepairReport }
    const report = documentOf("r.json")
    expect(report).toMatchObject({
      outcome: "recovered",
      exitCode: 0,
      source: result.source,
      openedBy: result.openedBy,
      proof: result.proof,
      next: result.next,
      findings: result.volume.findings,
      output: { path: "o.img", kind: "image", start: 0, size: result.size, sha256: result.sha256 },
    })
    expect(report.ranges.reduce((sum, { length }) => sum + length, 0)).toBe(result.size)
    expect(report.phases.map(({ phase }) => phase)).toEqual(["locate", "unlock", "plan", "decrypt", "proof"])
    expect(report.proof!.regions.find(({ region }) => region === "file-table")).toMatchObject({
      verdict: "proven",
      wrong: 0,
    })
  })

  it("is one page, and replaces an earlier one", async () => {
    await play("volume.img o.img --vmk {VMK} --report r.html")
    expect(textOf("r.html")).toContain("<h1>Your data was recovered.</h1>")
    await play("volume.img o.img --vmk {VMK} --report r.html --dry-run")
    expect(textOf("r.html")).toContain("<h1>Nothing was written: this was a dry run.</h1>")
  })

  it("is there when the run ends early, and says why", async () => {
    const { exitCode } = await play(`volume.img o.img --fvek ${"5a".repeat(32)} --report r.json`)
    expect(exitCode).toBe(17)
    expect(documentOf("r.json")).toMatchObject({
      outcome: "ended-early",
      exitCode: 17,
      error: { code: "plaintext-is-noise" },
      volume: { index: 1 },
    })
    expect((await play("volume.img o.img -rp {WRONG RP} --report r.json")).exitCode).toBe(13)
    expect(documentOf("r.json").error!.code).toBe("nothing-opened")
  })

  it("counts what a cut image lacks as lost", async () => {
    expect((await play("cut.img o.img --vmk {VMK} --full-size --report r.json")).exitCode).toBe(3)
    const { totals, ranges, outcome } = documentOf("r.json")
    expect(outcome).toBe("recovered-with-losses")
    expect(ranges.at(-1)!.state).toBe("lost")
    expect(totals.lost).toBe(stage.scene.volume.length - 2 * 2 ** 20)
  })

  it.each([
    "volume.img o.img -rp {RP}",
    "volume.img o.img --vmk {VMK}",
    "volume.img o.img --fvek {FVEK}",
    "volume.img o.img -rp {WRONG RP}",
    "volume.img o.img --credentials-file keys.txt",
  ])("holds no secret: %s", async (line) => {
    await play(`${line} --report r.html`)
    const text = textOf("r.html").toLowerCase()
    for (const form of stage.secrets.flatMap(notationsOf)) expect(text).not.toContain(form.toLowerCase())
  })
})

describe("no report is written", () => {
  it("over INPUT, OUTPUT, or a file that is no report", async () => {
    writeFileSync(pathOf("mine.json"), '{"format": "mine"}')
    for (const [output, report] of [
      ["o.img", "mine.json"],
      ["mine.json", "mine.json"],
      ["o.img", "notes.html"],
    ] as const) {
      const { exitCode, stderr } = await play(`volume.img ${output} --vmk {VMK} --report ${report}`)
      expect(exitCode).toBe(16)
      expect(stderr).toMatch(/is no report of repair-bde|is INPUT or OUTPUT/)
    }
    expect(textOf("mine.json")).toBe('{"format": "mine"}')
  })

  it("in a form that nobody knows", async () => {
    const { exitCode, stderr } = await play("volume.img o.img --vmk {VMK} --report report.pdf")
    expect(exitCode).toBe(2)
    expect(stderr).toContain("--report FILE.html")
  })
})
