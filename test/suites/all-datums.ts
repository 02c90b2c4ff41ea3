import type { Datum } from "../../src/fve/index.ts"

/** Every datum and every property below it, outermost first. */
export function* allDatums(datums: readonly Datum[]): Generator<Datum> {
  for (const datum of datums) {
    yield datum
    yield* allDatums(datum.properties)
  }
}
