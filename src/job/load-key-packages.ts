/** From the paths of `-kp` to key packages that can be matched: files of any encoding, our key backups, or folders of them. */
import { createReadStream } from "node:fs"
import { readdir, stat } from "node:fs/promises"
import { basename, join } from "node:path"
import { CredentialError } from "../errors.ts"
import { concatBytes } from "../bytes/concat.ts"
import { decodeText } from "../bytes/decode-text.ts"
import { nodeCrypto } from "../crypto/node.ts"
import {
  DatumType,
  type KeyBackup,
  type KeyPackage,
  isKeyBackup,
  parseKeyBackup,
  parseDataset,
  parseKeyPackages,
} from "../fve/index.ts"
import { openKeyBackup, packagesOfBackup } from "./open-key-backup.ts"

export interface LoadedKeyPackage extends KeyPackage {
  /** The file. */
  readonly path: string
  /** That it came out of: it knows where the volume lies, and what its head was. */
  readonly backup?: KeyBackup
}

/** A key package has some hundred bytes; an export of a whole directory holds thousands. */
const LARGEST_FILE = 16 << 20
/** In a folder any file may be a key package, so the large ones are not even read. */
const LARGEST_FILE_IN_FOLDER = 1 << 20

/**
 * @param inputs paths, and packages that were loaded before
 * @throws CredentialError for a file that holds no key package, and a folder in which no file does
 */
export async function loadKeyPackages(
  inputs: readonly (string | LoadedKeyPackage)[],
): Promise<LoadedKeyPackage[]> {
  const loaded: LoadedKeyPackage[] = []
  for (const input of inputs) loaded.push(...(typeof input === "string" ? await loadPath(input) : [input]))
  return loaded
}

async function loadPath(path: string): Promise<LoadedKeyPackage[]> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause)
  })
  if (facts.isDirectory()) return loadFolder(path)
  const bytes = await readUpTo(path, LARGEST_FILE + 1).catch((cause: unknown) => {
    throw unreadable(path, cause)
  })
  if (bytes.length > LARGEST_FILE) throw tooLarge(path)
  if (isKeyBackup(bytes)) return packagesOfBackup(openKeyBackup(bytes, path, nodeCrypto.sha256), path)
  const packages = parseKeyPackages(bytes)
  if (packages.length === 0) throw malformed(path, bytes)
  return packages.map((found) => ({ ...found, path }))
}

async function loadFolder(folder: string): Promise<LoadedKeyPackage[]> {
  const entries = await readdir(folder).catch((cause: unknown) => {
    throw unreadable(folder, cause)
  })
  const paths = entries.sort().map((name) => join(folder, name))
  const loaded: LoadedKeyPackage[] = []
  for (const path of paths) loaded.push(...(await tryFile(path)))
  if (loaded.length > 0) return loaded
  throw new CredentialError("key-package-not-found", `no file in the folder ${folder} holds a key package`, {
    next: ["name the file itself: in a folder, files of more than 1 MiB are left out", ...WHERE_TO_LOOK],
    data: { path: folder, files: entries.length },
  })
}

/** What is no key package does not hide those beside it. */
async function tryFile(path: string): Promise<LoadedKeyPackage[]> {
  const facts = await stat(path).catch(() => undefined)
  if (!facts?.isFile() || facts.size > LARGEST_FILE_IN_FOLDER) return []
  const bytes = await readUpTo(path, LARGEST_FILE_IN_FOLDER).catch(() => new Uint8Array(0))
  if (!isKeyBackup(bytes)) return parseKeyPackages(bytes).map((found) => ({ ...found, path }))
  const backup = parseKeyBackup(bytes, nodeCrypto.sha256)
  return typeof backup === "string" ? [] : packagesOfBackup(backup, path)
}

/** Pipes and devices have a size only once they were read, and may have no end. */
async function readUpTo(path: string, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of createReadStream(path, { end: length - 1 })) chunks.push(chunk as Uint8Array)
  return concatBytes(chunks)
}

const WHERE_TO_LOOK = [
  "a key package is saved as `BitLocker Key Package {…}.KPG`, or kept in AD DS as msFVE-KeyPackage",
]

function unreadable(path: string, cause: unknown): CredentialError {
  return new CredentialError("key-package-unreadable", `cannot read the key package ${path}`, {
    next: ["check its path, and that you may read it"],
    data: { path },
    cause,
  })
}

function tooLarge(path: string): CredentialError {
  const message = `${path} is too large for a key package: more than ${LARGEST_FILE} bytes`
  return new CredentialError("key-package-too-large", message, {
    next: ["name the file that holds the key package itself", "export only the entries of this computer"],
    data: { path, limit: LARGEST_FILE },
  })
}

interface Sighting {
  /** Completes the sentence "the file … holds no key package: it …". */
  readonly is: string
  readonly next: string
}

function malformed(path: string, bytes: Uint8Array): CredentialError {
  const { is, next } = describeContents(bytes)
  const protectorId = PROTECTOR_ID.exec(basename(path))?.[1]?.toUpperCase()
  const named = protectorId
    ? [`by its name it is of the key protector ${protectorId}: the same package may be elsewhere, whole`]
    : []
  return new CredentialError("key-package-malformed", `${path} holds no key package: ${is}`, {
    next: [next, ...named, ...WHERE_TO_LOOK],
    data: { path, size: bytes.length, ...(protectorId && { protectorId }) },
  })
}

/** Windows names the file after the key protector. */
const PROTECTOR_ID = /Key Package \{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?/i
/** As much as tells what a text is. */
const SAMPLE_LENGTH = 1 << 16
const RECOVERY_PASSWORD = /(?<!\d)\d{6}(?:\D{0,3}\d{6}){7}(?!\d)/
/** PowerShell prints the first four bytes of a list and dots. */
const SHORTENED_LIST = /\{\s*\d+(?:,\s*\d+)*\s*(?:\.\.\.|\u2026)\s*\}/

function describeContents(bytes: Uint8Array): Sighting {
  if (bytes.length === 0) return { is: "it is empty", next: "give the file as it was saved" }
  const datums = parseDataset(bytes, 0, bytes.length, [])?.datums ?? []
  if (datums.some(({ type }) => type === DatumType.externalInfo)) {
    return { is: "it is a startup key", next: "give it with --recovery-key" }
  }
  const { text } = decodeText(bytes.subarray(0, SAMPLE_LENGTH))
  if (RECOVERY_PASSWORD.test(text)) {
    return { is: "it is a text with a recovery password", next: "give it with --credentials-file" }
  }
  if (SHORTENED_LIST.test(text)) {
    const next = "set $FormatEnumerationLimit = -1 in PowerShell, and print the attribute again"
    return { is: "PowerShell left out most of its bytes", next }
  }
  const is = `no reading of its ${bytes.length} bytes has a key protector or an FVEK`
  return { is, next: "give the file as it was saved: a copy through an editor or a mail may have changed it" }
}
