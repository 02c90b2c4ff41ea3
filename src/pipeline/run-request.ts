/** What the coordinator is asked to do, and what it answers. Specs are data and may go to threads; open ones stay here. */
import type { Crypto } from "../crypto/crypto.ts"
import type { EncryptionMethod } from "../crypto/method.ts"
import type { Secret } from "../crypto/secret.ts"
import type { Extent } from "../extents/extent.ts"
import type { ExtentMap } from "../extents/extent-map.ts"
import type { Pass } from "../rescue/ticket.ts"
import type { PositionalSink, SinkSpec } from "../sink/positional-sink.ts"
import type { ByteSource, SourceSpec } from "../source/byte-source.ts"
import type { VolumePlan } from "../volume/volume-plan.ts"
import type { Pace } from "./checkpoint.ts"
import type { WarmThreads } from "./threads.ts"

export interface RunRequest {
  /** The volume as it is stored. An open source is read inline, and stays open. */
  readonly source: SourceSpec | ByteSource
  readonly plan: VolumePlan
  /** Needed when the plan has encrypted runs. */
  readonly key?: { readonly method: EncryptionMethod; readonly fvek: Secret } | undefined
  /** An image or device exists already, an image in its full size. An open sink is written in ascending order, and stays open. */
  readonly sink: SinkSpec | PositionalSink
  /** An open sink takes bytes in any order, and more than once. */
  readonly inAnyOrder?: boolean | undefined
  /** The part of the plaintext volume to write; the output begins at its start. */
  readonly extent: Extent
  /** Sectors of raw zeros stay zeros. */
  readonly keepZeros: boolean
  /** What an earlier run has left: only the rest is read. It is kept up to date. Absent: nothing is there yet. */
  readonly map?: ExtentMap | undefined
  /** Of what it has left: bytes in sectors of raw zeros. */
  readonly zeroSectorBytes?: number | undefined
  readonly checkpoint?: RunCheckpoint | undefined
  readonly reading?: Reading | undefined
  /** Ends with everything on the medium. */
  readonly sync: boolean
  /** The digest of the output, as `sha256sum` gives it. */
  readonly hash?: "sha256" | undefined
  /** Of the inline lane; threads have their own `nodeCrypto`. */
  readonly crypto: Crypto
  /** Worker threads; chosen from the processors and the size when absent. */
  readonly lanes?: number | undefined
  /** Threads that have loaded already; more are started when they do not suffice. */
  readonly threads?: WarmThreads | undefined
  readonly signal?: AbortSignal | undefined
  /** About four times a second. */
  readonly onProgress?: ((progress: RunProgress) => void) | undefined
}

/** Where the map goes while the run goes on, so that another run can go on after it. */
export interface RunCheckpoint {
  readonly save: (map: ExtentMap, zeroSectorBytes: number) => Promise<void>
  /** At the end of a run without any loss too. */
  readonly always?: boolean
  /** How much may be lost when the run is killed; 5 seconds or 1 GiB when absent. */
  readonly pace?: Pace | undefined
}

/** How a source is read that does not read well. */
export interface Reading {
  /** Stands in place of what cannot be read, repeated; zeros when absent. */
  readonly fill?: Uint8Array | undefined
  /** In positions of the output: what to read before everything else, most wanted first. */
  readonly first?: readonly Extent[] | undefined
  /** How often bad sectors are read again in the end; 0 when absent. */
  readonly retries?: number | undefined
  /** From the end to the start. */
  readonly isReversed?: boolean | undefined
  /** More bad areas than these end the run. */
  readonly maxErrors?: number | undefined
  /** A read of a device that takes longer counts as failed. */
  readonly readTimeoutMs?: number | undefined
  /** The first read has failed. Nothing more is read before it resolves; when it rejects, the run ends with that. */
  readonly onFailing?: ((where: Extent) => Promise<void>) | undefined
  /** The source is gone: where it is again, or `undefined` when nobody waits for it (any longer). */
  readonly awaitSource?: ((error: unknown) => Promise<SourceSpec | ByteSource | undefined>) | undefined
}

export interface RunProgress {
  /** Bytes written, unreadable parts (as the fill pattern) included. */
  readonly done: number
  readonly total: number
  readonly unreadable: number
  /** Of a source that fails: the pass over it, and how many areas could not be read so far. */
  readonly rescue?: { readonly pass: Pass; readonly badAreas: number }
}

export interface RunResult {
  /** The state of every byte of the output. */
  readonly map: ExtentMap
  /** Bytes written, unreadable parts (as the fill pattern) included. */
  readonly done: number
  /** In positions of the output. */
  readonly unreadable: readonly Extent[]
  /** Bytes in sectors that are stored encrypted and hold raw zeros: what `keepZeros` keeps, or would keep. */
  readonly zeroSectorBytes: number
  /** In hex; absent when the run was stopped. */
  readonly sha256?: string
  /** Why the run ended early: the signal's reason, or the error of a lane. What was written stays. */
  readonly stopped?: unknown
}
