/**
 * The geometry of a volume of which nothing is left but its key (a key package, or a raw FVEK) and its ciphertext: method,
 * sector size, start, where the head is kept, what else reads as zeros. Everything found carries its evidence; where the
 * data allow two answers, both come out, the better one first, and where they allow none, nothing does.
 *
 * Four steps: samples tell which reading of the key, which sector size and which start turn ciphertext into something; then
 * boot sectors are looked for everywhere, encrypted for the place where they lie; each that is found is put in front of the
 * volume and judged by the file system that is then there; and last what lies around it tells the rest.
 */
import type { Crypto } from "../crypto/crypto.ts"
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import { methodFacts } from "../crypto/method.ts"
import { type Extent, extent, extentBetween, hex } from "../extents/extent.ts"
import { type FileSystem, nameOf } from "../filesystem/index.ts"
import { type BootLayout, type VolumeKeys, recogniseBootSector } from "../fve/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import { findDiscoveryHead, readDiscovery } from "./search-geometry-discovery.ts"
import { takeSamples } from "./search-geometry-evidence.ts"
import {
  type HeadCandidate,
  type HeadQuestion,
  NTFS_HEAD,
  findHeads,
  isBeyondDoubt,
  isThere,
  judgeHead,
  usualHeadPlaces,
} from "./search-geometry-head.ts"
import { findMetadataAreas } from "./search-geometry-metadata.ts"
import { type Hypothesis, type Reading, findStart, rankReadings } from "./search-geometry-start.ts"
import { volumeAt } from "./search-geometry-view.ts"
import { findVista } from "./search-geometry-vista.ts"

