/** Every refusal of an output before its first byte, and what is left when there is none. */
import { spawnSync } from "node:child_process"
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { SinkError } from "../../src/errors.ts"
import { type OutputRequest, type PreparedOutput, openSink, prepareOutput } from "../../src/sink/index.ts"
import { refuseLimits, spaceOf } from "../../src/sink/free-space.ts"
import { requirement } from "../suites/requirements.ts"
import {
  forThisTest,
  hasLoopDevices,
  isRoot,
  loopDevice,
  mountDevice,
  mountTmpfs,
  run,
  temporaryFolder,
} from "../suites/system.ts"

const canLoop = requirement("loop devices and mounting, as root", hasLoopDevices)
const canMount = requirement("mounting, as root", isRoot)
const SIZE = 1 << 20
const root = temporaryFolder()
afterAll(root.dispose)

let count = 0
let folder: string
let input: string
beforeEach(() => {
  folder = join(root.path, `${++count}`)
  mkdirSync(folder)
  input = inFolder("input")
  writeFileSync(input, "the only copy")
})
const inFolder = (name: string): string => join(folder, name)

function prepare(path: string, change: Partial<OutputRequest> = {}): Promise<PreparedOutput> {
  return prepareOutput({ path, size: SIZE, existing: "refuse", sparse: true, inputPath: input, ...change })
}

async function refusal(path: string, change: Partial<OutputRequest> = {}): Promise<SinkError> {
  const outcome = await prepare(path, change).catch((e: unknown) => e)
  expect(outcome).toBeInstanceOf(SinkError)
  expect((outcome as SinkError).exitCode).toBe(16)
  expect((outcome as SinkError).next.length).toBeGreaterThan(0)
  return outcome as SinkError
}

describe("a new file", () => {
  it("is private, has its size at once, and is locked until it is released", async () => {
    const path = inFolder("output")
    const output = await prepare(path)
    expect(output).toMatchObject({ created: true, spec: { kind: "image", path, zeros: "skip" } })
    expect(output.existing).toBeUndefined()
    expect(output.freeSpace!.needed).toBe(SIZE)
    expect(statSync(path).size).toBe(SIZE)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(existsSync(`${path}.lock`)).toBe(true)
    await output.release()
    expect(existsSync(path)).toBe(true)
    expect(existsSync(`${path}.lock`)).toBe(false)
  })

  it("is extended to the full size with a hole", async () => {
    const output = await prepare(inFolder("output"), { fullSize: 10 * SIZE })
    expect(statSync(inFolder("output")).size).toBe(10 * SIZE)
    await output.release()
  })

  it("is written in full when it is not to be sparse", async () => {
    const output = await prepare(inFolder("output"), { sparse: false })
    expect(output.spec).toMatchObject({ zeros: "write" })
    await output.release()
  })

  it("has its zeros compared where places may be written again", async () => {
    const output = await prepare(inFolder("output"), { rewrites: true })
    expect(output.spec).toMatchObject({ zeros: "compare" })
    await output.release()
  })

  it("goes away when the run ends before its first byte", async () => {
    const output = await prepare(inFolder("output"))
    await output.abandon()
    expect(existsSync(inFolder("output"))).toBe(false)
    expect(existsSync(inFolder("output.lock"))).toBe(false)
  })
})

