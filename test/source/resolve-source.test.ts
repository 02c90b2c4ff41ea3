/** What is refused before anything is read, each by its own code and with a way out. */
import { spawnSync } from "node:child_process"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { SourceError } from "../../src/errors.ts"
import { resolveSource } from "../../src/source/index.ts"
import { run, temporaryFolder } from "../suites/system.ts"

const folder = temporaryFolder()
afterAll(folder.dispose)
const inFolder = (name: string): string => join(folder.path, name)

async function refusal(path: string): Promise<SourceError> {
  const error = await resolveSource(path).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(SourceError)
  expect((error as SourceError).next.length).toBeGreaterThan(0)
  return error as SourceError
}

describe("resolveSource", () => {
  it("takes a file, by its name or a symbolic link", async () => {
    writeFileSync(inFolder("image"), "x")
    symlinkSync(inFolder("image"), inFolder("link"))
    expect(await resolveSource(inFolder("image"))).toEqual({ kind: "file", path: inFolder("image"), size: 1 })
    expect(await resolveSource(inFolder("link"))).toEqual({ kind: "file", path: inFolder("link"), size: 1 })
  })

  it("refuses what is not there", async () => {
    expect(await refusal(inFolder("none"))).toMatchObject({ code: "source-missing", exitCode: 10 })
    expect((await refusal(inFolder("none"))).message).toBe(`there is no ${inFolder("none")}`)
    expect(await refusal(inFolder("image/below"))).toMatchObject({ code: "source-missing" })
  })

  it("refuses a folder", async () => {
    mkdirSync(inFolder("folder"))
    expect(await refusal(inFolder("folder"))).toMatchObject({ code: "source-is-directory" })
  })

  it("refuses an empty file", async () => {
    writeFileSync(inFolder("empty"), "")
    expect(await refusal(inFolder("empty"))).toMatchObject({ code: "source-empty" })
  })

  it("refuses pipes and character devices without opening them", async () => {
    run("mkfifo", inFolder("pipe"))
    expect(await refusal(inFolder("pipe"))).toMatchObject({ code: "source-not-a-drive" })
    expect(await refusal("/dev/null")).toMatchObject({ code: "source-not-a-drive" })
  })

  it.runIf(process.getuid?.() === 0)("refuses what this user may not read", async () => {
    writeFileSync(inFolder("secret"), "x", { mode: 0o600 })
    const script = `
      process.setuid(65534)
      const { resolveSource } = await import(process.argv[1])
      await resolveSource(process.argv[2]).catch((e) => console.log(e.code, e.next[0]))`
    const module = join(import.meta.dirname, "../../dist/source/index.js")
    run("chmod", "755", folder.path)
    const { stdout } = spawnSync("node", ["--input-type=module", "-e", script, module, inFolder("secret")], {
      encoding: "utf8",
    })
    expect(stdout).toBe("source-no-permission run the same command with sudo\n")
  })
})
