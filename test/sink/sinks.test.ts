/** Every sink on the common suite, and what each does when the system takes no more. */
import { spawnSync } from "node:child_process"
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll, describe, expect, it } from "vitest"
import { SinkError } from "../../src/errors.ts"
import { type ZeroHandling, memorySink, openSink } from "../../src/sink/index.ts"
import { openStdout } from "../../src/sink/stdout.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { requirement } from "../suites/requirements.ts"
import { type SinkUnderTest, sinkSuite } from "../suites/sink-suite.ts"
import { hasLoopDevices, isRoot, loopDevice, mountTmpfs, run, temporaryFolder } from "../suites/system.ts"

const canLoop = requirement("loop devices, as root", hasLoopDevices)
const canMount = requirement("mounting, as root", isRoot)
const folder = temporaryFolder()
afterAll(folder.dispose)
const size = 400_000
const inFolder = (name: string): string => join(folder.path, name)

sinkSuite("memory", async () => {
  const bytes = new Uint8Array(size)
  return { sink: memorySink(bytes), size, contents: async () => bytes.slice() }
})

for (const blocking of [false, true]) {
  const suffix = blocking ? ", blocking," : ""

  sinkSuite(`a new image${suffix}`, async () => {
    const path = inFolder("new")
    writeFileSync(path, "")
    truncateSync(path, size)
    return imageUnderTest(path, "skip")
  })

  sinkSuite(`an existing image full of a pattern${suffix}`, async () => {
    const path = inFolder("existing")
    writeFileSync(path, new Uint8Array(size).fill(0xe5))
    return imageUnderTest(path, "write")
  })

  sinkSuite(`an image of an earlier run, full of a pattern and holes${suffix}`, async () => {
    const path = inFolder("earlier")
    const earlier = new Uint8Array(size).fill(0xe5, 0, size / 4).fill(0xe5, size / 2, size / 2 + 4096)
    writeFileSync(path, earlier)
    return imageUnderTest(path, "compare")
  })

  async function imageUnderTest(path: string, zeros: ZeroHandling): Promise<SinkUnderTest> {
    const sink = await openSink({ kind: "image", path, zeros }, { blocking })
    return { sink, size, contents: async () => readFileSync(path) }
  }
}

describe.skipIf(!canLoop)("on a loop device", () => {
  sinkSuite("a device full of a pattern", async () => {
    const deviceSize = 409_600
    const file = inFolder("device")
    writeFileSync(file, new Uint8Array(deviceSize).fill(0xe5))
    const loop = loopDevice(file)
    return {
      sink: await openSink({ kind: "device", path: loop.path }),
      size: deviceSize,
      contents: async () => readFileSync(loop.path),
      dispose: loop.dispose,
    }
  })
})

describe("an image whose zeros are skipped", () => {
  it("takes no space for them, and keeps short runs with the data around them", async () => {
    const path = inFolder("sparse")
    writeFileSync(path, "")
    truncateSync(path, 64 << 20)
    const sink = await openSink({ kind: "image", path, zeros: "skip" })
    const image = new Uint8Array(64 << 20)
    image.set(randomBytes(8192), 32 << 20)
    for (let at = 0; at < image.length; at += 1 << 20)
      await sink.write(at, image.subarray(at, at + (1 << 20)))
    await sink.sync()
    await sink.close()
    expect(statSync(path).blocks * 512).toBeLessThanOrEqual(16_384)
    expect(Buffer.compare(readFileSync(path), image)).toBe(0)
  })
})

describe("an image whose zeros are compared", () => {
  it("keeps its holes, and loses what stood where zeros belong", async () => {
    const path = inFolder("compared")
    const stale = 8 << 20
    writeFileSync(path, "")
    truncateSync(path, 64 << 20)
    const sink = await openSink({ kind: "image", path, zeros: "compare" })
    await sink.write(stale, new Uint8Array(4096).fill(0xe5))
    const image = new Uint8Array(64 << 20)
    image.set(randomBytes(8192), 32 << 20)
    for (let at = 0; at < image.length; at += 1 << 20)
      await sink.write(at, image.subarray(at, at + (1 << 20)))
    await sink.close()
    expect(Buffer.compare(readFileSync(path), image)).toBe(0)
    // One write of zeros around the stale bytes, and the data.
    expect(statSync(path).blocks * 512).toBeLessThanOrEqual((1 << 20) + 16_384)
  })
})

