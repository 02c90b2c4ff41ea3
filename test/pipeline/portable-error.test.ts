import { MessageChannel, receiveMessageOnPort } from "node:worker_threads"
import { describe, expect, it } from "vitest"
import { AppError, SinkError, SourceError } from "../../src/errors.ts"
import { type PortableError, fromPortable, toPortable } from "../../src/pipeline/portable-error.ts"

function throughPort(error: unknown): Error {
  const { port1, port2 } = new MessageChannel()
  port1.postMessage(toPortable(error))
  const received = receiveMessageOnPort(port2) as { message: PortableError }
  port1.close()
  return fromPortable(received.message)
}

describe("portable errors", () => {
  it("are what was thrown, class, advice, data and cause included", () => {
    const cause = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" })
    const error = new SinkError("sink-full", "the output is full at 0x1000", {
      next: ["make room", "run again"],
      data: { written: 4096, missing: 512 },
      cause,
    })
    const received = throughPort(error)
    expect(received).toBeInstanceOf(SinkError)
    expect(received).toBeInstanceOf(AppError)
    expect(received).toMatchObject({
      name: "SinkError",
      code: "sink-full",
      exitCode: 16,
      message: error.message,
      next: error.next,
      data: error.data,
      stack: error.stack,
    })
    expect(received.cause).toMatchObject({ message: cause.message })
  })

  it("keep the chain of causes", () => {
    const inner = new SourceError("source-gone", "gone", { next: [] })
    const received = throughPort(new Error("outer", { cause: inner }))
    expect(received).not.toBeInstanceOf(AppError)
    expect(received.cause).toBeInstanceOf(SourceError)
  })

  it("carry bugs and things that are no errors", () => {
    expect(throughPort(new TypeError("x is not a function"))).toMatchObject({ name: "TypeError" })
    expect(throughPort("a string")).toMatchObject({ message: "a string" })
  })
})
