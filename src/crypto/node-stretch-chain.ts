/**
 * One chain of the key stretch in the memory of its kernel, advanced in slices: between two of them there is room for
 * progress, for a signal and for other work of the thread.
 */
import type { Kernels } from "./node-kernels.ts"

/** A chain from its beginning to `steps`. All of it can be cloned into another thread. */
export interface StretchTask {
  readonly kernel: WebAssembly.Module
  readonly initial: Uint8Array
  readonly salt: Uint8Array
  readonly steps: number
}

/** About a millisecond. */
const SLICE_STEPS = 0x1000

/** Places in the memory of the kernel. */
const LAST = 0
const INITIAL = 32
const SALT = 64

/** Yields the steps done after each slice; returns the last hash. */
export function* runChain({ kernel, initial, salt, steps }: StretchTask): Generator<number, Uint8Array> {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const { stretch } = new WebAssembly.Instance(kernel, { env: { memory } })
    .exports as unknown as Kernels["stretch"]
  const bytes = new Uint8Array(memory.buffer)
  bytes.set(initial, INITIAL)
  bytes.set(salt, SALT)
  for (let done = 0; done < steps;) {
    const slice = Math.min(SLICE_STEPS, steps - done)
    stretch(slice)
    done += slice
    yield done
  }
  return bytes.slice(LAST, INITIAL)
}
