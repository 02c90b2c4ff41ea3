/** Executes a blueprint: plaintext of any part of the volume to what is stored there, and to what a reader will see. */
import { nodeCrypto } from "../../src/crypto/node.ts"
import type { SectorCipher } from "../../src/crypto/sector-cipher.ts"
import { endOf, type Extent, extent, intersect, subtractExtents } from "../../src/extents/extent.ts"
import type { Blueprint, PlaintextImage } from "./blueprint.ts"

export function cipherOf({ fvek, method, sectorSize }: Blueprint): SectorCipher | undefined {
  return fvek && nodeCrypto.createSectorCipher(method, fvek, sectorSize)
}

/** The stored bytes of an extent of whole sectors. */
export function storePart(
  plan: Blueprint,
  image: PlaintextImage,
  part: Extent,
  cipher = cipherOf(plan),
): Uint8Array {
  const bytes = image.read(part.start, part.length)
  const at = (e: Extent): Uint8Array => bytes.subarray(e.start - part.start, endOf(e) - part.start)
  if (plan.headBackup) {
    const head = intersect(plan.headBackup, part)
    if (head.length > 0) at(head).set(image.read(head.start - plan.headBackup.start, head.length))
  }
  for (const e of cipher ? subtractExtents(part, plan.storedPlain) : []) cipher!.encrypt(at(e), e.start)
  for (const e of plan.trimmed.map((e) => intersect(e, part)).filter((e) => e.length > 0)) at(e).fill(0)
  for (const overlay of plan.overlays) {
    const e = intersect(extent(overlay.at, overlay.bytes.length), part)
    if (e.length > 0) at(e).set(overlay.bytes.subarray(e.start - overlay.at, endOf(e) - overlay.at))
  }
  return bytes
}

/** The plaintext bytes that reading the volume gives: what was put in, but zeros where its own structures lie. */
export function expectPart(
  plan: Blueprint,
  image: PlaintextImage,
  part: Extent,
  cipher = cipherOf(plan),
): Uint8Array {
  const bytes = image.read(part.start, part.length)
  const at = (e: Extent): Uint8Array => bytes.subarray(e.start - part.start, endOf(e) - part.start)
  const clipped = (extents: readonly Extent[]): Extent[] =>
    extents.map((e) => intersect(e, part)).filter((e) => e.length > 0)
  // Zeros that were never encrypted decrypt to noise, as they do on Windows.
  for (const e of clipped(plan.trimmed)) {
    at(e).fill(0)
    for (const encrypted of subtractExtents(e, plan.storedPlain))
      cipher?.decrypt(at(encrypted), encrypted.start)
  }
  for (const e of clipped(plan.zeroed)) at(e).fill(0)
  return bytes
}
