/**
 * Traces: what of BitLocker a search met, and where. A trace is data that goes through threads and JSON, small enough that
 * those of a whole disk fit in a checkpoint; whoever needs the bytes reads them again at its place.
 *
 * A search sees the source and no volume: `at` counts from the start of the source, everything that a structure says of
 * itself from the start of its volume. The difference is how volumes are found (`locate/`).
 */
import type { Extent } from "../extents/extent.ts"
import type { FveBootSector } from "./boot-sector.ts"
import type { CrcVerdict } from "./eow.ts"

export type Trace =
  | BlockTrace
  | BootTrace
  | ToGoBackupTrace
  | EowInfoTrace
  | EowBitmapTrace
  | EowRecordTrace
  | ConversionLogTrace
  | DatumTrace

interface Place {
  /** Bytes from the start of the source. */
  readonly at: number
}

/**
 * How much of a metadata block holds. `intact`: its CRC-32 is right. `sized`: header and validation block together fill the
 * area. `tiled`: the datums fill the dataset. `header`: nothing but a header that could be one.
 */
export type BlockHealth = "intact" | "sized" | "tiled" | "header"

export interface BlockTrace extends Place {
  readonly kind: "metadata-block"
  readonly health: BlockHealth
  readonly version: number
  /** GUID, the same in every copy. */
  readonly volumeId: string
  /** Where the three copies are in the volume. */
  readonly copyOffsets: readonly number[]
  readonly areaSize: number
  /** As `VolumeFacts` has them. */
  readonly state: number
  readonly watermark: number
  readonly sectorSize?: number
  readonly headBackup?: Extent
  /** The flags say that encrypt-on-write was used: a sector for sector answer may need its blocks too. */
  readonly usesEow: boolean
  /** Grows with every change of the metadata. */
  readonly nonceCounter: number
  /** ISO 8601: the latest date in it, of the dataset or of a key protector. */
  readonly changed?: string
  /** Of the bytes as read: equal in copies that are the same. */
  readonly crc: number
}

export interface BootTrace extends Place {
  readonly kind: "boot-sector"
  /** Absent when only jump and signature are left of it. */
  readonly boot?: FveBootSector
  /** Vista: sectors of the file system, at whose end a copy of this sector stands. */
  readonly fileSystemSectorCount?: number
}

/** The backup boot sector of a To Go volume's discovery volume, which lacks the offsets. */
export interface ToGoBackupTrace extends Place {
  readonly kind: "to-go-backup"
  readonly sectorSize: number
  readonly sectorCount: number
}

export interface EowInfoTrace extends Place {
  readonly kind: "eow-info"
  readonly crc: CrcVerdict
  readonly copyOffsets: readonly number[]
  readonly bitmapOffsets: readonly number[]
}

export interface EowBitmapTrace extends Place {
  readonly kind: "eow-bitmap"
  readonly crc: CrcVerdict
  /** Bytes, both records included. */
  readonly size: number
  readonly region?: Extent
  readonly logOffset?: number
}

/** A bitmap record whose block is not in front of it. */
export interface EowRecordTrace extends Place {
  readonly kind: "eow-record"
  readonly crc: CrcVerdict
}

export interface ConversionLogTrace extends Place {
  readonly kind: "conversion-log"
  readonly volumeSize: number
  readonly regionOffset: number
}

/** A datum that may be all that is left of a metadata copy. */
export interface DatumTrace extends Place {
  readonly kind: "datum"
  readonly role: number
  readonly type: number
  /** Bytes, the header included. */
  readonly size: number
  /** The same in every copy of the datum: the protector's GUID, the nonce of a wrapped key, the place of the backup. */
  readonly name: string
  /** Of a virtualization info: where the head of the volume is kept. */
  readonly headBackup?: Extent
  /** A virtualization info of Windows 8 and later: its volumes keep the head right behind copy 1. */
  readonly isExtended?: boolean
}
