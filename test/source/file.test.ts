/** Regular files: the common suite, what happens when they change, and positions beyond every 32-bit border. */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { SourceError } from "../../src/errors.ts"
import { extent } from "../../src/extents/extent.ts"
import { openSource } from "../../src/source/index.ts"
import { byteSourceSuite } from "../suites/byte-source-suite.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { requirement } from "../suites/requirements.ts"
import { openFlags, temporaryFolder } from "../suites/system.ts"

const folder = temporaryFolder()
afterAll(folder.dispose)
const bytes = randomBytes(300_001)
const path = join(folder.path, "image")
writeFileSync(path, bytes)

for (const blocking of [false, true]) {
  byteSourceSuite(blocking ? "a file, blocking" : "a file", async () => ({
    source: await openSource({ kind: "file", path }, { blocking }),
    bytes,
  }))
}
byteSourceSuite("a slice of a file", async () => ({
  source: await openSource({
    kind: "slice",
    of: { kind: "file", path },
    extent: extent(4096, 100_000),
    sectorSize: 4096,
  }),
  bytes: bytes.slice(4096, 104_096),
}))

describe("a file", () => {
  it("is opened for reading only", async () => {
    const source = await openSource({ kind: "file", path })
    expect(openFlags(path) & 0b11).toBe(0)
    await source.close()
  })

  it("that shrinks while it is read ends with the position", async () => {
    const shrinking = join(folder.path, "shrinking")
    writeFileSync(shrinking, bytes)
    const source = await openSource({ kind: "file", path: shrinking })
    truncateSync(shrinking, 10_000)
    await expect(source.read(4096, new Uint8Array(65536))).rejects.toMatchObject({
      code: "source-shrank",
      exitCode: 10,
      data: { path: shrinking, position: 10_000, size: bytes.length },
    })
    await source.close()
  })

  it("that is closed reads no more, and never somebody else's file", async () => {
    const source = await openSource({ kind: "file", path })
    await source.close()
    await source.close()
    const failure = await source.read(0, new Uint8Array(1)).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(SourceError)
    expect(failure).toMatchObject({ code: "source-gone" })
  })

  it("that is missing says so", async () => {
    await expect(openSource({ kind: "file", path: join(folder.path, "none") })).rejects.toMatchObject({
      code: "source-missing",
    })
  })
})

const TIB = 2 ** 40
const hasTmpfs = requirement("a tmpfs at /dev/shm (sparse files of 40 TiB)", existsSync("/dev/shm"))

describe.skipIf(!hasTmpfs)("positions in a sparse file of 33 TiB", () => {
  const shm = hasTmpfs ? temporaryFolder("/dev/shm") : folder
  afterAll(shm.dispose)
  const huge = join(shm.path, "huge")
  const borders = [2 ** 31, 2 ** 32, 2 * TIB, 4 * TIB, 16 * TIB, 32 * TIB]
  if (hasTmpfs) {
    const fd = openSync(huge, "w")
    ftruncateSync(fd, 33 * TIB)
    for (const [i, border] of borders.entries())
      writeSync(fd, randomBytes(1024, i + 1), 0, 1024, border - 512)
    closeSync(fd)
  }

  it.each([false, true])("are right on both sides of each border (blocking: %s)", async (blocking) => {
    const source = await openSource({ kind: "file", path: huge }, { blocking })
    expect(source.size).toBe(33 * TIB)
    for (const [i, border] of borders.entries()) {
      const into = new Uint8Array(2048)
      expect(await source.read(border - 1024, into)).toEqual([])
      expect(into.subarray(512, 1536)).toEqual(randomBytes(1024, i + 1))
      expect(into.subarray(0, 512).every((byte) => byte === 0)).toBe(true)
    }
    await source.close()
  })
})