describe("an existing file", () => {
  beforeEach(() => writeFileSync(inFolder("output"), new Uint8Array(2 * SIZE).fill(0xe5)))

  it("is refused without -f", async () => {
    const error = await refusal(inFolder("output"))
    expect(error.code).toBe("sink-exists")
    expect(error.message).toBe(`${inFolder("output")} exists already`)
    expect(statSync(inFolder("output")).size).toBe(2 * SIZE)
  })

  it("is overwritten in place, zeros too, and cut to its size", async () => {
    const output = await prepare(inFolder("output"), { existing: "overwrite" })
    expect(output).toMatchObject({ created: false, existing: { size: 2 * SIZE }, spec: { zeros: "write" } })
    const sink = await openSink(output.spec)
    await sink.write(0, new Uint8Array(SIZE))
    await sink.close()
    await output.release()
    expect(readFileSync(inFolder("output")).equals(Buffer.alloc(SIZE))).toBe(true)
  })

  it("goes on as it is after an earlier run of ours, and its holes stay holes", async () => {
    truncateSync(inFolder("output"), SIZE)
    const output = await prepare(inFolder("output"), { existing: "continue" })
    expect(output).toMatchObject({ created: false, spec: { zeros: "compare" } })
    expect(readFileSync(inFolder("output")).equals(Buffer.alloc(SIZE, 0xe5))).toBe(true)
    await output.abandon()
    expect(existsSync(inFolder("output"))).toBe(true)
  })

  it("is kept when the run ends before its first byte", async () => {
    const output = await prepare(inFolder("output"), { existing: "overwrite" })
    await output.abandon()
    expect(existsSync(inFolder("output"))).toBe(true)
  })

  it("has nothing of its old bytes in the hole behind a truncated image", async () => {
    const output = await prepare(inFolder("output"), { existing: "overwrite", fullSize: 2 * SIZE })
    const tail = readFileSync(inFolder("output")).subarray(SIZE)
    expect(tail.equals(Buffer.alloc(SIZE))).toBe(true)
    await output.release()
  })
})

describe("an output that is the input", () => {
  it.each(["its path", "a hard link", "a symbolic link", "another spelling"])(
    "is refused: %s",
    async (name) => {
      const path = { "its path": input, "another spelling": join(folder, "..", String(count), ".", "input") }[
        name
      ]
      if (name === "a hard link") linkSync(input, inFolder("other"))
      if (name === "a symbolic link") symlinkSync(input, inFolder("other"))
      const error = await refusal(path ?? inFolder("other"), { existing: "overwrite" })
      expect(error.code).toBe("sink-is-source")
      expect(readFileSync(input, "utf8")).toBe("the only copy")
    },
  )

  it("is refused when standard output was sent there", () => {
    const module = join(import.meta.dirname, "../../dist/sink/index.js")
    const script = `
      const { prepareOutput } = await import(process.argv[1])
      const request = { path: "-", size: 1, existing: "overwrite", sparse: true, inputPath: process.argv[2] }
      await prepareOutput(request).then(() => process.exit(0), (e) => process.exit(e.exitCode))`
    const command = `node --input-type=module -e "$1" "$2" "$3" >> "$4"`
    const into = (path: string): number | null =>
      spawnSync("bash", ["-c", command, "bash", script, module, input, path]).status
    expect(into(input)).toBe(16)
    expect(into(inFolder("elsewhere"))).toBe(0)
  })

  describe.skipIf(!canLoop)("as a device", () => {
    it("is refused by another name of the device, and as the file behind it", async () => {
      truncateSync(input, SIZE)
      const loop = forThisTest(loopDevice(input))
      const node = inFolder("node")
      const { rdev } = statSync(loop.path)
      run("mknod", node, "b", String(rdev >> 8), String(rdev & 0xff))
      expect(await refusal(node, { inputPath: loop.path })).toMatchObject({ code: "sink-is-source" })
      expect(await refusal(loop.path, { existing: "overwrite" })).toMatchObject({ code: "sink-is-source" })
      expect(await refusal(input, { inputPath: loop.path, existing: "overwrite" })).toMatchObject({
        code: "sink-is-source",
      })
    })
  })
})

