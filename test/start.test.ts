/**
 * `npm start` as a stranger meets it, in a copy of the package. The installed packages are lent to the copy by a link, so
 * that no test needs a network.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeSample } from "./sample.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url))
const COPIED = ["package.json", "package-lock.json", "tsconfig.json", "scripts", "src", "sample"]

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "repair-bde-start-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe("npm start", () => {
  let stranger: string
  beforeAll(() => {
    stranger = copyOfPackage("stranger")
    mkdirSync(join(stranger, "node_modules"))
    for (const name of ["typescript", "@typescript", "@types", "undici-types", ".package-lock.json"]) {
      symlinkSync(join(ROOT, "node_modules", name), join(stranger, "node_modules", name))
    }
  })

  it("builds, and gives back the plaintext of the damaged sample volume", async () => {
    const { status, output } = start(stranger)
    expect(output).toMatch(/^proven: .*NTFS volume/m)
    const { plaintext } = await makeSample()
    expect(sumIn(output)).toBe(createHash("sha256").update(plaintext).digest("hex"))
    expect(status).toBe(0)
  })

  it("does nothing twice", () => {
    const program = join(stranger, "dist/bin/main.js")
    const before = statSync(program).mtimeMs
    const { output } = start(stranger)
    expect(output).not.toContain("Installing")
    expect(statSync(program).mtimeMs).toBe(before)
  })

  it("builds again when a source has changed", () => {
    const source = join(stranger, "src/index.ts")
    writeFileSync(source, `${readFileSync(source, "utf8")}export const CHANGED = true\n`)
    start(stranger)
    expect(readFileSync(join(stranger, "dist/index.js"), "utf8")).toContain("CHANGED")
  })

  it("takes the user's own input, in the user's folder, and shows one flipped byte in the sum", () => {
    const volume = readFileSync(join(ROOT, "sample/volume.img"))
    // In the volume's second half, well away from its metadata's first copy.
    volume[volume.length - 5000]! ^= 1
    writeFileSync(join(folder, "flipped.img"), volume)
    const credentials = join(ROOT, "sample/credentials.txt")
    const args = ["flipped.img", "out.img", "--credentials-file", credentials, "--hash", "sha256"]
    const { output } = start(stranger, args)
    expect(statSync(join(folder, "out.img")).size).toBe(volume.length)
    expect(sumIn(output)).not.toBe(sumIn(start(stranger).output))
  })

  it("builds manage-bde too, which starts where nothing else is installed", () => {
    const program = join(stranger, "dist/bin/manage-bde.js")
    const volume = join(ROOT, "sample/volume.img")
    const started = spawnSync(process.execPath, [program, "-Status", volume], {
      cwd: folder,
      encoding: "utf8",
    })
    expect(started).toMatchObject({ status: 0, stderr: "" })
    expect(started.stdout).toContain("    Lock Status:")
    expect(started.stdout).toContain("      Numerical Password")
  })

  it("ends with the exit code of the command", () => {
    expect(start(stranger, ["missing.img", "out.img"]).status).toBe(10)
  })

  it("says in one sentence that the network is missing", () => {
    const lonely = copyOfPackage("lonely")
    const { status, output } = start(lonely, [], {
      npm_config_registry: "http://127.0.0.1:9",
      npm_config_cache: join(folder, "empty-cache"),
    })
    expect(output.trim().split("\n").at(-1)).toMatch(/^No connection to the npm registry, .*\.$/)
    expect(output).not.toContain("npm error")
    expect(status).toBe(1)
  })

  it("says in one sentence that Node is too old", () => {
    const old = join(folder, "old-node.cjs")
    writeFileSync(old, `Object.defineProperty(process, "versions", { value: { node: "18.20.8" } })`)
    const { status, output } = start(stranger, [], { NODE_OPTIONS: `--require ${old}` })
    expect(output).toBe("repair-bde needs Node 20.19 or later, and this is Node 18.20.8.\n")
    expect(status).toBe(2)
  })
})

function copyOfPackage(name: string): string {
  const copy = join(folder, name)
  for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true })
  return copy
}

/** What npm would call, with the caller's folder beside the package. */
function start(
  packageRoot: string,
  args: readonly string[] = [],
  extra: NodeJS.ProcessEnv = {},
): { status: number | null; output: string } {
  const env = { ...process.env, INIT_CWD: folder, TMPDIR: folder, ...extra }
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/run.cjs", "start", ...args], {
    cwd: packageRoot,
    env,
    encoding: "utf8",
  })
  return { status, output: stdout + stderr }
}

function sumIn(output: string): string {
  return /^SHA-256 ([0-9a-f]{64})$/m.exec(output)?.[1] ?? ""
}
