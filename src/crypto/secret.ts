/**
 * Key material lives in this one type: it prints as `<redacted>` wherever it is printed by accident, crosses no JSON
 * document, and can be wiped.
 */

const REDACTED = "<redacted>"
/** What Node's `util.inspect` and `console.log` ask for; a well-known name, so no import. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom")

export class Secret {
  readonly #bytes: Uint8Array

  /** Takes the bytes over: the caller keeps no use of them. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get length(): number {
    return this.#bytes.length
  }

  /** The bytes themselves, for a cipher or an export that was asked for. */
  reveal(): Uint8Array {
    return this.#bytes
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
