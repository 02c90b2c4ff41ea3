/** The inside of a process that reads a device for its owner: it may hang, and is left then. See `distant-descriptor.ts`. */
import { type Descriptor, openDescriptor } from "./descriptor.ts"
import type { DescriptorReply, DescriptorRequest } from "./descriptor-messages.ts"
import { errnoOf } from "./failures.ts"
import { pageMemory } from "./page-memory.ts"

let descriptor: Descriptor | undefined
/** Grows to the largest request. */
let memory = pageMemory(1 << 20)

process.on("message", (request: DescriptorRequest) => {
  void answer(request).then((reply) => process.send?.(reply))
})
process.on("disconnect", () => process.exit())
// Ctrl-C reaches the whole group: the owner decides when its reader ends.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {})

async function answer(request: DescriptorRequest): Promise<DescriptorReply> {
  try {
    if ("path" in request) {
      descriptor = await openDescriptor(request.path, { direct: request.direct, blocking: true })
      return { bytes: new Uint8Array(0) }
    }
    const { start, length } = request
    if (memory.length < length) memory = pageMemory(length)
    const count = await descriptor!.pread(start, memory.subarray(0, length))
    return { bytes: memory.subarray(0, count) }
  } catch (error) {
    return { errno: errnoOf(error), message: error instanceof Error ? error.message : String(error) }
  }
}
