/** The promises of the package itself: what it loads, what it ships, what it pins. */
import { spawnSync } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const ROOT = fileURLToPath(new URL("..", import.meta.url))
const MANIFESTS = ["package.json", "test/package.json", ".ci/package.json"]
const LOCKS = MANIFESTS.map((name) => name.replace("package.json", "package-lock.json"))

interface Manifest {
  readonly version: string
  readonly engines: { readonly node: string }
  readonly bin: Readonly<Record<string, string>>
  readonly exports: { readonly ".": Readonly<Record<string, string>> }
  readonly files: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

interface LockedPackage {
  readonly integrity?: string
  readonly resolved?: string
  readonly optional?: boolean
  readonly os?: readonly string[]
}

const readManifest = (path: string): Manifest =>
  JSON.parse(readFileSync(join(ROOT, path), "utf8")) as Manifest
const readLock = (path: string): Lock => JSON.parse(readFileSync(join(ROOT, path), "utf8")) as Lock

const manifest = readManifest("package.json")

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "repair-bde-package-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe("the modules that run", () => {
  it("are our own and Node's, when the library is imported", () => {
    const modules = modulesLoadedBy(join(ROOT, "dist/index.js"))
    expect(modules).toContain("dist/index.js")
    expect(modules.filter((path) => !path.startsWith("dist/"))).toEqual([])
  })

  it("are our own and Node's, when a volume is decrypted", () => {
    const [volume, credentials] = [join(ROOT, "sample/volume.img"), join(ROOT, "sample/credentials.txt")]
    const program = join(ROOT, "dist/bin/main.js")
    const modules = modulesLoadedBy(
      program,
      volume,
      join(folder, "out.img"),
      "--credentials-file",
      credentials,
    )
    expect(modules).toContain("dist/bin/main.js")
    expect(modules.filter((path) => !path.startsWith("dist/"))).toEqual([])
  })

  /** Every file that V8 compiled, workers included, relative to the package; Node's own are left out. */
  function modulesLoadedBy(...args: readonly string[]): string[] {
    const coverage = join(folder, `coverage-${readdirSync(folder).length}`)
    const env = { ...process.env, NODE_OPTIONS: "", NODE_V8_COVERAGE: coverage }
    const { status, stderr } = spawnSync(process.execPath, args, { env, cwd: folder, encoding: "utf8" })
    // 3: the sample volume is a damaged one.
    expect([0, 3], stderr).toContain(status)
    const urls = readdirSync(coverage).flatMap((name) => {
      const { result } = JSON.parse(readFileSync(join(coverage, name), "utf8")) as {
        result: { url: string }[]
      }
      return result.map(({ url }) => url)
    })
    const paths = urls.filter((url) => url.startsWith("file:")).map((url) => fileURLToPath(url))
    return [...new Set(paths.map((path) => (path.startsWith(ROOT) ? path.slice(ROOT.length) : path)))]
  }
})

describe("the package", () => {
  it("needs few other packages at run time, each with a reason in docs/design.md", () => {
    const names = Object.keys(manifest.dependencies ?? {})
    expect(names).toEqual(["node-forge"])
    const [, runtime = ""] = readFileSync(join(ROOT, "docs/design.md"), "utf8").split("## Dependencies")
    for (const name of names) expect(runtime).toContain(`| ${name} |`)
  })

  it("names only files that the build makes", () => {
    for (const path of [...Object.values(manifest.bin), ...Object.values(manifest.exports["."])]) {
      expect(existsSync(join(ROOT, path)), path).toBe(true)
    }
  })

  it("ships the built program and its documents, and nothing else", () => {
    const [packed] = JSON.parse(npm("pack", "--dry-run", "--json")) as [
      { files: { path: string; mode: number }[] },
    ]
    const paths = packed.files.map(({ path }) => path)
    expect(paths.filter((path) => !/^(dist|docs)\//.test(path)).toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "package.json",
    ])
    expect(paths.filter((path) => !/\.(js|d\.ts|wasm|md|json)$|^LICENSE$/.test(path))).toEqual([])
    expect(packed.files.find(({ path }) => path === "dist/bin/main.js")!.mode & 0o111).not.toBe(0)
  })

  it("says the version that its manifest says", () => {
    const { stdout } = spawnSync(process.execPath, [join(ROOT, "dist/bin/main.js"), "--version"], {
      encoding: "utf8",
    })
    expect(stdout).toContain(manifest.version)
  })

  it("has types that stand alone in a strict program", () => {
    mkdirSync(join(folder, "node_modules/@types"), { recursive: true })
    symlinkSync(ROOT, join(folder, "node_modules/repair-bde"))
    for (const name of ["@types/node", "undici-types"]) {
      symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name))
    }
    const program =
      'import { repairVolume } from "repair-bde"\nexport const repair: typeof repairVolume = repairVolume\n'
    writeFileSync(join(folder, "program.mts"), program)
    const compiler = join(ROOT, "node_modules/typescript/bin/tsc")
    const options = ["--module", "nodenext", "--target", "es2023", "--strict", "--noEmit", "--types", "node"]
    const args = [compiler, "--ignoreConfig", ...options, "program.mts"]
    const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" })
    expect(stdout).toBe("")
  })

  it("checks for the Node version that its manifest asks for", () => {
    expect(manifest.engines.node).toBe(">=20.19")
    expect(readFileSync(join(ROOT, "scripts/run.cjs"), "utf8")).toContain("var NEEDED = [20, 19]")
  })

  function npm(...args: readonly string[]): string {
    const { stdout, stderr, status } = spawnSync("npm", args, { cwd: ROOT, encoding: "utf8" })
    expect(status, stderr).toBe(0)
    return stdout
  }
})

describe("what is installed", () => {
  it.each(MANIFESTS)("has exact versions in %s", (path) => {
    const { dependencies = {}, devDependencies = {} } = readManifest(path)
    const versions = [...Object.values(dependencies), ...Object.values(devDependencies)]
    expect(versions.length).toBeGreaterThan(0)
    expect(versions.filter((version) => !/^(npm:[\w./@-]+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  it.each(LOCKS)("comes from no particular registry in %s", (path) => {
    const packages = Object.entries(readLock(path).packages)
    expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([name]) => name)).toEqual([])
  })

  it.each(LOCKS)("has a checksum in %s, unless it is for another system only", (path) => {
    const packages = Object.entries(readLock(path).packages).filter(([name]) => name !== "")
    const unchecked = packages.filter(([, { integrity, optional, os }]) => !integrity && !(optional && os))
    expect(unchecked.map(([name]) => name)).toEqual([])
  })
})
