/**
 * Whether a key makes sense, before a whole volume is decrypted with it. Here a wrong answer costs much on both sides: hours
 * for a disk full of noise, or the refusal of somebody's only copy. So a key is condemned only when structures that must be
 * there are not, or when nothing in many MiB shows any structure at all.
 */
import {
  type Extent,
  alignDown,
  contains,
  endOf,
  extent,
  extentBetween,
  intersect,
  totalLength,
} from "../extents/extent.ts"
import { type FileSystem, lookAt, surveySkeleton } from "../filesystem/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import { type Proof, type ProofOptions, proveVolume } from "./prove-volume.ts"

/** Structures that have to be wrong, and none right, before they condemn. */
const LEAST_WRONG = 8
/** Bytes that have to look random, and none otherwise, before that condemns. */
const LEAST_RANDOM = 1 << 20
const LOOK = 4096
const PIECE = 65536
/** What is searched for any structure: the start, where the tables of most file systems lie, and pieces of the rest. */
const START = 16 << 20
const MOST_PIECES = 512

/**
 * The verdict `noise` ends a repair; any other lets it go on. Reads a few KiB where the first structures hold, and 50 MiB at
 * most. Sectors that are stored as zeros have to read as zeros here: what an SSD trimmed decrypts to noise with any key.
 * @throws SourceError when the source is gone
 */
export async function judgeKey(source: ByteSource, options: ProofOptions = {}): Promise<Proof> {
  const decrypted = options.decrypted?.length ? options.decrypted : [extent(0, source.size)]
  const proof = await proveVolume(source, options)
  const { verdict, fileSystem } = proof
  if (fileSystem) {
    // Its boot sector came out of the cipher: no wrong key makes one.
    const isBootDecrypted = decrypted.some((e) => contains(e, fileSystem.bootSectorAt))
    return verdict === "proven" || isBootDecrypted
      ? proof
      : judgeByStructures(source, proof, fileSystem, decrypted)
  }
  return verdict === "noise" ? searchForStructure(source, proof, decrypted) : proof
}

/** The boot sector was never encrypted, as that of Windows Vista, but it tells where structures lie that were. */
async function judgeByStructures(
  source: ByteSource,
  proof: Proof,
  fileSystem: FileSystem,
  decrypted: readonly Extent[],
): Promise<Proof> {
  const skeleton = await surveySkeleton(source, fileSystem)
  const structures = (await skeleton?.judge())?.structures ?? []
  const told = structures.filter((structure) =>
    decrypted.some((e) => intersect(e, structure).length === structure.length),
  )
  const right = told.filter(({ outcome }) => outcome === "right").length
  const wrong = told.filter(({ outcome }) => outcome === "wrong").length
  if (right > 0) return { ...proof, verdict: "proven" }
  if (wrong < LEAST_WRONG) return proof.verdict === "noise" ? { ...proof, verdict: "named" } : proof
  // Another format may have left that boot sector, and its own structures where others were, never to be decrypted.
  if ((await findStructure(source, decrypted)).found) return { ...proof, verdict: "named" }
  const sentence = `the boot sector is that of a volume with ${wrong} structures in what was decrypted, and none of them is there`
  return { ...proof, verdict: "noise", sentence }
}

/** Nothing was recognised. One piece of 4 KiB that does not look random is enough to go on. */
async function searchForStructure(
  source: ByteSource,
  proof: Proof,
  decrypted: readonly Extent[],
): Promise<Proof> {
  const { found, random } = await findStructure(source, decrypted)
  if (found) {
    const sentence = "the plaintext has no file system that we know, but is not all noise"
    return { ...proof, verdict: "named", sentence }
  }
  if (random < LEAST_RANDOM) {
    return { ...proof, verdict: "named", sentence: "too little of the plaintext is written to judge it" }
  }
  const sentence = `the plaintext looks like noise: nothing in ${random} bytes of it has any structure`
  return { ...proof, sentence }
}

interface StructureSearch {
  readonly found: boolean
  /** Bytes that look random. */
  readonly random: number
}

async function findStructure(source: ByteSource, decrypted: readonly Extent[]): Promise<StructureSearch> {
  let random = 0
  for (const piece of piecesOf(decrypted)) {
    const { bytes, unreadable } = await readBytes(source, piece.start, piece.length)
    for (let at = 0; at + LOOK <= bytes.length; at += LOOK) {
      if (unreadable.some((e) => intersect(e, extent(piece.start + at, LOOK)).length > 0)) continue
      const look = lookAt(bytes.subarray(at, at + LOOK))
      if (look === "structured") return { found: true, random }
      if (look === "random") random += LOOK
    }
  }
  return { found: false, random }
}

/** The start of what was decrypted, piece by piece, then pieces evenly spread over the rest. None crosses an end. */
function* piecesOf(decrypted: readonly Extent[]): Generator<Extent> {
  const total = totalLength(decrypted)
  const rest = Math.max(0, total - START)
  const step = Math.max(PIECE, alignDown(Math.floor(rest / MOST_PIECES), PIECE))
  let passed = 0
  let next = 0
  for (const part of decrypted) {
    while (next < passed + part.length) {
      const start = part.start + next - passed
      yield extentBetween(start, Math.min(start + PIECE, endOf(part)))
      next += next < START ? PIECE : step
    }
    passed += part.length
    next = Math.max(next, passed)
  }
}
