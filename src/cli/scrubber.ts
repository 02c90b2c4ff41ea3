/**
 * Collects the secrets of a run, to cut them out of what is printed when something goes wrong, in each notation in which
 * they may have got into a message that is not ours. It is the net under the rope: our own messages never hold one.
 */
import { Secret } from "../job/requests.ts"

const REDACTED = "<redacted>"
/** A group of a recovery password is a 16-bit number times this: the key behind the digits is as secret as they are. */
const GROUP_FACTOR = 11
/** One that nobody has told of: read in a file a moment ago. */
const RECOVERY_PASSWORD = /\d{6}(?:\D{0,3}\d{6}){7}/g

export class Scrubber {
  readonly #texts = new Set<string>()
  readonly #secrets = new Set<Secret>()
  /** The longest first; absent until something has to be scrubbed, as hardly ever anything has. */
  #patterns: readonly string[] | undefined

  add(secret: string): void {
    this.#texts.add(secret)
    this.#patterns = undefined
  }

  /** Of a typed text or of key bytes: it is taken for both. */
  addSecret(secret: Secret): void {
    this.#secrets.add(secret)
    this.#patterns = undefined
  }

  scrub(text: string): string {
    this.#patterns ??= this.#collectPatterns()
    return this.#patterns
      .reduce((clean, pattern) => clean.replaceAll(pattern, REDACTED), text)
      .replace(RECOVERY_PASSWORD, REDACTED)
  }

  #collectPatterns(): string[] {
    const patterns = new Set<string>()
    for (const text of this.#texts) addText(text, patterns)
    for (const secret of this.#secrets) {
      const bytes = Buffer.from(secret.reveal())
      addBytes(bytes, patterns)
      for (const text of [secret.revealText(), bytes.toString("hex")]) addText(text, patterns)
    }
    patterns.delete("")
    return [...patterns].sort((a, b) => b.length - a.length)
  }
}

function addText(secret: string, patterns: Set<string>): void {
  const groups = secret.match(/\d{6}/g) ?? []
  for (const text of [secret, secret.normalize("NFC"), secret.normalize("NFD"), ...groups, groups.join("")]) {
    patterns.add(text)
    addBytes(Buffer.from(text, "utf8"), patterns)
    addBytes(Buffer.from(text, "utf16le"), patterns)
  }
  addBytes(Buffer.from(Uint16Array.from(groups, (group) => Number(group) / GROUP_FACTOR).buffer), patterns)
}

function addBytes(bytes: Buffer, patterns: Set<string>): void {
  const hex = bytes.toString("hex")
  const base64 = bytes.toString("base64").replace(/=+$/, "")
  const spaced = hex.match(/../g)?.join(" ") ?? ""
  for (const pattern of [
    hex,
    hex.toUpperCase(),
    spaced,
    base64,
    bytes.toString("base64url"),
    bytes.toString("latin1"),
  ]) {
    patterns.add(pattern)
  }
}
