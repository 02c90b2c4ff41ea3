/** A patch for a damaged image, planned as a job plans it, but with what only a search would find given. */
import { Secret } from "../../src/crypto/secret.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import {
  type BootLayout,
  type KeyPackage,
  type MetadataBlock,
  type PatchIdentity,
  type VolumeFacts,
  type VolumeKeys,
  readKeyProtectors,
  recogniseBootSector,
} from "../../src/fve/index.ts"
import { surveyMetadata } from "../../src/locate/index.ts"
import {
  FRONT_SECTORS,
  type PlannedPatch,
  type PlannedStructures,
  type StoredSector,
  newArea,
  planPatch,
  planStructures,
  proveDatums,
  provenArea,
  reconcile,
  settle,
  surveySectors,
} from "../../src/repair/index.ts"
import { memorySource } from "../../src/source/index.ts"
import type { ForgedVolume } from "../forge/forge.ts"

export interface Options {
  /** The VMK is known. Absent: it is. */
  readonly isOpen?: boolean
  readonly packages?: readonly KeyPackage[]
  /** Where the metadata says nothing any more. */
  readonly facts?: VolumeFacts
  readonly original?: Uint8Array
  readonly head?: readonly StoredSector[]
  readonly eow?: { readonly bytes: Uint8Array; readonly offsets: readonly number[] }
  /** Where the volume lies in the source. */
  readonly volumeOffset?: number
  readonly now?: Date
}

export type Planned = PlannedPatch & PlannedStructures & { readonly block?: MetadataBlock }

export function keysOf({ vmk, fvek, method }: ForgedVolume): VolumeKeys | undefined {
  return vmk && fvek && { method, vmk: new Secret(vmk.slice()), fvek: new Secret(fvek.slice()) }
}

export function layoutOf({ image }: ForgedVolume): BootLayout {
  return recogniseBootSector(image)!.layout
}

/** @param image the volume, at `volumeOffset` of nothing else */
export async function planFor(
  volume: ForgedVolume,
  image: Uint8Array,
  options: Options = {},
): Promise<Planned> {
  const { isOpen = true, packages = [], volumeOffset = 0, now = new Date(0) } = options
  const source = memorySource(image)
  const own = memorySource(image.subarray(volumeOffset))
  const copies = await surveyMetadata(own, volume.metadataOffsets)
  const reconciled = reconcile({ copies, packages, sizes: [volume.size] })
  const keys = isOpen ? keysOf(volume) : undefined
  const settled = keys ? settle(reconciled, keys, nodeCrypto) : reconciled
  const facts = options.facts ?? settled.account!.facts
  const proven = settled.proof !== "none" && !options.facts ? settled.block : undefined
  const area = proven
    ? provenArea(proven, copies)
    : newArea(
        { facts, keys: keys!, ...proveDatums(reconciled.material, facts, keys!, nodeCrypto) },
        nodeCrypto,
        now,
      )
  const identity: PatchIdentity = {
    volumeId: facts.volumeId,
    keyIds: proven ? readKeyProtectors(proven.dataset).map(({ id }) => id) : [],
    sourceSize: image.length,
    sectorSize: source.sectorSize,
    volumeOffset,
  }
  const stored = image.subarray(volumeOffset)
  const { sectorSize } = volume
  const planned = planStructures(
    {
      boot: {
        ...{ layout: layoutOf(volume), facts, sectorSize },
        front: stored.subarray(0, FRONT_SECTORS * sectorSize),
        last: stored.subarray(stored.length - sectorSize),
        ...(options.original && { original: options.original }),
        eowOffsets: options.eow?.offsets ?? [],
        hiddenSectorCount: volumeOffset / 512,
      },
      area,
      copies,
      ...(options.eow && { eowInfo: options.eow.bytes }),
      ...(options.head && { head: options.head }),
    },
    identity,
  )
  const found = await surveySectors(source, planned.structures, volumeOffset)
  return { ...planned, ...planPatch(identity, planned.structures, found), ...(proven && { block: proven }) }
}

/** The image with the patch in it. */
export function patched(image: Uint8Array, { patch }: Pick<PlannedPatch, "patch">): Uint8Array {
  const out = image.slice()
  for (const { at, after } of patch.edits) out.set(after, at)
  return out
}