describe.skipIf(!canMount)("a full output", () => {
  it("keeps what was written and says how much is missing", async () => {
    const small = mountTmpfs(1 << 20)
    try {
      const path = join(small.path, "image")
      writeFileSync(path, "")
      truncateSync(path, 4 << 20)
      const sink = await openSink({ kind: "image", path, zeros: "skip" })
      const image = randomBytes(3 << 20)
      const failure = await sink.write(4096, image).catch((error: unknown) => error)
      await sink.close()
      expect(failure).toBeInstanceOf(SinkError)
      const { code, exitCode, data, message } = failure as SinkError
      expect({ code, exitCode }).toEqual({ code: "sink-full", exitCode: 16 })
      const written = data.written as number
      expect(written).toBeGreaterThan(512 << 10)
      expect(data.missing).toBe(image.length - written)
      expect(message).toBe(
        `no space left for ${path}: ${data.missing as number} of ${image.length} bytes at 0x1000 are missing`,
      )
      expect(
        Buffer.compare(readFileSync(path).subarray(4096, 4096 + written), image.subarray(0, written)),
      ).toBe(0)
    } finally {
      small.dispose()
    }
  })
})

describe("an output that may not grow further", () => {
  it("says so", () => {
    const module = join(import.meta.dirname, "../../dist/sink/index.js")
    const path = inFolder("limited")
    writeFileSync(path, "")
    const script = `
      const { openSink } = await import(process.argv[1])
      const sink = await openSink({ kind: "image", path: process.argv[2], zeros: "write" })
      await sink.write(0, new Uint8Array(65536)).catch((e) => console.log(e.code, e.data.written, e.data.missing))`
    const command = `ulimit -f 16; exec node --input-type=module -e "$1" "$2" "$3"`
    const { stdout } = spawnSync("bash", ["-c", command, "bash", script, module, path], { encoding: "utf8" })
    // The shell counts in units of 1024 bytes.
    expect(stdout).toBe("sink-file-too-large 16384 49152\n")
  })
})

describe("standard output", () => {
  function pipe(flags: number): { reader: number; writer: number } {
    const path = inFolder(`pipe-${flags}`)
    run("mkfifo", path)
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    return { reader, writer: openSync(path, constants.O_WRONLY | flags) }
  }

  it("waits for a slow reader, also where the pipe is non-blocking", async () => {
    const { reader, writer } = pipe(constants.O_NONBLOCK)
    const image = randomBytes(1 << 20)
    const sink = openStdout(writer)
    const writing = (async () => {
      for (let at = 0; at < image.length; at += 100_000)
        await sink.write(at, image.subarray(at, at + 100_000))
    })()
    const received = Buffer.alloc(image.length)
    for (let done = 0; done < image.length;) {
      try {
        done += readSync(reader, received, done, image.length - done, null)
      } catch {
        await pause(1)
      }
    }
    await writing
    await sink.sync()
    expect(Buffer.compare(received, image)).toBe(0)
    closeSync(reader)
    closeSync(writer)
  })

  it("says when the reading program has ended", async () => {
    const { reader, writer } = pipe(0)
    closeSync(reader)
    await expect(openStdout(writer).write(0, new Uint8Array(4096))).rejects.toMatchObject({
      code: "sink-closed",
      data: { written: 0, missing: 4096 },
    })
    closeSync(writer)
  })

  it("takes bytes in order only, from wherever the first one stands", async () => {
    const fd = openSync("/dev/null", "w")
    const sink = openStdout(fd)
    await sink.write(1024, new Uint8Array(512))
    await sink.write(1536, new Uint8Array(512))
    await expect(sink.write(1024, new Uint8Array(512))).rejects.toThrow("ascending")
    closeSync(fd)
  })
})

describe("openSink", () => {
  it("creates nothing", async () => {
    const path = inFolder("never-made")
    await expect(openSink({ kind: "image", path, zeros: "skip" })).rejects.toBeInstanceOf(SinkError)
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined()
  })

  it("discards", async () => {
    const sink = await openSink({ kind: "discard" })
    await expect(sink.write(2 ** 50, new Uint8Array(1))).resolves.toBeUndefined()
    await sink.sync()
    await sink.close()
  })
})
