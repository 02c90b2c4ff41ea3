/**
 * Key material lives in this one type: it prints as `<redacted>` wherever it is printed by accident, crosses no JSON
 * document, and can be wiped.
 */
import { parseUtf16, serializeUtf16 } from "../bytes/utf16.ts"

const REDACTED = "<redacted>"
/** What Node's `util.inspect` and `console.log` ask for; a well-known name, so no import. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom")

export class Secret {
  readonly #bytes: Uint8Array

  /** Takes the bytes over: the caller keeps no use of them. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** A typed secret, kept as the UTF-16 that the format hashes. */
  static ofText(text: string): Secret {
    return new Secret(serializeUtf16(text))
  }

  get length(): number {
    return this.#bytes.length
  }

  /** The bytes themselves, for a cipher or an export that was asked for. */
  reveal(): Uint8Array {
    return this.#bytes
  }

  /** The text of a secret made by `ofText`. */
  revealText(): string {
    return parseUtf16(this.#bytes)
  }

  wipe(): void {
    this.#bytes.fill(0)
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [INSPECT](): string {
    return REDACTED
  }
}
