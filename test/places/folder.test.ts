/** Folders and what is named in their place, on a real file system. */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { openPlace } from "../../src/places/open-place.ts"
import type { PlaceContext } from "../../src/places/place.ts"
import { NOTHING_WANTED, guidOf, passwordOf, type Searched, sort } from "./samples.ts"

let folder: string
const made: string[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "repair-bde-places-"))
  made.push(folder)
})
afterAll(() => {
  for (const one of made) rmSync(one, { recursive: true, force: true })
})

function save(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

const context = (signal = new AbortController().signal): PlaceContext => ({ signal, notice: () => {} })

async function search(spec: string, signal?: AbortSignal): Promise<Searched> {
  return sort((await openPlace(spec)).search(NOTHING_WANTED, context(signal)))
}

describe("a folder", () => {
  it("is searched with all below it, by name, and each key has its file", async () => {
    const paths = [
      save("a.txt", `${guidOf(1)} ${passwordOf(1)}`),
      save("b/c/d.txt", `${guidOf(2)} ${passwordOf(2)}`),
      save("b/e.json", JSON.stringify({ id: guidOf(3), key: passwordOf(3) })),
    ]
    save("z.bin", new Uint8Array(100).fill(200))
    const { passwords, candidates } = await search(folder)
    expect(passwords).toEqual([
      [passwordOf(1), guidOf(1)],
      [passwordOf(3), guidOf(3)],
      [passwordOf(2), guidOf(2)],
    ])
    expect(candidates.map(({ origin }) => origin)).toEqual([
      `${paths[0]}, line 1`,
      `${paths[2]}, $`,
      `${paths[1]}, line 1`,
    ])
  })

  it("does not follow links, and says so", async () => {
    const outside = mkdtempSync(join(tmpdir(), "repair-bde-outside-"))
    made.push(outside)
    writeFileSync(join(outside, "secret.txt"), passwordOf(1))
    mkdirSync(join(folder, "sub"))
    symlinkSync(outside, join(folder, "sub/link"))
    symlinkSync(join(outside, "secret.txt"), join(folder, "file"))
    symlinkSync(folder, join(folder, "sub/loop"))
    const { passwords, findings } = await search(folder)
    expect(passwords).toEqual([])
    expect(findings).toMatchObject([{ code: "links-not-followed" }])
    expect(findings[0]!.text).toContain("3 symbolic links")
    expect((await search(join(folder, "file"))).passwords).toEqual([[passwordOf(1), undefined]])
  })

  it.skipIf(process.platform === "win32")("does not wait for a pipe that lies in it", async () => {
    execFileSync("mkfifo", [join(folder, "pipe")])
    save("x.txt", passwordOf(1))
    expect((await search(folder)).passwords).toHaveLength(1)
  })

  it("counts what it leaves out, and names what it cannot read", async () => {
    for (let i = 0; i < 30; i++) truncateSync(save(`film-${i}`, new Uint8Array(1 << 16).fill(1)), 2 << 20)
    for (let i = 0; i < 30; i++) save(`${i}.pdf`, "%PDF-1.7\n\u0001\u0002\u0003")
    const { findings } = await search(folder)
    expect(findings.filter(({ code }) => code === "file-not-looked-into")).toHaveLength(20)
    expect(findings.filter(({ code }) => code === "findings-counted").map(({ text }) => text)).toEqual([
      `${folder}: 10 more of "file-not-looked-into"`,
      `${folder}: 30 are large and no text, and left out`,
    ])
  })

  it("holds back nothing that names a key ID, however much there is of it", async () => {
    for (let i = 0; i < 30; i++) save(`${guidOf(i)}.BEK`, "damaged")
    expect((await search(folder)).findings).toHaveLength(30)
  })

  it("that goes away is told, and is no end", async () => {
    const place = await openPlace(folder)
    rmSync(folder, { recursive: true })
    const { findings } = await sort(place.search(NOTHING_WANTED, context()))
    expect(findings.map(({ text }) => text)).toEqual([`${folder}: cannot be read (ENOENT)`])
  })

  it("stops when it is told to", async () => {
    save("a.txt", passwordOf(1))
    const stopped = AbortSignal.abort(new Error("stop"))
    await expect(search(folder, stopped)).rejects.toThrow("stop")
  })
})

describe("a place", () => {
  it("that is not there is refused by name", async () => {
    const error = await search(join(folder, "missing")).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: "place-unreadable", data: { place: join(folder, "missing") } })
  })

  it("may be a pipe", async () => {
    const pipe = join(folder, "pipe")
    execFileSync("mkfifo", [pipe])
    const writer = execFileSync.bind(null, "sh", ["-c", `printf '%s' '${passwordOf(1)}' >'${pipe}' &`])
    writer({ stdio: "ignore" })
    expect((await search(pipe)).passwords).toEqual([[passwordOf(1), undefined]])
  })
})
