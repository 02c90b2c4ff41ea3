/** The result of `keys clinic`. The password that was found is a `Secret`: only a shell whose purpose it is shows it. */
import type { GroupFault } from "../credential/index.ts"
import type { Secret } from "../crypto/secret.ts"
import type { SourceReport, VolumeReport } from "./reports.ts"

export type { GroupFault }

/** What a search takes, before it starts. */
export interface SearchReport {
  /** At most. */
  readonly candidateCount: number
  /** Less likely ones, which `thorough` adds. */
  readonly furtherCount: number
  /** Different salts of the volume's recovery passwords: each candidate is stretched once for each. */
  readonly protectorCount: number
  /** Candidates a second on one key protector, measured on this machine just before. */
  readonly perSecond: number
  /** For all candidates that are left, at that speed. */
  readonly seconds: number
  /** Candidates that an earlier run has tried. */
  readonly resumedAt: number
}

export interface ChangedGroup {
  /** 1 to 8. */
  readonly group: number
  readonly typed: Secret
  readonly right: Secret
}

export interface FoundRecoveryPassword {
  /** The 48 digits with dashes. */
  readonly digits: Secret
  readonly protectorId: string
  /** Empty where what was typed cannot be cut into groups. */
  readonly changed: readonly ChangedGroup[]
  /** Whether it also opens the volume's own keys: a key protector of an earlier encryption does not. */
  readonly opens: boolean
  readonly why: string
}

export interface ClinicReport {
  readonly source: SourceReport
  readonly volume: VolumeReport
  /** Groups that cannot be right as typed. */
  readonly faults: readonly GroupFault[]
  readonly search: SearchReport
  /** Candidates tried, those of earlier runs included. */
  readonly triedCount: number
  readonly found?: FoundRecoveryPassword
  /** True when nothing was tried: only the plan was asked for. */
  readonly dryRun: boolean
  readonly next: readonly string[]
  readonly exitCode: number
}
