/** Signals while a job runs, and readers that go away: the job stops in order, or goes on. */
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { spawn } from "node:child_process"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { PROGRAM, runProgram } from "./program.ts"
import { PASSWORD, RECOVERY_PASSWORD, buildScene, type Scene } from "./scene.ts"

let scene: Scene
beforeAll(async () => {
  scene = await buildScene()
  const wrong = Array.from({ length: 5 }, (_, i) => `password: wrong ${i}`)
  writeFileSync(join(scene.folder, "many.txt"), [...wrong, `password: ${PASSWORD}`].join("\n"))
})
afterAll(() => scene.dispose())

/** Six key stretches: a second and more, so that a signal comes in time on a busy machine too. */
const STRETCH = ["volume.img", "out.img", "--credentials-file", "many.txt", "--json"]

function duringStretch(...signals: NodeJS.Signals[]) {
  const waiting = [...signals]
  return runProgram(STRETCH, {
    cwd: scene.folder,
    onOutput(text, kill) {
      if (!text.includes('"phase":"unlock"')) return
      for (const signal of waiting.splice(0)) kill(signal)
    },
  })
}

describe.skipIf(process.platform === "win32")("a signal", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s stops the job, with exit code %d", async (signal, exitCode) => {
    const run = await duringStretch(signal)
    expect(run).toMatchObject({ exitCode, signal: null })
    const lines = run.stdout.toString().trim().split("\n")
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({
      type: "error",
      error: { code: "stopped", message: `stopped by ${signal}`, exitCode },
    })
    expect(existsSync(join(scene.folder, "out.img"))).toBe(false)
  })

  it("that comes twice ends it at once", async () => {
    const child = spawn(process.execPath, [PROGRAM, ...STRETCH], { cwd: scene.folder })
    child.stdout.once("data", () => {
      child.kill("SIGINT")
      setTimeout(() => child.kill("SIGINT"), 10)
    })
    const [exitCode, signal] = await new Promise<[number | null, string | null]>((resolve) =>
      child.once("close", (code, name) => resolve([code, name])),
    )
    expect(signal === "SIGINT" || exitCode === 130).toBe(true)
  })

  it("stops the clinic, which goes on where it was", async () => {
    const search = (stopAt: number) => {
      let shown = ""
      let isStopped = false
      return runProgram(["keys", "clinic", "volume.img", "-rp", "--json", "--search-state", "search.json"], {
        cwd: scene.folder,
        stdin: `${RECOVERY_PASSWORD.replace("660066", "?600??")}\n`,
        onOutput(text, kill) {
          shown += text
          const tried = [...shown.matchAll(/"phase":"search","done":(\d+)/g)].map(([, done]) => Number(done))
          // A second signal would end it at once.
          if (isStopped || Math.max(0, ...tried) < stopAt) return
          isStopped = true
          kill("SIGINT")
        },
      })
    }
    const stopped = await search(8)
    expect(stopped).toMatchObject({ exitCode: 130, signal: null })
    const state = JSON.parse(readFileSync(join(scene.folder, "search.json"), "utf8")) as {
      triedCount: number
    }
    expect(state.triedCount).toBeGreaterThanOrEqual(8)
    const { exitCode, stdout } = await search(Infinity)
    expect(exitCode).toBe(0)
    expect(stdout.toString()).toContain(`"resumedAt":${state.triedCount}`)
    expect(stdout.toString()).toContain(RECOVERY_PASSWORD)
  }, 120_000)

  it("SIGUSR1 prints the state, and opens no debugger", async () => {
    const run = await duringStretch("SIGUSR1")
    expect(run.exitCode).toBe(0)
    expect(run.stderr).toMatch(/trying the credentials|looking for the volume/)
    expect(run.stderr).not.toContain("Debugger")
  })
})

describe("a closed stream", () => {
  it("ends no job: standard output", async () => {
    const child = spawn(
      process.execPath,
      [PROGRAM, "volume.img", "piped.img", "--vmk", scene.vmk, "--json"],
      {
        cwd: scene.folder,
        stdio: ["ignore", "pipe", "ignore"],
      },
    )
    child.stdout.destroy()
    expect(await exitCodeOf(child)).toBe(0)
    expect(existsSync(join(scene.folder, "piped.img"))).toBe(true)
  })

  it("ends no job: standard error", async () => {
    const child = spawn(process.execPath, [PROGRAM, "volume.img", "piped-err.img", "--vmk", scene.vmk], {
      cwd: scene.folder,
      stdio: ["ignore", "pipe", "pipe"],
    })
    child.stderr.destroy()
    child.stdout.resume()
    expect(await exitCodeOf(child)).toBe(0)
  })

  it.skipIf(!existsSync("/dev/full"))("is a loss when the result did not fit", async () => {
    const full = openSync("/dev/full", "w")
    const child = spawn(process.execPath, [PROGRAM, "inspect", "volume.img"], {
      cwd: scene.folder,
      stdio: ["ignore", full, "pipe"],
    })
    closeSync(full)
    let stderr = ""
    child.stderr!.on("data", (chunk) => (stderr += String(chunk)))
    expect(await exitCodeOf(child)).toBe(16)
    expect(stderr).toContain("the result cannot be written: ENOSPC")
  })
})

describe("OUTPUT -", () => {
  it("has the bytes on standard output and everything else on standard error", async () => {
    for (const more of [[], ["--json"]]) {
      const run = await runProgram(["volume.img", "-", "-rk", "startup.BEK", ...more], { cwd: scene.folder })
      expect(run.exitCode).toBe(0)
      expect(Buffer.compare(run.stdout, scene.plaintext)).toBe(0)
      expect(run.stderr).toContain(
        more.length > 0 ? '"type":"result"' : "proven: the plaintext is an NTFS volume",
      )
    }
  })

  it("takes the secret from standard input beside it, one line and no more", async () => {
    const run = await runProgram(["volume.img", "-", "-rp"], {
      cwd: scene.folder,
      stdin: `${RECOVERY_PASSWORD}\nnot for us\n`,
    })
    expect(run.exitCode).toBe(0)
    expect(Buffer.compare(run.stdout, scene.plaintext)).toBe(0)
  })
})

function exitCodeOf(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve) => child.once("close", resolve))
}
