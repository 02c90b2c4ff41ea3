/** When a look at the usual places is not enough, and when a scan may end before its end. */
import { ConversionState, type Trace } from "../fve/index.ts"
import type { PartitionTable } from "../partition/index.ts"
import { deriveVolumes } from "./derive-volumes.ts"
import { type VolumePlace, startOf } from "./volume-place.ts"

const COPIES = 3
const MIB = 1 << 20

/**
 * Three intact copies that are the same lie where they say, and the volume starts where volumes start: in a table, with the
 * input, or on a whole MiB. That keeps the copies of a virtual disk, a file on the volume, from ending the search for the
 * volume around it. A volume that may be in the middle of a conversion needs its encrypt-on-write blocks too.
 */
export function foundEnough(
  traces: readonly Trace[],
  tables: readonly PartitionTable[],
  sourceSize: number,
): boolean {
  const starts = new Set(tables.flatMap(({ partitions }) => partitions.map(({ declared }) => declared.start)))
  return deriveVolumes(traces, tables, sourceSize).some(
    (place) =>
      place.standing === "current" && isComplete(place) && (startsRound(place) || starts.has(startOf(place))),
  )
}

/** Whether a scan would tell more: no volume is there, or one of which something is not known that lies elsewhere. */
export function needsScan(places: readonly VolumePlace[]): boolean {
  const current = places.filter(({ standing }) => standing === "current")
  const isVague = ({ traces, otherStarts }: VolumePlace): boolean =>
    traces.copies.length === 0 || otherStarts.length > 0
  return (
    current.length === 0 ||
    current.some((place) => isVague(place) || mayHideConversion(place) || lacksVistaBackup(place))
  )
}

/**
 * Without its boot sector nobody knows where the bitmaps are that say how each chunk is stored; and a volume that is
 * decrypted keeps them too (observed: Windows 10, build 18363).
 */
export function mayHideConversion({ boot, traces }: VolumePlace): boolean {
  const mayUseEow = traces.copies.some(
    ({ trace }) => trace.usesEow || trace.state === ConversionState.decrypted,
  )
  return boot === undefined && traces.eow.length === 0 && mayUseEow
}

/** Windows Vista's metadata does not tell the size of the volume; the copy of its boot sector lies in the last sector. */
function lacksVistaBackup({ isEndGuessed, traces }: VolumePlace): boolean {
  return (
    isEndGuessed === true &&
    traces.boot === undefined &&
    traces.copies.some(({ trace }) => trace.version === 1)
  )
}

function isComplete(place: VolumePlace): boolean {
  const { copies, eow } = place.traces
  const agree = new Set(copies.map(({ trace }) => trace.crc)).size === 1
  if (copies.length < COPIES || !agree || copies.some(({ trace }) => trace.health !== "intact")) return false
  if (lacksVistaBackup(place)) return false
  const isSettled = copies.every(({ trace }) => trace.state === ConversionState.encrypted && !trace.usesEow)
  const isListed = eow.some((trace) => trace.kind === "eow-info" && trace.crc === "right")
  return isSettled || place.boot !== undefined || isListed
}

function startsRound(place: VolumePlace): boolean {
  const start = startOf(place)
  return start >= 0 && start % MIB === 0
}
