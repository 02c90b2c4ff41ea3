/**
 * No secret in anything that the program leaves behind: the transcripts, the log, JSON, and the report of a crash whose
 * message is made of nothing but secrets. Searched for are all of them, in each notation of `notations.ts`.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { CASES, type Case } from "./cases.ts"
import { notationsOf } from "./notations.ts"
import type { Run } from "./program.ts"
import { RECOVERY_PASSWORD } from "./scene.ts"
import { setStage, type Stage } from "./stage.ts"

const TRANSCRIPTS = fileURLToPath(new URL("transcripts/", import.meta.url))

/** Each way for a secret to get in, once. */
const CARRIERS = CASES.filter(({ name }) =>
  [
    "check-recovery-password-stdin",
    "check-environment",
    "check-credentials-file",
    "repair-range",
    "repair-log",
    "locked-wrong-password",
    "malformed-recovery-password",
    "usage-missing-output",
    "keys-backup",
    "manage-bde-key-package",
    "keys-clinic-dry-run",
    "keys-clinic-too-much",
    "check-certificate",
    "keys-2-find",
    "keys-3-repair",
    "keys-find-mistyped",
    "check-keys",
    "check-startup-key",
  ].includes(name),
)

const CRASHING = new Set([
  "check-recovery-password-stdin",
  "check-environment",
  "check-credentials-file",
  "locked-wrong-password",
  "repair-range",
  "check-startup-key",
  "check-keys",
  "keys-2-find",
  "keys-3-repair",
])

const MOMENTS: Readonly<Record<string, string>> = {
  "locked-wrong-password": "no credential",
  "keys-2-find": "opens the drive",
}

let stage: Stage
let forbidden: readonly string[]
beforeAll(async () => {
  stage = await setStage()
  forbidden = stage.secrets.flatMap(notationsOf)
})
afterAll(() => stage.dispose())

describe("no secret", () => {
  it("is in a transcript", () => {
    const names = readdirSync(TRANSCRIPTS)
    expect(names.length).toBeGreaterThan(50)
    for (const name of names) expectClean(readFileSync(join(TRANSCRIPTS, name)), name)
  })

  it.each(CARRIERS)("is in the log of $name, or in its JSON", async (one) => {
    const log = join(stage.scene.folder, "secrecy.log")
    const line = one.line.replace(" --json", "").replace(" -lf log.txt", "")
    expectSilent(await play({ ...one, line }, ["--json", "-lf", "secrecy.log"]))
    expect(existsSync(log)).toBe(!one.name.startsWith("usage"))
    if (existsSync(log)) expectClean(readFileSync(log), "log")
  })

  it("is in the log of a command whose answer it is", async () => {
    const clinic = CASES.find(({ name }) => name === "keys-clinic")!
    const { stdout, stderr } = await play(clinic, ["-lf", "clinic.log"])
    expect(stdout.toString()).toContain(RECOVERY_PASSWORD)
    expectClean(Buffer.from(stderr), "stderr")
    expectClean(readFileSync(join(stage.scene.folder, "clinic.log")), "log")
  })

  it.each(CARRIERS.filter(({ name }) => CRASHING.has(name)))(
    "is in the report of a crash in $name",
    async (one) => {
      // When it says how it went, with everything in hand.
      const at = MOMENTS[one.name] ?? "opened by"
      const run = await crash({ ...one, line: one.line.replace(" --json", "") }, ["-lf", "crash.log"], at)
      expect(run.exitCode).toBe(1)
      expectClean(readFileSync(join(stage.scene.folder, "crash.log")), "log")
    },
  )

  it("is in the JSON of a crash", async () => {
    const repair = CASES.find(({ name }) => name === "repair-range")!
    const run = await crash(repair, ["--json"], '"type":"opened"')
    expect(run.stdout.toString()).toContain('"code":"bug"')
  })
})

async function crash(one: Case, args: readonly string[], at: string): Promise<Run> {
  const messages = stage.secretsIn(one).flatMap(notationsOf)
  expect(messages.length).toBeGreaterThan(3)
  const run = await play(one, args, { at, act: "crash", text: JSON.stringify(messages) })
  expect(run.stderr).toContain("this is a bug in repair-bde")
  expect(run.stderr).toContain("caused by Error: <redacted>")
  expectSilent(run)
  return run
}

function play(
  one: Case,
  args: readonly string[],
  meddle?: { at: string; act: string; text: string },
): Promise<Run> {
  stage.scene.reset()
  return stage.play(one, { args, ...(meddle && { meddle }) })
}

function expectSilent({ stdout, stderr }: Run): void {
  expectClean(stdout, "stdout")
  expectClean(Buffer.from(stderr), "stderr")
}

function expectClean(bytes: Uint8Array, where: string): void {
  // Latin-1 keeps each byte as one character, UTF-8 finds text as it is read.
  const texts = [Buffer.from(bytes).toString("latin1"), Buffer.from(bytes).toString("utf8")]
  const found = forbidden.filter((notation) => texts.some((text) => text.includes(notation)))
  expect(found, where).toEqual([])
}
