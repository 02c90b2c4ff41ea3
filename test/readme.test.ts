/**
 * What the documents show is what happens. Each ```console block is played, `$` line by `$` line, in a folder with the
 * sample volume (`npm test -- test/readme.test.ts -u` writes what came out into the document), and each ```js block is run
 * as a module that imports the package. Times and speeds differ from run to run and are not compared.
 */
import { spawnSync } from "node:child_process"
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
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
const PROGRAM = join(ROOT, "dist/bin/main.js")
const DOCUMENTS = ["README.md", "docs/troubleshooting.md"]
/** The fence stays outside, so that a document is rebuilt from its blocks. */
const CONSOLE = /(?<=^```console\n).*?(?=^```$)/gms
const EXAMPLE = /(?<=^```js\n).*?(?=^```$)/gms
const LONGEST_EXAMPLE = 8

const textOf = (document: string): string => readFileSync(join(ROOT, document), "utf8")

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "repair-bde-readme-"))
  cpSync(join(ROOT, "sample"), join(folder, "sample"), { recursive: true })
  mkdirSync(join(folder, "node_modules"))
  symlinkSync(ROOT, join(folder, "node_modules/repair-bde"))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe("what the documents show is what happens:", () => {
  it.each(DOCUMENTS)("the transcripts in %s", async (document) => {
    const text = textOf(document)
    expect(text).toMatch(CONSOLE)
    await expect(text.replaceAll(CONSOLE, play)).toMatchFileSnapshot(join(ROOT, document))
  })

  const examples = DOCUMENTS.flatMap((document) => textOf(document).match(EXAMPLE) ?? [])

  it.each(examples)("the example, in eight lines", (code) => {
    expect(code.trim().split("\n").length).toBeLessThanOrEqual(LONGEST_EXAMPLE)
    writeFileSync(join(folder, "example.mjs"), code)
    const output = run(`"${process.execPath}" example.mjs`)
    // An NTFS volume says so in its first sector.
    expect(readFileSync(join(folder, "copy.img")).toString("latin1", 3, 7), output).toBe("NTFS")
  })
})

/** The block with what its commands print now; parts that only differ in time and speed stay as they are. */
function play(block: string): string {
  return block
    .split(/^(?=\$ )/m)
    .map((shown) => {
      const [line = ""] = shown.split("\n")
      const command = line.replace(/^\$ repair-bde/, `"${process.execPath}" "${PROGRAM}"`)
      const played = `${line}\n${run(command)}`
      return blot(played) === blot(shown) ? shown : played
    })
    .join("")
}

/** Both outputs in the order in which they were written, as a terminal shows them. */
function run(command: string): string {
  const path = join(folder, "terminal.txt")
  const terminal = openSync(path, "w")
  spawnSync("sh", ["-c", command], { cwd: folder, stdio: ["ignore", terminal, terminal] })
  closeSync(terminal)
  return readFileSync(path, "utf8")
}

function blot(text: string): string {
  return text.replaceAll(/ in [\d:]+( \([\d.]+ MB\/s\))?$/gm, " in TIME")
}
