/**
 * Real volumes made by Windows, outside of this project: `REPAIR_BDE_CORPUS` names their folder. Images are unpacked once,
 * sparse, into the system's temporary folder, and shared by all test files.
 */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from "node:fs"
import { createReadStream } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createGunzip } from "node:zlib"
import { isAllZero } from "../../src/bytes/compare.ts"
import { requirement } from "./requirements.ts"

export interface CorpusEntry {
  readonly name: string
  readonly file: string
  /** Unpacked bytes. */
  readonly size: number
  readonly credentials: {
    readonly password?: string
    readonly recoveryPasswords?: readonly string[]
    /** A file in the corpus folder. */
    readonly startupKey?: string
    readonly clearKey?: boolean
  }
  /** Of the plaintext volume; null where no trustworthy one exists. */
  readonly sha256: string | null
  readonly note?: string
}

const FOLDER = process.env.REPAIR_BDE_CORPUS ?? ""

/** `describe.skipIf(!hasCorpus)` */
export const hasCorpus = requirement(
  "the corpus (REPAIR_BDE_CORPUS)",
  existsSync(join(FOLDER, "corpus.json")),
)

export const corpus: readonly CorpusEntry[] = hasCorpus
  ? (JSON.parse(readFileSync(join(FOLDER, "corpus.json"), "utf8")) as CorpusEntry[])
  : []

export function corpusEntry(name: string): CorpusEntry {
  const entry = corpus.find((one) => one.name === name)
  if (!entry) throw new Error(`no image ${name} in the corpus`)
  return entry
}

/** A file that lies beside the images, such as a `.BEK`. */
export function corpusFile(name: string): string {
  return join(FOLDER, name)
}

/** Path of the unpacked image. */
export async function unpackCorpus(name: string): Promise<string> {
  const { file, size } = corpusEntry(name)
  const folder = join(tmpdir(), "repair-bde-corpus")
  const path = join(folder, `${name}-${size}.img`)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  const partial = `${path}.${process.pid}`
  const handle = openSync(partial, "w")
  let at = 0
  for await (const chunk of createReadStream(join(FOLDER, file)).pipe(createGunzip({ chunkSize: 65_536 }))) {
    const bytes = chunk as Uint8Array
    if (!isAllZero(bytes)) writeSync(handle, bytes, 0, bytes.length, at)
    at += bytes.length
  }
  ftruncateSync(handle, at)
  closeSync(handle)
  // Two workers may unpack at once: whoever is last replaces the same file by the same file.
  renameSync(partial, path)
  return path
}

/** Some bytes of the unpacked image, fewer where it ends. */
export async function readCorpus(name: string, at: number, length: number): Promise<Uint8Array> {
  const handle = openSync(await unpackCorpus(name), "r")
  try {
    const bytes = new Uint8Array(length)
    return bytes.subarray(0, readSync(handle, bytes, 0, length, at))
  } finally {
    closeSync(handle)
  }
}
