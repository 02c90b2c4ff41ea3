import { expect, it } from "vitest"
import { Streams } from "../../src/cli/streams.ts"
import { fakeStream } from "./fake-stream.ts"

it("drops the rest for a reader that has gone, which is no loss", () => {
  const out = fakeStream()
  const streams = new Streams(out, fakeStream())
  streams.out("first")
  out.fail("EPIPE")
  streams.out("second")
  expect(out.text).toBe("first\n")
  expect(streams.lost).toBeUndefined()
})

it("keeps the first failure of a result that was not written", () => {
  const out = fakeStream()
  const streams = new Streams(out, fakeStream())
  out.fail("ENOSPC")
  out.fail("EIO")
  expect(streams.lost?.code).toBe("ENOSPC")
})

it("goes on without standard error", () => {
  const [out, err] = [fakeStream(), fakeStream()]
  const streams = new Streams(out, err)
  err.fail("EIO")
  streams.err("dropped")
  streams.out("the result")
  expect([out.text, err.text, streams.lost]).toEqual(["the result\n", "", undefined])
})
