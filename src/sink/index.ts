/** The door of `sink/`: where recovered bytes go. */
export type { OpenOptions } from "./descriptor.ts"
export type { FreeSpace } from "./free-space.ts"
export { discardSink, memorySink } from "./memory.ts"
export { openSink } from "./open-sink.ts"
export type { PositionalSink, SinkSpec, ZeroHandling } from "./positional-sink.ts"
export {
  type ExistingOutput,
  type OutputRequest,
  type PreparedOutput,
  prepareOutput,
} from "./prepare-output.ts"
