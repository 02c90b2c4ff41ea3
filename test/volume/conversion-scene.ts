/**
 * Forged volumes in the middle of a conversion, injured, and opened with what their metadata say. The rule is one for all
 * injuries: a sector comes out right, or the findings list it as undecidable; what the injury itself hit is excused.
 */
import { expect } from "vitest"
import { indexOfBytes } from "../../src/bytes/compare.ts"
import type { EncryptionMethod } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { type Extent, contains, totalLength } from "../../src/extents/extent.ts"
import {
  type VolumeFacts,
  parseMetadataBlock,
  readVolumeFacts,
  recogniseBootSector,
} from "../../src/fve/index.ts"
import { memorySource } from "../../src/source/index.ts"
import { type ConversionQuestion, plainView, planVolume, surveyConversion } from "../../src/volume/index.ts"
import { type FixtureName, freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { type ForgedVolume, type Recipe, forge } from "../forge/forge.ts"
import type { Conversion } from "../forge/recipe.ts"
import { randomBytes } from "../suites/random-bytes.ts"

export function forgeVolume(
  conversion: Conversion,
  method: EncryptionMethod,
  more: Partial<Recipe> = {},
  fixture: FixtureName = "ntfs-512",
): Promise<ForgedVolume> {
  const layout = conversion.kind === "watermark" ? "windows7" : "windows8"
  const free = freeExtents(fixture)
  return forge(loadFixture(fixture), { layout, method, free, protectors: [], conversion, ...more })
}

/** Positions of every structure with the signature, on sector borders. */
export function places(image: Uint8Array, signature: string): number[] {
  const pattern = Uint8Array.from(signature, (c) => c.charCodeAt(0))
  const found: number[] = []
  for (let at = indexOfBytes(image, pattern); at >= 0; at = indexOfBytes(image, pattern, at + 1)) {
    if (at % 512 === 0) found.push(at)
  }
  return found
}

export interface Outcome {
  readonly plaintext: Uint8Array
  readonly codes: readonly string[]
  /** Listed in the findings. */
  readonly undecidable: readonly Extent[]
}

export interface Opening {
  readonly question?: Partial<ConversionQuestion>
  /** In the facts that the healthy metadata tell. */
  readonly facts?: Partial<VolumeFacts>
}

export async function openVolume(
  volume: ForgedVolume,
  image: Uint8Array,
  { question, facts: changes }: Opening = {},
): Promise<Outcome> {
  const source = memorySource(image)
  const { sectorSize, method } = volume
  const block = parseMetadataBlock(volume.image.subarray(volume.metadataOffsets[0]))!
  const facts = { ...readVolumeFacts(block), ...changes }
  const boot = recogniseBootSector(volume.image)!
  const cipher = nodeCrypto.createSectorCipher(method, volume.fvek!, sectorSize)
  const evidence = await surveyConversion({ source, facts, boot, sectorSize, cipher, ...question })
  const plaintext = new Uint8Array(image.length)
  await plainView(source, planVolume(evidence.facts), cipher).read(0, plaintext)
  const undecidable = evidence.findings.filter(({ code }) => code === "storage-undecidable")
  return {
    plaintext,
    codes: evidence.findings.map(({ code }) => code),
    undecidable: undecidable.map((finding) => finding.extent!),
  }
}

/** Sectors that are neither right nor excused, in hex. */
export function wrongSectors(
  expected: Uint8Array,
  { plaintext }: Outcome,
  excused: readonly Extent[],
): string[] {
  const wrong: string[] = []
  for (let at = 0; at < plaintext.length && wrong.length < 8; at += 512) {
    const isSame = Buffer.compare(plaintext.subarray(at, at + 512), expected.subarray(at, at + 512)) === 0
    if (!isSame && !excused.some((e) => contains(e, at))) wrong.push(`0x${at.toString(16)}`)
  }
  return wrong
}

/** A copy with the extents zeroed, or filled with noise. */
export function injured(image: Uint8Array, gone: readonly Extent[], seed?: number): Uint8Array {
  const copy = image.slice()
  for (const { start, length } of gone) {
    copy.set(seed === undefined ? new Uint8Array(length) : randomBytes(length, seed), start)
  }
  return copy
}

export async function expectRightOrListed(
  volume: ForgedVolume,
  gone: readonly Extent[],
  opening: Opening = {},
  seed?: number,
): Promise<Outcome> {
  const outcome = await openVolume(volume, injured(volume.image, gone, seed), opening)
  expect(wrongSectors(volume.expected, outcome, [...gone, ...outcome.undecidable])).toEqual([])
  return outcome
}

/** Bytes. */
export const listed = ({ undecidable }: Outcome): number => totalLength(undecidable)
