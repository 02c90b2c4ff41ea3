/**
 * Collects the secrets of a run, to cut them out of what is printed when something goes wrong, in each notation in which
 * they may have got into a message that is not ours. It is the net under the rope: our own messages never hold one.
 */

const REDACTED = "<redacted>"
/** A group of a recovery password is a 16-bit number times this: the key behind the digits is as secret as they are. */
const GROUP_FACTOR = 11

export class Scrubber {
  readonly #patterns = new Set<string>()

  add(secret: string): void {
    const groups = secret.match(/\d{6}/g) ?? []
    for (const text of [
      secret,
      secret.normalize("NFC"),
      secret.normalize("NFD"),
      ...groups,
      groups.join(""),
    ]) {
      this.#patterns.add(text)
      this.#addBytes(Buffer.from(text, "utf8"))
      this.#addBytes(Buffer.from(text, "utf16le"))
    }
    this.#addBytes(Buffer.from(Uint16Array.from(groups, (group) => Number(group) / GROUP_FACTOR).buffer))
  }

  scrub(text: string): string {
    this.#patterns.delete("")
    const longestFirst = [...this.#patterns].sort((a, b) => b.length - a.length)
    return longestFirst.reduce((clean, pattern) => clean.replaceAll(pattern, REDACTED), text)
  }

  #addBytes(bytes: Buffer): void {
    const hex = bytes.toString("hex")
    const base64 = bytes.toString("base64").replace(/=+$/, "")
    const spaced = hex.match(/../g)?.join(" ") ?? ""
    const patterns = [
      hex,
      hex.toUpperCase(),
      spaced,
      base64,
      bytes.toString("base64url"),
      bytes.toString("latin1"),
    ]
    for (const pattern of patterns) this.#patterns.add(pattern)
  }
}
