/** Four chains of the key stretch in the memory of their kernel, advanced in slices as one chain is (`node-stretch-chain.ts`). */
import { STRETCHER_LANES } from "./inputs.ts"
import type { Kernels } from "./node-kernels.ts"

/** Up to four chains from their beginning to `steps`. All of it can be cloned into another thread. */
export interface StretchFourTask {
  readonly initials: readonly Uint8Array[]
  readonly salt: Uint8Array
  readonly steps: number
}

/** About three milliseconds. */
const SLICE_STEPS = 0x1000

/** Places in the memory of the kernel. */
const LAST = 0
const INITIAL = 128
const SALT = 256
const STATE_LENGTH = 280
const HASH_LENGTH = 32

/** Yields between slices; returns the last hash of each chain. Lanes without a candidate compute and are not looked at. */
export function* runFour(
  kernel: WebAssembly.Module,
  { initials, salt, steps }: StretchFourTask,
): Generator<void, Uint8Array[]> {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const { stretch } = new WebAssembly.Instance(kernel, { env: { memory } })
    .exports as unknown as Kernels["stretch-four"]
  const state = new Uint8Array(memory.buffer, 0, STATE_LENGTH)
  for (let lane = 0; lane < STRETCHER_LANES; lane++) {
    state.set(initials[lane] ?? new Uint8Array(HASH_LENGTH), INITIAL + lane * HASH_LENGTH)
  }
  state.set(salt, SALT)
  for (let done = 0; done < steps; done += SLICE_STEPS) {
    stretch(Math.min(SLICE_STEPS, steps - done))
    yield
  }
  return initials.map((_, lane) => state.slice(LAST + lane * HASH_LENGTH, LAST + (lane + 1) * HASH_LENGTH))
}
