import { expect, it } from "vitest"
import { concatBytes } from "../../src/bytes/concat.ts"

it("joins pieces in order, empty ones and none at all included", () => {
  expect(concatBytes([Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)])).toEqual(
    Uint8Array.of(1, 2, 3),
  )
  expect(concatBytes([])).toHaveLength(0)
})
