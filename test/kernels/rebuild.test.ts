/** The kernels that are committed are those that their sources make. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))
const KERNELS = join(ROOT, "src/kernels")
const kernelNames = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith(".wasm"))

describe("kernels", () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "repair-bde-kernels-"))
    execFileSync(process.execPath, [join(ROOT, "scripts/build-kernels.mjs"), folder])
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  it("have a source each", () => {
    expect(kernelNames(folder)).toEqual(kernelNames(KERNELS))
  })

  it.each(kernelNames(KERNELS))("%s is what its source makes, byte for byte", (name) => {
    expect(Buffer.compare(readFileSync(join(folder, name)), readFileSync(join(KERNELS, name)))).toBe(0)
  })

  it.each(kernelNames(KERNELS))("%s needs a memory and nothing else, so it cannot allocate", (name) => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const kernel = new WebAssembly.Module(readFileSync(join(KERNELS, name)))
    expect(() => new WebAssembly.Instance(kernel, { env: { memory } })).not.toThrow()
  })
})
