/**
 * The undo file: a patch as text, saved before its first byte is written (`docs/format/undo-file.md`). Its last line is the
 * SHA-256 of everything before it, so a file that was cut or altered is never used. Parsing is total, and even a file with
 * a right sum is looked at field by field: it says where to write.
 */
import { fromHex, toHex } from "../bytes/hex.ts"
import { isGuid } from "../bytes/guid.ts"
import { parseSummedText, serializeSummedText, type SummedTextFault } from "../bytes/summed-text.ts"
import type { Crypto } from "../crypto/crypto.ts"
import type { Edit, Patch, PatchIdentity } from "../fve/index.ts"

export interface UndoFile {
  readonly patch: Patch
  /** The input as it was named then, for people: drives change their names. */
  readonly input: string
  readonly created: Date
}

/** A patch as it was read back from its undo file, which is on its medium: nothing else is ever applied. */
export interface SavedUndo {
  readonly path: string
  readonly patch: Patch
}

/** `foreign`: no undo file at all. `newer`: of a later version. `wrong`: the sum is right, and what it says cannot be. */
export type UndoFault = SummedTextFault | "wrong"

const FORM = { signature: "repair-bde undo file, version ", version: 1 }

export function serializeUndoFile({ patch, input, created }: UndoFile, sha256: Crypto["sha256"]): Uint8Array {
  const { identity, edits } = patch
  const content = {
    created: created.toISOString(),
    input,
    identity,
    edits: edits.map(({ at, what, before, after }) => ({
      ...{ what, at, length: after.length },
      ...{ before: toHex(before), after: toHex(after) },
    })),
  }
  return serializeSummedText(FORM, content, sha256)
}

export function parseUndoFile(file: Uint8Array, sha256: Crypto["sha256"]): UndoFile | UndoFault {
  const parsed = parseSummedText(FORM, file, sha256)
  return typeof parsed === "string" ? parsed : (readContent(readObject(parsed.content)) ?? "wrong")
}

/** `undefined` when any of it cannot be. */
function readContent(content: Fields | undefined): UndoFile | undefined {
  const identity = readIdentity(readObject(content?.identity))
  if (!content || !identity || !Array.isArray(content.edits)) return undefined
  const edits = content.edits.map((edit: unknown) => readEdit(readObject(edit), identity))
  const created = new Date(String(content.created))
  const { input } = content
  if (typeof input !== "string" || Number.isNaN(created.getTime())) return undefined
  const known = edits.filter((edit) => edit !== undefined)
  if (known.length < edits.length || shareSectors(known)) return undefined
  return { patch: { identity, edits: known }, input, created }
}

type Fields = Readonly<Record<string, unknown>>

function readObject(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null ? (value as Fields) : undefined
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function readIdentity(fields: Fields | undefined): PatchIdentity | undefined {
  const { volumeId, keyIds, sourceSize, sectorSize, volumeOffset } = fields ?? {}
  if (typeof volumeId !== "string" || !isGuid(volumeId) || !Array.isArray(keyIds)) return undefined
  if (!keyIds.every((id): id is string => typeof id === "string" && isGuid(id))) return undefined
  if (!isCount(sourceSize) || !isCount(sectorSize) || sectorSize === 0) return undefined
  if (!Number.isSafeInteger(volumeOffset)) return undefined
  return { volumeId, keyIds, sourceSize, sectorSize, volumeOffset: volumeOffset as number }
}

function readEdit(fields: Fields | undefined, { sectorSize, sourceSize }: PatchIdentity): Edit | undefined {
  const { what, at, length, before, after } = fields ?? {}
  if (typeof what !== "string" || typeof before !== "string" || typeof after !== "string") return undefined
  if (!isCount(at) || !isCount(length) || length === 0) return undefined
  if (at % sectorSize !== 0 || length % sectorSize !== 0 || at + length > sourceSize) return undefined
  const bytes = [fromHex(before), fromHex(after)]
  if (bytes.some((one) => one?.length !== length)) return undefined
  return { what, at, before: bytes[0]!, after: bytes[1]! }
}

function shareSectors(edits: readonly Edit[]): boolean {
  const sorted = [...edits].sort((a, b) => a.at - b.at)
  return sorted.some(({ at, after }, i) => at + after.length > (sorted[i + 1]?.at ?? Infinity))
}
