/** The program on a real terminal, which `script` (util-linux) makes: what is typed is not shown, and progress is. */
import { spawn } from "node:child_process"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { requirement } from "../suites/requirements.ts"
import { hasLoopDevices, loopDevice } from "../suites/system.ts"
import { requireTools } from "../suites/tools.ts"
import { PROGRAM, runProgram } from "./program.ts"
import { PASSWORD, buildScene, type Scene } from "./scene.ts"

const hasTerminal = requireTools("script") && process.platform === "linux"

const hasDevices = requirement("root and loop devices", hasLoopDevices)

let scene: Scene
beforeAll(async () => {
  scene = await buildScene()
})
afterAll(() => scene.dispose())

interface Answer {
  readonly shown: string
  readonly exitCode: number | null
}

/** Types the keys of each step as soon as its text is shown. */
function onTerminal(line: string, ...steps: readonly (readonly [string, string])[]): Promise<Answer> {
  const command = `stty cols 100; exec '${process.execPath}' '${PROGRAM}' ${line}`
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd: scene.folder,
    env: { PATH: process.env.PATH, TERM: "xterm", SHELL: "/bin/sh" },
  })
  let shown = ""
  const waiting = [...steps]
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text
    const [awaited, keys] = waiting[0] ?? []
    if (awaited === undefined || !shown.includes(awaited)) return
    waiting.shift()
    child.stdin.write(keys!)
  })
  return new Promise((resolve) =>
    child.once("close", (exitCode) => {
      resolve({ shown, exitCode })
    }),
  )
}

describe.skipIf(!hasTerminal)("on a terminal", () => {
  it("a password is asked for, and neither it nor its length is shown", async () => {
    rmSync(join(scene.folder, "typed.img"), { force: true })
    const { shown, exitCode } = await onTerminal("volume.img typed.img -pw", [
      "Password: ",
      `x\u007f${PASSWORD}\r`,
    ])
    expect(exitCode).toBe(0)
    expect(shown.startsWith("Password: \r\n")).toBe(true)
    expect(shown).not.toContain(PASSWORD)
    expect(shown).toContain("\r\u001b[Ktrying the credentials  ")
    expect(shown).toContain("proven: the plaintext is an NTFS volume")
    expect(shown.slice(shown.lastIndexOf("\u001b[K"))).not.toContain("decrypting")
  })

  it("Ctrl-C at the prompt ends it as SIGINT does", async () => {
    const { shown, exitCode } = await onTerminal("check volume.img -pw", ["Password: ", "abc\u0003"])
    expect(exitCode).toBe(130)
    expect(shown).not.toContain("abc")
  })

  it("Ctrl-C while it works stops it in order", async () => {
    const { shown, exitCode } = await onTerminal(
      "check volume.img -pw",
      ["Password: ", `${PASSWORD}\r`],
      ["trying the credentials", "\u0003"],
    )
    expect(exitCode).toBe(130)
    expect(shown).toContain("stopped by SIGINT")
  })
})

describe.skipIf(!hasTerminal)("a repair in place", () => {
  const QUESTION = "type the first eight characters of its key ID: "
  const read = (): Buffer => readFileSync(join(scene.folder, "damaged-2.img"))
  const line = "damaged-2.img -nov -rk startup.BEK --undo-file typed.undo"

  it.each(["yes\r", "\r", "AFB9\r", "00000000\r"])(
    "shows its patch, and writes nothing after %j",
    async (answer) => {
      const before = read()
      const { shown, exitCode } = await onTerminal(line, [QUESTION, answer])
      expect(shown.indexOf("0x100000  65536  metadata copy 1")).toBeGreaterThan(0)
      expect(shown.indexOf(QUESTION)).toBeGreaterThan(shown.indexOf("metadata copy 1"))
      expect(exitCode).toBe(16)
      expect(Buffer.compare(read(), before)).toBe(0)
    },
  )

  it("goes on when a person names the drive by its key ID", async () => {
    const before = read()
    const { shown, exitCode } = await onTerminal(line, [QUESTION, "afb9c56c\r"])
    expect(exitCode).toBe(0)
    expect(shown).toContain("typed.undo takes it all back: repair-bde undo typed.undo damaged-2.img")
    expect(shown).toContain("opens again: all metadata copies are intact")
    expect(Buffer.compare(read(), before)).not.toBe(0)
  })
})

describe.skipIf(!hasTerminal || !hasDevices)("a device that holds a file system", () => {
  const QUESTION = "Type yes to go on: "

  /** A drive with a file system, as large as the volume. */
  async function withDrive<T>(act: (device: string) => Promise<T>): Promise<T> {
    const file = join(scene.folder, "drive.img")
    writeFileSync(file, readFileSync(join(scene.folder, "ntfs.img")))
    const device = loopDevice(file)
    try {
      return await act(device.path)
    } finally {
      device.dispose()
    }
  }

  const start = (device: string): Buffer => readFileSync(device).subarray(0, 512)

  it("is overwritten when a person says yes", async () => {
    await withDrive(async (device) => {
      const line = `volume.img ${device} --vmk ${scene.vmk}`
      const { shown, exitCode } = await onTerminal(line, [QUESTION, "yes\r"])
      expect(shown).toMatch(/holds an NTFS volume/)
      expect(exitCode).toBe(0)
      expect(Buffer.compare(start(device), scene.plaintext.subarray(0, 512))).toBe(0)
    })
  })

  it.each(["no\r", "y\r", "\r"])("is left alone after %j", async (answer) => {
    await withDrive(async (device) => {
      const before = start(device)
      const line = `volume.img ${device} --vmk ${scene.vmk} --force`
      const { shown, exitCode } = await onTerminal(line, [QUESTION, answer])
      expect(shown).toContain("nobody agreed to overwrite it")
      expect(exitCode).toBe(16)
      expect(Buffer.compare(start(device), before)).toBe(0)
    })
  })

  it("is refused where nobody can be asked", async () => {
    await withDrive(async (device) => {
      const args = ["volume.img", device, "--vmk", scene.vmk, "--force"]
      const run = await runProgram(args, { cwd: scene.folder, stdin: "yes\n" })
      expect(run.exitCode).toBe(16)
      expect(run.stderr).toContain("run it on a terminal and answer the question")
    })
  })
})