describe.skipIf(!canLoop)("an output on the drive of the input", () => {
  it("is refused: a file, a partition, the whole disk", async () => {
    const disk = inFolder("disk")
    writeFileSync(disk, "")
    truncateSync(disk, 64 << 20)
    const loop = forThisTest(loopDevice(disk))
    const table = "label: gpt\\nstart=1MiB, size=20MiB\\nstart=30MiB, size=30MiB\\n"
    run("sh", "-c", `printf '${table}' | sfdisk --quiet ${loop.path} && partx --update ${loop.path}`)
    const [first, second] = [`${loop.path}p1`, `${loop.path}p2`]
    run("mkfs.ext4", "-q", second)
    const mount = forThisTest(mountDevice(second))
    const onDrive = { code: "sink-on-source-drive" }
    for (const inputPath of [loop.path, first, second]) {
      expect(await refusal(join(mount.path, "new"), { inputPath })).toMatchObject(onDrive)
    }
    expect(await refusal(loop.path, { inputPath: first })).toMatchObject(onDrive)
    expect(await refusal(first, { inputPath: loop.path })).toMatchObject(onDrive)
    expect(await refusal(first, { inputPath: second })).toMatchObject(onDrive)
    // A file on another drive is not its business.
    await (await prepare(inFolder("output"), { inputPath: first })).abandon()
  })
})

describe("an output in use", () => {
  it("is refused, and free again when the run is over", async () => {
    const first = await prepare(inFolder("output"))
    const error = await refusal(inFolder("output"), { existing: "overwrite" })
    expect(error.code).toBe("sink-in-use")
    expect(error.message).toContain(`process ${process.pid} on ${hostname()}`)
    await first.release()
    await (await prepare(inFolder("output"), { existing: "overwrite" })).release()
  })

  it("is refused by way of a symbolic link too", async () => {
    const first = await prepare(inFolder("output"))
    symlinkSync(inFolder("output"), inFolder("link"))
    expect(await refusal(inFolder("link"), { existing: "overwrite" })).toMatchObject({ code: "sink-in-use" })
    await first.release()
  })

  it.each([
    ["of a process that has ended", { host: hostname(), pid: 2 ** 22 + 1, started: "1" }],
    ["of an earlier process with a pid in use", { host: hostname(), pid: process.pid, started: "1" }],
    ["that a crash cut short", undefined],
  ])("takes over the lock %s", async (_, holder) => {
    writeFileSync(inFolder("output.lock"), holder ? JSON.stringify(holder) : "")
    const output = await prepare(inFolder("output"))
    expect(JSON.parse(readFileSync(inFolder("output.lock"), "utf8"))).toMatchObject({ pid: process.pid })
    await output.release()
    expect(existsSync(inFolder("output.lock"))).toBe(false)
  })

  it("is left to a run on another host", async () => {
    writeFileSync(inFolder("output.lock"), JSON.stringify({ host: "elsewhere", pid: 1, started: "1" }))
    expect(await refusal(inFolder("output"))).toMatchObject({
      code: "sink-in-use",
      data: { host: "elsewhere" },
    })
    expect(existsSync(inFolder("output"))).toBe(false)
  })

  it("goes to one of many runs that start at once over a stale lock", async () => {
    writeFileSync(
      inFolder("output.lock"),
      JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1, started: "1" }),
    )
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => prepare(inFolder("output"))))
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
  })
})

