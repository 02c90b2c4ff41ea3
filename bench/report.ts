/** What the benchmark found, as data: `--json` writes it, `render.ts` shows it. */
import type { LocateTiming } from "./locate.ts"
import type { Cost } from "./measure.ts"
import type { MethodName } from "./methods.ts"

export interface Report {
  readonly machine: { readonly node: string; readonly processor: string; readonly cores: number }
  /** Bytes of the large volumes. */
  readonly size: number
  readonly runs: number
  readonly decryption: readonly { readonly method: MethodName; readonly timings: readonly Timing[] }[]
  readonly short: readonly ShortTiming[]
  readonly locate: LocateTiming
  readonly clinic: ClinicTiming
}

/** A search for a recovery password that ends with the last of so many candidates. */
export interface ClinicTiming {
  readonly candidateCount: number
  readonly cost: Cost
}

/** One program on one method. */
export interface Timing {
  readonly contestant: string
  /** `absent`: not on this machine. `cannot`: it refuses the volume, or its output is not the plaintext. */
  readonly verdict: "right" | "cannot" | "absent"
  /** The rest is there when the verdict is `right`. The whole command on the large volume. */
  readonly whole?: Cost
  /** The same followed by `sync OUTPUT`. */
  readonly synced?: Cost
  /** The whole command on a tiny volume: start and unlock. */
  readonly tiny?: Cost
}

/** A command that ends soon, and the one that it is measured against. */
export interface ShortTiming {
  readonly what: string
  readonly command: string
  readonly cost: Cost
  readonly against?: { readonly command: string; readonly cost: Cost }
}
