/**
 * The results of the jobs as JSON-safe data: what `--json` prints, what the text shells render, what the tests compare.
 * They never hold a secret.
 */
import type { Extent } from "../extents/extent.ts"
import type { FileSystemType } from "../filesystem/index.ts"
import type { Finding } from "../findings.ts"
import type { Losses, RegionProof } from "../proof/index.ts"

export interface SourceReport {
  readonly path: string
  readonly kind: "file" | "device"
  readonly size: number
  readonly sectorSize: number
}

export interface MethodReport {
  /** The number on disk, such as 0x8004. */
  readonly code: number
  /** As `manage-bde -status` prints it: "XTS-AES 128". */
  readonly name: string
}

export interface ProtectorReport {
  /** The key ID: a GUID in upper case, without braces. */
  readonly id: string
  readonly kind: string
  /** For people: "recovery password". */
  readonly label: string
  readonly name?: string
  /** ISO 8601. */
  readonly created?: string
  /** What opens it, or why nothing does offline. */
  readonly opensWith: string
  /** Whether what a person can keep opens it; false where it takes the computer that the drive was in. */
  readonly opensAnywhere: boolean
}

export interface MetadataCopyReport {
  /** 1 to 3. */
  readonly copy: number
  /** Bytes from the start of the volume. */
  readonly offset: number
  readonly health: "intact" | "damaged" | "missing" | "unreadable"
  /** The copy that the volume is read with. */
  readonly chosen: boolean
  readonly reason: string
}

export interface VolumeReport {
  /** From 1, the number for `--volume`. */
  readonly index: number
  /** Bytes from the start of the input, and in the volume as far as the input holds it. */
  readonly offset: number
  readonly size: number
  /** The volume's own size, when its metadata tells one. */
  readonly fullSize?: number
  /** What tells it apart: "GPT partition 3, Basic data partition". */
  readonly where: string
  readonly layout: "vista" | "windows-7" | "windows-7-or-later" | "windows-8" | "to-go" | "encrypt-on-write"
  readonly sectorSize: number
  readonly volumeId?: string
  readonly description?: string
  readonly created?: string
  readonly windowsBuild?: string
  readonly method?: MethodReport
  /** "encrypted", "decrypted", "decrypting, paused", … */
  readonly state: string
  /** Percent of the volume that is stored encrypted, where the metadata tells. */
  readonly encryptedPercent?: number
  readonly clearKey: boolean
  readonly protectors: readonly ProtectorReport[]
  readonly metadataCopies: readonly MetadataCopyReport[]
  readonly findings: readonly Finding[]
}

export interface InspectReport {
  readonly source: SourceReport
  readonly volumes: readonly VolumeReport[]
  /** Bytes read to find this out; never more than 64 MiB. */
  readonly bytesRead: number
}

/** One credential tried on one key protector. */
export interface TryReport {
  readonly credential: string
  readonly protectorId?: string
  readonly protectorLabel?: string
  readonly outcome: "opened" | "wrong-key" | "other-kind" | "damaged" | "impossible"
  readonly why: string
}

export interface OpenedBy {
  readonly credential: string
  readonly protectorId?: string
  readonly protectorLabel?: string
  /** Set when another form than the typed one fitted: "in Unicode form NFC". */
  readonly form?: string
}

/** A volume of the same input that a credential opens, when it does not open the one that was chosen. */
export interface ElsewhereReport {
  readonly credential: string
  /** Its number for `--volume`. */
  readonly volume: number
  readonly where: string
  /** `earlier`: another volume took its place since. `foreign`: it lies inside another one. */
  readonly standing: "current" | "earlier" | "foreign"
  readonly protectorId?: string
  readonly protectorLabel?: string
}

export interface CheckReport {
  readonly source: SourceReport
  readonly volume: VolumeReport
  readonly opens: boolean
  readonly openedBy?: OpenedBy
  readonly tries: readonly TryReport[]
  /** What the credentials open instead; absent when they open the volume, or nothing at all. */
  readonly elsewhere?: readonly ElsewhereReport[]
}

export interface PlanReport {
  readonly size: number
  readonly sectorSize: number
  /** Run by run: `from` where a relocated run is stored, `stored` how. */
  readonly runs: readonly {
    readonly kind: "plain" | "encrypted" | "relocated" | "zeroed" | "unreadable"
    readonly start: number
    readonly length: number
    readonly from?: number
    readonly stored?: "plain" | "encrypted"
  }[]
  /** Total bytes by kind. */
  readonly bytes: Readonly<Record<string, number>>
}

export interface ProofReport {
  readonly verdict: "proven" | "named" | "empty" | "noise"
  /** "the plaintext is an NTFS volume of 104857088 bytes, serial 1234-ABCD" */
  readonly sentence: string
  /** Absent when none was recognised. */
  readonly fileSystem?: FileSystemReport
  /** Each kind of structure with its own verdict; none where the output is only a part of the volume. */
  readonly regions: readonly RegionProof[]
  /** Bytes that could not be read, by whether a file owned them; absent when nothing was lost, or nothing tells. */
  readonly losses?: Losses
}

export interface FileSystemReport {
  readonly type: FileSystemType
  readonly label?: string
  readonly serial: string
  readonly size: number
  readonly sectorSize: number
  readonly clusterSize: number
  /** It was not unmounted, or waits for a check. Absent: nothing says. */
  readonly dirty?: boolean
  /** Windows sleeps on it: whoever writes to it destroys files. Absent: nothing says. */
  readonly hibernated?: boolean
}

export interface RepairReport {
  readonly source: SourceReport
  readonly volume: VolumeReport
  readonly openedBy: OpenedBy
  readonly output: string
  /** Position in the volume of the output's first byte: 0, but with a range. */
  readonly start: number
  /** Bytes of the output, and of those the ones that were lost. */
  readonly size: number
  readonly unreadable: readonly Extent[]
  /** Bytes of raw all-zero sectors met in encrypted areas: what `--keep-zeros` keeps, or would keep. */
  readonly zeroSectorBytes: number
  readonly plan: PlanReport
  readonly proof?: ProofReport
  readonly sha256?: string
  /** The mapfile of the output, where it stays: it was asked for, or something could not be read. */
  readonly map?: string
  readonly elapsedMs: number
  /** True for a dry run: nothing was written. */
  readonly dryRun: boolean
  /** What to do next, imperative. */
  readonly next: readonly string[]
  readonly exitCode: number
}