describe("a place that cannot hold the output", () => {
  it("is refused: a folder, a missing folder, a pipe", async () => {
    expect(await refusal(folder)).toMatchObject({ code: "sink-is-directory" })
    expect(await refusal(inFolder("none/output"))).toMatchObject({ code: "sink-folder-missing" })
    run("mkfifo", inFolder("pipe"))
    expect(await refusal(inFolder("pipe"), { existing: "overwrite" })).toMatchObject({
      code: "sink-not-a-drive",
    })
  })

  it.runIf(isRoot)("is refused: no permission", () => {
    const module = join(import.meta.dirname, "../../dist/sink/index.js")
    const script = `
      process.setuid(65534)
      const { prepareOutput } = await import(process.argv[1])
      const request = { path: process.argv[2], size: 1, existing: "overwrite", sparse: true, inputPath: process.argv[3] }
      await prepareOutput(request).catch((e) => console.log(e.code))`
    run("chmod", "755", root.path, folder)
    const args = ["--input-type=module", "-e", script, module, inFolder("output"), input]
    expect(spawnSync("node", args, { encoding: "utf8" }).stdout).toBe("sink-no-permission\n")
  })

  describe.skipIf(!canMount)("on a small tmpfs", () => {
    it("is warned of when zeros may save it, and refused when nothing can", async () => {
      const small = forThisTest(mountTmpfs(SIZE))
      const path = join(small.path, "output")
      const output = await prepare(path, { size: 4 * SIZE })
      expect(output.freeSpace!.available).toBeLessThan(output.freeSpace!.needed)
      await output.abandon()
      const error = await refusal(path, { size: 4 * SIZE, sparse: false })
      expect(error).toMatchObject({ code: "sink-full", data: { written: 0, needed: 4 * SIZE } })
      run("mount", "-o", "remount,ro", small.path)
      expect(await refusal(path)).toMatchObject({ code: "sink-read-only" })
      expect(existsSync(path)).toBe(false)
    })
  })

  it("is refused by the limit of FAT", () => {
    const space = spaceOf({ type: 0x4d44, bavail: 2 ** 24, bsize: 32_768 }, undefined, 5 * 2 ** 30, true)
    expect(space.mayBeSparse).toBe(false)
    expect(() => refuseLimits("output", space, 5 * 2 ** 30)).toThrow("holds no file as large")
    refuseLimits("output", space, 2 ** 32 - 1)
  })

  it.skipIf(!canLoop)("is refused by the limit of ext4", async () => {
    const file = inFolder("drive")
    writeFileSync(file, "")
    truncateSync(file, 64 << 20)
    run("mkfs.ext4", "-q", file)
    const loop = forThisTest(loopDevice(file))
    const path = join(forThisTest(mountDevice(loop.path)).path, "output")
    expect(await refusal(path, { size: 17 * 2 ** 40 })).toMatchObject({ code: "sink-file-too-large" })
    expect(existsSync(path)).toBe(false)
    expect(existsSync(`${path}.lock`)).toBe(false)
  })
})

describe.skipIf(!canLoop)("a block device", () => {
  it("is claimed for the run, and what it holds is told", async () => {
    const file = inFolder("drive")
    writeFileSync(file, new Uint8Array(SIZE).fill(0xe5))
    const loop = forThisTest(loopDevice(file))
    const recognise = async (head: Uint8Array): Promise<string> => `${head.length} bytes of ${head[0]}`
    const output = await prepare(loop.path, { recognise })
    expect(output).toMatchObject({
      spec: { kind: "device", path: loop.path },
      created: false,
      existing: { size: SIZE, holds: "65536 bytes of 229" },
    })
    expect(await refusal(loop.path)).toMatchObject({ code: "sink-in-use" })
    const sink = await openSink(output.spec)
    await sink.write(0, new Uint8Array(SIZE))
    await sink.sync()
    await sink.close()
    await output.release()
    expect(readFileSync(loop.path).equals(Buffer.alloc(SIZE))).toBe(true)
  })

  it("is refused when it is too small, with the size that is needed", async () => {
    truncateSync(input, SIZE)
    const file = inFolder("drive")
    writeFileSync(file, new Uint8Array(SIZE))
    const loop = forThisTest(loopDevice(file))
    const error = await refusal(loop.path, { size: SIZE + 512 })
    expect(error).toMatchObject({ code: "sink-too-small", data: { size: SIZE, needed: SIZE + 512 } })
  })

  it("is refused while it is mounted, by the name of the folder", async () => {
    const file = inFolder("drive")
    writeFileSync(file, "")
    truncateSync(file, 16 << 20)
    run("mkfs.ext4", "-q", file)
    const loop = forThisTest(loopDevice(file))
    const mount = forThisTest(mountDevice(loop.path))
    const error = await refusal(loop.path)
    expect(error).toMatchObject({ code: "sink-in-use", data: { mountPoints: [mount.path] } })
    expect(error.message).toBe(`${loop.path} is mounted on ${mount.path}`)
  })
})

describe("a stand-in for an output", () => {
  it("is made for - and /dev/null", async () => {
    expect((await prepare("-")).spec).toEqual({ kind: "stdout" })
    expect((await prepare("/dev/null")).spec).toEqual({ kind: "discard" })
  })
})
