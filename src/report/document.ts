/**
 * The report of one repair: what a person keeps beside the recovered data, and what a laboratory files. It is plain data; the
 * page is drawn from it and from nothing else, so that every figure on it stands in the JSON too. Never a secret.
 */
import type { JsonObject } from "../errors.ts"
import type { Extent } from "../extents/extent.ts"
import type { FileSystemType, Region } from "../filesystem/index.ts"
import type { Finding } from "../findings.ts"

export interface ReportDocument {
  readonly format: "repair-bde report"
  readonly version: 1
  readonly tool: ToolIdentity
  /** ISO 8601. */
  readonly started: string
  readonly finished: string
  readonly elapsedMs: number
  readonly outcome: Outcome
  /** For people, in one line. */
  readonly headline: string
  /** The same with its reason. */
  readonly summary: string
  readonly exitCode: number
  /** Why the run ended early. */
  readonly error?: ReportedError
  readonly source?: {
    readonly path: string
    readonly kind: "file" | "device"
    readonly size: number
    readonly sectorSize: number
  }
  readonly volume?: ReportedVolume
  readonly openedBy?: ReportedOpening
  readonly output?: ReportedOutput
  /** How every byte of the output came to be, in order; the last one ends where the output does. */
  readonly ranges: readonly Range[]
  /** Bytes of all ranges of that state. */
  readonly totals: Readonly<Record<RangeState, number>>
  readonly proof?: ReportedProof
  readonly findings: readonly Finding[]
  readonly decisions: readonly Decision[]
  readonly notices: readonly { readonly code: string; readonly text: string }[]
  /** In the order of the run; what a phase did not take in whole milliseconds is 0. */
  readonly phases: readonly { readonly phase: string; readonly elapsedMs: number }[]
  readonly next: readonly string[]
  /** How to open the output, on each system; none when there is nothing to open. */
  readonly guides: readonly Guide[]
}

export type Outcome =
  | "recovered"
  | "recovered-with-losses"
  | "not-proven"
  | "noise"
  | "dry-run"
  | "ended-early"

export interface ToolIdentity {
  readonly name: string
  readonly version: string
  /** "node v20.19.0" */
  readonly runtime: string
  /** "linux x64" */
  readonly system: string
}

export interface ReportedError {
  readonly code: string
  readonly message: string
  readonly next: readonly string[]
  readonly exitCode: number
  readonly data: JsonObject
}

export interface ReportedVolume {
  readonly index: number
  readonly offset: number
  readonly size: number
  readonly where: string
  readonly layout: string
  readonly sectorSize: number
  readonly volumeId?: string
  readonly description?: string
  readonly created?: string
  readonly windowsBuild?: string
  readonly method?: { readonly code: number; readonly name: string }
  readonly state: string
  readonly protectors: readonly {
    readonly id: string
    readonly kind: string
    readonly label: string
    readonly name?: string
    readonly created?: string
    readonly opensWith: string
  }[]
  readonly metadataCopies: readonly {
    readonly copy: number
    readonly offset: number
    readonly health: string
    readonly chosen: boolean
    readonly reason: string
  }[]
}

export interface ReportedOpening {
  /** Its kind and where it came from, never itself. */
  readonly credential: string
  readonly protectorId?: string
  readonly protectorLabel?: string
  readonly form?: string
}

export interface ReportedOutput {
  readonly path: string
  readonly kind: "image" | "device" | "stream"
  /** Position in the volume of its first byte. */
  readonly start: number
  readonly size: number
  readonly sha256?: string
  readonly zeroSectorBytes: number
}

/**
 * `decrypted`: came out of the cipher. `plain`: was stored in plaintext. `structure`: BitLocker's own places, which read as
 * zeros. `lost`: could not be read; the fill pattern stands there.
 */
export const RANGE_STATES = ["decrypted", "plain", "structure", "lost"] as const
export type RangeState = (typeof RANGE_STATES)[number]

export interface Range extends Extent {
  readonly state: RangeState
}

export interface ReportedProof {
  readonly verdict: "proven" | "named" | "empty" | "noise"
  readonly sentence: string
  readonly fileSystem?: ReportedFileSystem
  readonly regions: readonly {
    readonly region: Region
    readonly verdict: "proven" | "damaged" | "lost" | "unproven"
    readonly right: number
    readonly wrong: number
    readonly zeros: number
    readonly unreadable: number
    readonly other: number
    readonly sampled: boolean
    readonly confidence: number
    readonly sentence: string
  }[]
  readonly losses?: { readonly free: number; readonly used: number; readonly unknown: number }
}

export interface ReportedFileSystem {
  readonly type: FileSystemType
  readonly label?: string
  readonly serial: string
  readonly size: number
  readonly sectorSize: number
  readonly clusterSize: number
  readonly dirty?: boolean
  readonly hibernated?: boolean
}

/** What was chosen where there was a choice, and why. */
export interface Decision {
  readonly about: string
  readonly choice: string
  readonly reason: string
}

export interface Guide {
  readonly system: "Linux" | "macOS" | "Windows"
  /** Commands to type, in order. */
  readonly commands: readonly string[]
  /** What to do beside them, or where there is no command. */
  readonly notes: readonly string[]
}