export interface GeometryQuestion {
  /** The volume as stored; or, with an unknown start, the disk. */
  readonly source: ByteSource
  /** The FVEK, in every way in which its bytes can be meant. */
  readonly readings: readonly VolumeKeys[]
  readonly crypto: Pick<Crypto, "createSectorCipher">
  readonly known?: KnownGeometry
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/** What does not have to be looked for. Positions of the volume's own parts count from its first byte. */
export interface KnownGeometry {
  readonly sectorSize?: number | undefined
  /** Position of the volume's first byte in the source, negative when the source begins later. 0: the source is the volume. */
  readonly volumeStart?: number | undefined
  /** Places where the volume may start, of partition tables and the like; asked when `volumeStart` is not given. */
  readonly starts?: readonly number[] | undefined
  readonly volumeSize?: number | undefined
  readonly headBackup?: number | undefined
  readonly metadataOffsets?: readonly number[] | undefined
  readonly layout?: BootLayout | undefined
}

/** `proven`: it cannot be chance. `likely`: all that was seen agrees. `assumed`: nothing speaks against it. */
export type Confidence = "proven" | "likely" | "assumed"

export interface Found<T> {
  readonly value: T
  readonly confidence: Confidence
  /** One sentence for a person. */
  readonly evidence: string
}

export interface FoundGeometry {
  readonly keys: Found<VolumeKeys>
  readonly sectorSize: Found<number>
  readonly volumeStart: Found<number>
  readonly volumeSize: Found<number>
  readonly layout: Found<BootLayout>
  /** Absent when it was not found: then the head is lost, or, in Windows Vista, in place. */
  readonly headBackup?: Found<Extent>
  readonly headLength: Found<number>
  /** Sectors of which nobody knows whether they belong to the head. */
  readonly doubtful: readonly Extent[]
  /** Places that are known to hold metadata: a reader of the volume sees zeros. */
  readonly metadataOffsets: Found<readonly number[]>
  /** Windows Vista: the field of the boot sector that BitLocker changed. */
  readonly mftMirrorLcn?: Found<bigint>
  readonly fileSystem?: FileSystem
}

/** @returns the geometries that the data allow, the best first; none when the key decrypts nothing here */
export async function searchGeometry(question: GeometryQuestion): Promise<FoundGeometry[]> {
  const { known = {}, signal } = question
  const readings = readingsOf(question)
  const [best, ...others] = await findHypotheses(question, readings)
  if (!best) return byHeadAlone(question, readings)
  const found: FoundGeometry[] = []
  for (const hypothesis of [best, ...others.filter((other) => isRival(best, other))]) {
    found.push(...(await geometriesOf(question, known, hypothesis, signal)))
  }
  return found
}

/**
 * Whether the keys make something of the volume: of the head in the place where it is said to be kept, which is one look, or
 * of samples of it. No search: of a volume on which nothing is written it says no.
 */
export async function keysFit(question: GeometryQuestion): Promise<boolean> {
  const { source, known = {} } = question
  const readings = readingsOf(question)
  const heads = headQuestion(question, source, readings, undefined)
  for (const cipher of known.headBackup === undefined ? [] : heads.ciphers) {
    const head = await judgeHead(heads, cipher, known.headBackup!)
    if (head && !head.isPlain && isThere(head)) return true
  }
  return (await findHypotheses(question, readings)).length > 0
}

/** Two readings that explain the samples equally well. */
function isRival(best: Hypothesis, other: Hypothesis): boolean {
  return other.keys !== best.keys && other.evidence.bits >= best.evidence.bits / 2
}

const SAMPLES = 128
const SECTOR_SIZES = [512, 4096]

function readingsOf({ readings, crypto, known = {} }: GeometryQuestion): Reading[] {
  const sizes = known.sectorSize ? [known.sectorSize] : SECTOR_SIZES
  return readings.flatMap((keys) =>
    sizes.map((sectorSize): Reading => ({ keys, sectorSize, cipher: cipherFor(crypto, keys, sectorSize) })),
  )
}

async function findHypotheses(
  { source, known = {}, signal }: GeometryQuestion,
  all: readonly Reading[],
): Promise<Hypothesis[]> {
  const start = known.volumeStart
  const within = extentBetween(Math.max(0, start ?? 0), source.size)
  const samples = await takeSamples(source, within, SAMPLES, signal)
  if (start !== undefined) return rankReadings(all, samples, start)
  return findStart(all, samples, known.starts ?? [], source.size, () => breathe(signal))
}

function cipherFor(
  crypto: GeometryQuestion["crypto"],
  { method, fvek }: VolumeKeys,
  sectorSize: number,
): SectorCipher {
  return crypto.createSectorCipher(method, fvek.reveal(), sectorSize)
}

/** Lets others work between long computations. */
async function breathe(signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  await new Promise((resolve) => setTimeout(resolve, 0))
}

async function geometriesOf(
  question: GeometryQuestion,
  known: KnownGeometry,
  hypothesis: Hypothesis,
  signal: AbortSignal | undefined,
): Promise<FoundGeometry[]> {
  const { source: disk } = question
  const { start, sectorSize, cipher } = hypothesis
  const size = known.volumeSize ?? disk.size - start
  const volume = volumeAt(disk, start, size, sectorSize)
  const base = describeHypothesis(hypothesis, known, size)
  const vista =
    known.layout === undefined || known.layout === "vista"
      ? await findVista(volume, cipher, known, signal)
      : undefined
  if (vista) return [{ ...base, ...vista }]

  const discovery = await readDiscovery(volume, signal)
  const toGo = discovery && (await findDiscoveryHead(volume, cipher, discovery, signal))
  const heads = await searchHeads(
    headQuestion(question, volume, [hypothesis], toGo?.length),
    known.headBackup,
  )
  const choices = choose(heads)
  if (choices.length === 0) return [await withoutHead(volume, base, known, cipher, toGo)]
  return Promise.all(choices.map((head) => withHead(volume, base, known, head, choices.length > 1, cipher)))
}

function headQuestion(
  { crypto, known = {}, signal, onProgress }: GeometryQuestion,
  volume: ByteSource,
  readings: readonly Reading[],
  headLength: number | undefined,
): HeadQuestion {
  const keysOf = (cipher: SectorCipher): VolumeKeys =>
    readings.find((reading) => reading.cipher.method === cipher.method)!.keys
  return {
    source: volume,
    ciphers: readings.map(({ cipher }) => cipher),
    resized: (cipher, sectorSize) => cipherFor(crypto, keysOf(cipher), sectorSize),
    headLength,
    isSizeKnown: known.volumeSize !== undefined || known.volumeStart !== undefined,
    usual: usualHeadPlaces(volume.size, known.metadataOffsets ?? []),
    skipped: extent(0, headLength ?? volume.sectorSize),
    signal,
    onProgress,
  }
}

/**
 * Where no sample says anything (next to nothing is written on the volume, or everything is compressed), a boot sector that
 * decrypts, with what it points to, says all at once.
 */
async function byHeadAlone(
  question: GeometryQuestion,
  readings: readonly Reading[],
): Promise<FoundGeometry[]> {
  const { source: disk, known = {} } = question
  const start = known.volumeStart ?? known.starts?.[0] ?? 0
  const size = known.volumeSize ?? disk.size - start
  const volume = volumeAt(disk, start, size)
  const heads = await searchHeads(headQuestion(question, volume, readings, undefined), known.headBackup)
  const choices = choose(heads.filter(({ isPlain }) => !isPlain))
  return Promise.all(
    choices.map((head) => {
      const { keys } = readings.find(({ cipher }) => cipher.method === head.cipher.method)!
      const evidence = { bits: 0, fits: 0, misfits: 0 }
      const hypothesis = { keys, start, sectorSize: head.cipher.sectorSize, cipher: head.cipher, evidence }
      const base = describeHypothesis(hypothesis, known, size)
      return withHead(volume, base, known, head, choices.length > 1, head.cipher)
    }),
  )
}

async function searchHeads(question: HeadQuestion, known: number | undefined): Promise<HeadCandidate[]> {
  for (const cipher of known === undefined ? [] : question.ciphers) {
    const there = await judgeHead(question, cipher, known!)
    if (there && isThere(there)) return [there]
  }
  return findHeads(question)
}

/** One that is beyond doubt; else all of the best kind. Copies behind the end of NTFS are no heads. */
function choose(heads: readonly HeadCandidate[]): HeadCandidate[] {
  const own = heads.filter((head) => !head.isCopy && isThere(head))
  const sure = own.filter(isBeyondDoubt)
  if (sure.length === 1) return sure
  const [best] = own
  return own.filter(
    (other) =>
      other.confirmed === best?.confirmed &&
      other.fitsSize === best.fitsSize &&
      other.hasBootCode === best.hasBootCode,
  )
}

type Base = Pick<FoundGeometry, "keys" | "sectorSize" | "volumeStart" | "volumeSize">

function describeHypothesis(
  { keys, start, sectorSize, evidence }: Hypothesis,
  known: KnownGeometry,
  size: number,
): Base {
  const { name } = methodFacts(keys.method)
  const seen = evidence.fits > 0 ? `${evidence.fits} of the samples have structure` : "a boot sector is there"
  return {
    keys: { value: keys, confidence: "proven", evidence: `decrypted as ${name}, ${seen}` },
    sectorSize: {
      value: sectorSize,
      confidence: known.sectorSize === undefined ? "likely" : "proven",
      evidence: known.sectorSize === undefined ? `with sectors of ${sectorSize} bytes ${seen}` : "given",
    },
    volumeStart: {
      value: start,
      confidence: "proven",
      evidence:
        known.volumeStart === undefined
          ? `the sectors decrypt as those of a volume that starts at ${hex(start)}`
          : "given, and confirmed by what decrypts there",
    },
    volumeSize: {
      value: size,
      confidence: known.volumeSize === undefined ? "assumed" : "proven",
      evidence: known.volumeSize === undefined ? "up to the end of the source" : "given",
    },
  }
}

async function withHead(
  volume: ByteSource,
  base: Base,
  known: KnownGeometry,
  { at, cipher, fileSystem, confirmed, fitsSize, hasBootCode }: HeadCandidate,
  isRivalled: boolean,
  searched: SectorCipher,
): Promise<FoundGeometry> {
  const isFat = fileSystem.type !== "ntfs" && fileSystem.type !== "refs"
  const discovery = isFat ? await readDiscovery(volume) : undefined
  const toGo = isFat ? await findDiscoveryHead(volume, cipher, discovery) : undefined
  const length = toGo?.length ?? NTFS_HEAD
  const what = `${nameOf(fileSystem.type)} of ${fileSystem.sizeBytes} bytes`
  const metadata = await findMetadataAreas(
    volume,
    cipher,
    known.metadataOffsets ?? [],
    extent(at, length),
    isFat,
  )
  const confidence = isRivalled ? "assumed" : fitsSize ? "proven" : "likely"
  return {
    ...base,
    volumeSize: sizeOf(base, known, fileSystem),
    sectorSize: {
      value: cipher.sectorSize,
      confidence: "proven",
      evidence: `the boot sector in the head says so${cipher === searched ? "" : ", in which plain AES-CBC reads alike with both sizes"}`,
    },
    layout: {
      value: isFat ? "to-go" : (known.layout ?? "windows7"),
      confidence: isFat || known.layout ? "proven" : "likely",
      evidence: isFat
        ? "FAT and exFAT are always behind a discovery volume"
        : `${nameOf(fileSystem.type)} with a head kept elsewhere`,
    },
    headBackup: {
      value: extent(at, length),
      confidence,
      evidence: `${what} begins at ${hex(at)}: ${confirmed} of its structures are where it says${fitsSize ? ", and it ends where the volume does" : ""}${hasBootCode ? ", and its boot program follows" : ""}`,
    },
    headLength: toGo
      ? { value: length, confidence: toGo.confidence, evidence: toGo.evidence }
      : { value: length, confidence: "proven", evidence: "that of NTFS and ReFS is always so long" },
    doubtful: toGo && toGo.doubtful.length > 0 ? [toGo.doubtful] : [],
    metadataOffsets: metadata,
    fileSystem,
  }
}

/** A disk goes on behind the volume; NTFS has its copy of the boot sector in one sector more than it counts. */
function sizeOf(
  { volumeStart, volumeSize }: Base,
  known: KnownGeometry,
  { type, sizeBytes, sectorSize }: FileSystem,
): Found<number> {
  const isGiven = known.volumeSize !== undefined || known.volumeStart !== undefined
  const own = sizeBytes + (type === "ntfs" ? sectorSize : 0)
  if (isGiven || own > volumeSize.value) return volumeSize
  return {
    value: own,
    confidence: "likely",
    evidence: `${nameOf(type)} that starts at ${hex(Math.max(0, volumeStart.value))} has that size`,
  }
}

async function withoutHead(
  volume: ByteSource,
  base: Base,
  known: KnownGeometry,
  cipher: SectorCipher,
  toGo: { length: number; confidence: Confidence; evidence: string; doubtful: Extent } | undefined,
): Promise<FoundGeometry> {
  const length = toGo?.length ?? NTFS_HEAD
  const layout = toGo
    ? "to-go"
    : (known.layout ?? recogniseLayout((await readBytes(volume, 0, 512)).bytes) ?? "windows7")
  return {
    ...base,
    layout: {
      value: layout,
      confidence: toGo ? "proven" : "likely",
      evidence: toGo
        ? "a discovery volume is in front"
        : "neither a discovery volume nor Windows Vista's plain head is there",
    },
    headLength: toGo
      ? { value: length, confidence: toGo.confidence, evidence: toGo.evidence }
      : { value: length, confidence: "assumed", evidence: "that of NTFS and ReFS is always so long" },
    doubtful: toGo && toGo.doubtful.length > 0 ? [toGo.doubtful] : [],
    metadataOffsets: await findMetadataAreas(
      volume,
      cipher,
      known.metadataOffsets ?? [],
      undefined,
      toGo !== undefined,
    ),
  }
}

const recogniseLayout = (sector: Uint8Array): BootLayout | undefined => recogniseBootSector(sector)?.layout
