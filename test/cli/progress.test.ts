/** The status line and its clock, with a clock of the test's own. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { progressTicker } from "../../src/cli/progress-ticker.ts"
import { Progress } from "../../src/cli/progress.ts"
import { jsonReporter } from "../../src/cli/json-reporter.ts"
import { Streams } from "../../src/cli/streams.ts"
import { textReporter } from "../../src/cli/text-reporter.ts"
import type { JobEvent } from "../../src/job/events.ts"
import { fakeStream } from "./fake-stream.ts"

const MIB = 2 ** 20

function decrypting(done: number, unreadable = 0): JobEvent {
  return { type: "progress", phase: "decrypt", done: done * MIB, total: 1000 * MIB, unreadable }
}

describe("the state line", () => {
  it("shows phase, percent, bytes, speed, time left and bad bytes", () => {
    const progress = new Progress()
    expect(progress.line(0)).toBe("looking for the volume")
    progress.event({ type: "phase", phase: "unlock" }, 0)
    progress.event({ type: "progress", phase: "unlock", done: 1, total: 4, unreadable: 0 }, 0)
    expect(progress.line(0)).toBe("trying the credentials  25.0 %")
    progress.event(decrypting(0), 1000)
    expect(progress.line(1100)).toBe("decrypting  0.0 %  0 B of 1000 MiB")
    progress.event(decrypting(250, 4096), 3000)
    expect(progress.line(3000)).toBe(
      "decrypting  25.0 %  250 MiB of 1000 MiB  131 MB/s  0:06 left  4 KiB unreadable",
    )
  })

  it("takes its speed from the last ten seconds", () => {
    const progress = new Progress()
    for (let second = 0; second <= 20; second++) {
      progress.event(decrypting(second <= 10 ? 10 * second : 90 + second), 1000 * second)
    }
    expect(progress.line(20_000)).toContain("  1.05 MB/s  ")
  })

  it("slows down when nothing comes any more", () => {
    const progress = new Progress()
    progress.event(decrypting(0), 0)
    progress.event(decrypting(100), 1000)
    expect(progress.line(1000)).toContain("105 MB/s")
    expect(progress.line(10_000)).toContain("10.5 MB/s")
  })
})

describe("the ticker", () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it("redraws one line on a terminal, no wider than it, and takes it away", () => {
    const err = fakeStream({ isTTY: true, columns: 24 })
    const ticker = progressTicker(new Streams(fakeStream(), err), { quiet: false, now: () => Date.now() })
    vi.advanceTimersByTime(1000)
    expect(err.text).toBe("")
    ticker.event(decrypting(500))
    vi.advanceTimersByTime(250)
    ticker.close()
    expect(err.text).toBe("\r\u001b[Kdecrypting  50.0 %  500\r\u001b[K")
  })

  it("writes a plain line every 30 seconds elsewhere", () => {
    const err = fakeStream()
    const ticker = progressTicker(new Streams(fakeStream(), err), { quiet: false, now: () => Date.now() })
    ticker.event(decrypting(0))
    vi.advanceTimersByTime(29_999)
    expect(err.text).toBe("")
    ticker.event(decrypting(500))
    vi.advanceTimersByTime(30_001)
    ticker.close()
    vi.advanceTimersByTime(60_000)
    expect(err.text.trim().split("\n")).toHaveLength(2)
    expect(err.text).toMatch(/^repair-bde: decrypting {2}50\.0 %/)
  })

  it("is quiet when it should be", () => {
    const err = fakeStream({ isTTY: true })
    const ticker = progressTicker(new Streams(fakeStream(), err), { quiet: true, now: () => Date.now() })
    ticker.event(decrypting(1))
    vi.advanceTimersByTime(60_000)
    expect(err.text).toBe("")
  })

  it("gives way to lines of text", () => {
    const err = fakeStream({ isTTY: true })
    const streams = new Streams(fakeStream(), err)
    streams.status("50 %")
    streams.err("a finding")
    expect(err.text).toBe("\r\u001b[K50 %\r\u001b[Ka finding\n50 %")
  })

  it("gives way to a question", async () => {
    const err = fakeStream({ isTTY: true })
    const streams = new Streams(fakeStream(), err)
    streams.status("50 %")
    await streams.withoutStatus(async () => streams.status("51 %"))
    streams.status("52 %")
    expect(err.text).toBe("\r\u001b[K50 %\r\u001b[K\r\u001b[K52 %")
  })
})

describe("reporters", () => {
  const events: JobEvent[] = [
    { type: "phase", phase: "decrypt" },
    decrypting(1),
    decrypting(2),
    decrypting(1000),
    { type: "notice", code: "x", text: "a notice" },
    { type: "finding", finding: { code: "g", severity: "good", text: "a good finding" } },
    {
      type: "finding",
      finding: { code: "d", severity: "damage", text: "a bad one", extent: { start: 512, length: 512 } },
    },
  ]

  function report(make: typeof textReporter, command: "repair" | "check", quiet = false) {
    const out = fakeStream()
    const err = fakeStream()
    const reporter = make({ streams: new Streams(out, err), command, quiet, now: () => 0 })
    for (const event of events) reporter.event(event)
    reporter.result({ document: { answer: 42 }, lines: ["the answer is 42"] })
    reporter.close()
    return { out: out.text, err: err.text }
  }

  it("tell a person what matters while repairing, and the result", () => {
    expect(report(textReporter, "repair")).toEqual({
      out: "the answer is 42\n",
      err: "note: a notice\ndamage: a bad one at 0x200..0x3ff\n",
    })
    expect(report(textReporter, "repair", true).err).toBe("damage: a bad one at 0x200..0x3ff\n")
    expect(report(textReporter, "check")).toEqual({ out: "the answer is 42\n", err: "note: a notice\n" })
    expect(report(textReporter, "check", true).err).toBe("")
  })

  it("tell a script everything line by line, progress once a second and at its end", () => {
    const types = report(jsonReporter, "repair")
      .out.trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type)
    expect(types).toEqual(["phase", "progress", "progress", "notice", "finding", "finding", "result"])
    expect(report(jsonReporter, "repair", true).out).not.toContain('"progress"')
    expect(JSON.parse(report(jsonReporter, "check").out)).toEqual({ answer: 42 })
  })
})
