/**
 * Metadata blocks that belong together: the same volume identifier and the same three places. A disk that was encrypted
 * twice holds two generations, each with copies where the other one has data.
 */
import { type BlockTrace, ConversionState } from "../fve/index.ts"

export interface Generation {
  readonly volumeId: string
  /** Three, or none when every block of it has lost them. */
  readonly copyOffsets: readonly number[]
  /** The best one first. */
  readonly blocks: readonly BlockTrace[]
  readonly best: BlockTrace
}

const HEALTH = ["header", "tiled", "sized", "intact"]

/** Those with the healthiest blocks first: a damaged block may turn out to be a copy of a better one. */
export function groupGenerations(blocks: readonly BlockTrace[]): Generation[] {
  const groups = new Map<string, BlockTrace[]>()
  for (const block of blocks) {
    const key = `${block.volumeId} ${block.copyOffsets.join(" ")}`
    groups.set(key, [...(groups.get(key) ?? []), block])
  }
  return [...groups.values()]
    .map(generationOf)
    .sort((a, b) => healthOf(b.best) - healthOf(a.best) || b.blocks.length - a.blocks.length)
}

export function healthiestFirst(blocks: readonly BlockTrace[]): BlockTrace[] {
  return [...blocks].sort((a, b) => healthOf(b) - healthOf(a) || b.nonceCounter - a.nonceCounter)
}

function generationOf(group: readonly BlockTrace[]): Generation {
  const blocks = healthiestFirst(group)
  const best = blocks[0]!
  return { volumeId: best.volumeId, copyOffsets: best.copyOffsets, blocks, best }
}

function healthOf({ health }: BlockTrace): number {
  return HEALTH.indexOf(health)
}

/** A copy of it by its own account, or a damaged block that shares its identifier or its places. */
export function mayBeCopyOf({ volumeId, copyOffsets, blocks }: Generation, block: BlockTrace): boolean {
  if (blocks.includes(block)) return true
  if (block.health === "intact") return false
  return block.volumeId === volumeId || block.copyOffsets.join() === copyOffsets.join()
}

/** Of a volume that is not being converted by watermark, which then means something else. */
export function sizeByMetadata({ best }: Generation): number | undefined {
  return best.state === ConversionState.encrypted && best.watermark > 0 ? best.watermark : undefined
}
