/**
 * Where in a buffer something of BitLocker may start: signatures, recognition GUIDs, the headers of datums. This is the
 * readable twin of the kernel `kernels/scan.ts`, which must find the same; it also works where no kernel is, on the few
 * sectors of the usual places.
 */
import { viewOf } from "../bytes/struct.ts"
import { DatumRole, DatumType } from "./datum-layout.ts"

/** `sectors`: structures at multiples of 512 bytes; `anywhere`: at every byte. Datums are looked for at every byte. */
export type Reach = "sectors" | "anywhere"

export interface SearchWindow {
  /** Starts on a sector of the source. What lies behind its end counts as zeros. */
  readonly bytes: Uint8Array
  /** Candidates start below; the bytes behind are there to see them whole. */
  readonly starts: number
}

/** Positions in the window, ascending. */
export type FindCandidates = (window: SearchWindow, reach: Reach) => readonly number[]

const SECTOR = 512
/** The furthest byte from a start that is looked at: the end of half a GUID in a To Go sector. */
export const CANDIDATE_REACH = 0x1a8 + 8

const SIGNATURES = ["-FVE-FS-", "FVE-EOW\0", "FVE-EOWB", "OLRDHEVF"].map(numberOf)
const BOOT_SIGNATURE = numberOf("-FVE-FS-")
/** First halves of the GUIDs for metadata offsets and for encrypt-on-write offsets. */
const RECOGNITION = [0x4ad82e294967d63bn, 0x4d0edd8092a84d3bn]
const TO_GO = 0x4057778ab580060en

/** Sizes of datums: those of key protectors vary, an FVEK has one of three ciphers, the info one of two versions. */
const DATUMS = [
  { role: DatumRole.keyProtector, type: DatumType.vmkInfo, sizes: { from: 44, to: 4096 } },
  { role: DatumRole.fvek, type: DatumType.aesCcm, sizes: [64, 80, 112] },
  { role: DatumRole.virtualization, type: DatumType.virtualizationInfo, sizes: [24, 100] },
] as const

export const findCandidates: FindCandidates = (window, reach) =>
  [...findStructures(window, reach), ...findDatums(window)].sort((a, b) => a - b)

export const findStructures: FindCandidates = (window, reach) =>
  startsWhere(window, reach === "anywhere" ? 1 : SECTOR, startsStructure)

export const findDatums = (window: SearchWindow): readonly number[] => startsWhere(window, 1, startsDatum)

function startsWhere(
  { bytes, starts }: SearchWindow,
  step: number,
  is: (view: DataView, at: number) => boolean,
): number[] {
  const padded = new Uint8Array(starts + CANDIDATE_REACH)
  padded.set(bytes.subarray(0, padded.length))
  const view = viewOf(padded)
  const found: number[] = []
  for (let at = 0; at < starts; at += step) if (is(view, at)) found.push(at)
  return found
}

function startsStructure(view: DataView, at: number): boolean {
  const is = (offset: number, halves: readonly bigint[]): boolean =>
    halves.includes(view.getBigUint64(at + offset, true))
  return (
    is(0, SIGNATURES) ||
    is(3, [BOOT_SIGNATURE]) ||
    is(0xa0, RECOGNITION) ||
    is(0x1a8, RECOGNITION) ||
    is(0x198, [TO_GO])
  )
}

/** Bit 0 of the flags is set in every datum on a disk. */
function startsDatum(view: DataView, at: number): boolean {
  const datum = DATUMS.find(
    ({ role, type }) => view.getUint16(at + 2, true) === role && view.getUint16(at + 4, true) === type,
  )
  return (
    datum !== undefined && (view.getUint8(at + 6) & 1) === 1 && fits(view.getUint16(at, true), datum.sizes)
  )
}

function fits(size: number, sizes: (typeof DATUMS)[number]["sizes"]): boolean {
  return "from" in sizes ? size >= sizes.from && size <= sizes.to : sizes.some((known) => known === size)
}

function numberOf(signature: string): bigint {
  return viewOf(new TextEncoder().encode(signature)).getBigUint64(0, true)
}
