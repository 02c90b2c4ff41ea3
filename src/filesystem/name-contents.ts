/**
 * What a source holds, in words, for the sentence "this is not BitLocker but …". At most 1 MiB is read: the structures of
 * known file systems, the marks of the signature table, and samples spread over the source for the rest.
 */
import { extent } from "../extents/extent.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { readBytes } from "../source/read-bytes.ts"
import { nameOf } from "./file-system.ts"
import { recogniseFileSystem } from "./recognise.ts"
import { judgeSamples } from "./samples.ts"
import { HEAD_LENGTH, TAIL_LENGTH, matchSignature } from "./signatures.ts"

/** A noun phrase: `an NTFS volume`, `a LUKS2 container`, `empty (all zeros)`. @throws SourceError when the source is gone. */
export async function nameContents(source: ByteSource): Promise<string> {
  return (await nameStructure(source)) ?? (await nameText(source)) ?? (await describeSamples(source))
}

/** The name of a structure that is there by its own marks; `undefined` when the source shows none that we know. */
export async function nameStructure(source: ByteSource): Promise<string | undefined> {
  const fileSystem = await recogniseFileSystem(source)
  if (fileSystem) return nameOf(fileSystem.type)
  const head = await readBytes(source, 0, HEAD_LENGTH)
  const tail = await readBytes(source, Math.max(0, source.size - TAIL_LENGTH), TAIL_LENGTH)
  return matchSignature(head.bytes, tail.bytes)
}

/** UTF-16 with its byte order mark, or a start without control characters other than tabs and line ends. */
async function nameText(source: ByteSource): Promise<string | undefined> {
  const { bytes } = await readBytes(source, 0, 4096)
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe
  const isPlain = bytes.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d))
  return bytes.length > 0 && (isUtf16 || isPlain) ? "a text file" : undefined
}

async function describeSamples(source: ByteSource): Promise<string> {
  if (source.size === 0) return "empty (no bytes)"
  const { taken, unreadable, zero, repeated, structured } = await judgeSamples(source, [
    extent(0, source.size),
  ])
  if (unreadable === taken) return "unreadable wherever we looked"
  if (zero + unreadable === taken) return "empty (zeros wherever we looked)"
  return structured + repeated > 0
    ? "data of no structure that we know"
    : "data of no structure that we know, like random or encrypted bytes"
}
