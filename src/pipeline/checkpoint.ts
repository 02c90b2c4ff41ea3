/**
 * What is written becomes durable, now and then: the map as it is, then a sync of the output (of one file, whoever wrote it),
 * then that map onto its own medium. Only then may an extent be called finished in a file: a power cut takes with it any part
 * of what was not synced, in any order.
 *
 * A checkpoint is due 5 seconds after the first write since the last one, or at 1 GiB. Before the first there is none, so a
 * short run costs nothing. Afterwards one is begun at half of that, while the lanes go on; they wait only where the medium
 * is so much slower that more than 1 GiB would be written and not durable.
 */
import { type ExtentMap, Status } from "../extents/extent-map.ts"

export interface CheckpointRequest {
  /** Of the run: what a lane has reported. It is cloned before the sync. */
  readonly map: ExtentMap
  /** Everything written so far is on the medium when it resolves. */
  readonly sync: () => Promise<void>
  /** Bytes in sectors of raw zeros, of what the map calls finished. */
  readonly zeroSectorBytes: () => number
  /** Puts the map on its medium, as it was before the sync. */
  readonly save: (map: ExtentMap, zeroSectorBytes: number) => Promise<void>
  /** Of a sync or a save. */
  readonly onFailure: (error: unknown) => void
}

export interface Pace {
  readonly bytes: number
  readonly ms: number
}

export const USUAL_PACE: Pace = { bytes: 1 << 30, ms: 5_000 }

export interface Checkpoints {
  /**
   * So many bytes more are in the map. A promise where the next ticket has to wait, until enough is durable; it never rejects.
   */
  recorded(bytes: number): Promise<void> | undefined
  /**
   * The run is over. The last checkpoint is made where one is needed or others were: of a run that was durable up to here the
   * end is durable too.
   * @throws the failure of the sync or the save
   */
  finish(last: { readonly needed: boolean }): Promise<void>
}

export function openCheckpoints(request: CheckpointRequest, pace: Pace = USUAL_PACE): Checkpoints {
  const { map, zeroSectorBytes, sync, save, onFailure } = request
  /** Written, and in no checkpoint yet; and in the one that is being made. */
  let [fresh, flying] = [0, 0]
  let current: Promise<void> | undefined
  let count = 0
  let timer: NodeJS.Timeout | undefined
  /** The time came while the one before was still being made. */
  let isOverdue = false
  let isOver = false
  /** After a sync that failed the system may have dropped what it could not write, and calls the next sync a success. */
  let isTrusted = true

  async function make(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    isOverdue = false
    const [snapshot, zeros] = [map.clone(), zeroSectorBytes()]
    flying += fresh
    fresh = 0
    await sync().catch((error: unknown) => {
      isTrusted = false
      throw error
    })
    await save(snapshot, zeros)
    count++
    flying = 0
  }

  function begin(): void {
    current = makeAndGoOn()
  }

  async function makeAndGoOn(): Promise<void> {
    try {
      await make()
    } catch (error) {
      onFailure(error)
    }
    current = undefined
    if (isOver || !isTrusted) return
    if (isOverdue || fresh >= pace.bytes / 2) begin()
    else if (fresh > 0) arm()
  }

  function arm(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      if (current) isOverdue = true
      else begin()
    }, pace.ms)
  }

  const isTooFar = (): boolean => current !== undefined && fresh + flying >= pace.bytes

  async function room(): Promise<void> {
    while (isTooFar()) await current
  }

  return {
    recorded(bytes) {
      fresh += bytes
      if (!isTrusted || !isMoreToCome(map)) return undefined
      const due = count === 0 ? pace.bytes : pace.bytes / 2
      if (fresh >= due && !current) begin()
      else arm()
      return isTooFar() ? room() : undefined
    },
    async finish({ needed }) {
      isOver = true
      clearTimeout(timer)
      await current
      if (isTrusted && (needed || count > 0)) await make()
    },
  }
}

/** At the very end the last checkpoint, or none, follows at once. */
function isMoreToCome(map: ExtentMap): boolean {
  return map.total(Status.finished) + map.total(Status.bad) < map.size
}
