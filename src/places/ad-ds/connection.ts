/**
 * One conversation with a directory over an encrypted socket: log in, search, leave. One request at a time; whoever is at the
 * other end is allowed so much time, so many bytes and so many entries, and no more.
 */
import type { TLSSocket } from "node:tls"
import { concatBytes } from "../../bytes/concat.ts"
import { DirectoryError } from "../../errors.ts"
import { OutOfTime } from "../deadline.ts"
import { MalformedAnswer, messageLength } from "./ber.ts"
import {
  type Answer,
  type Entry,
  type Message,
  type Result,
  type Search,
  bindRequest,
  parseMessage,
  searchRequest,
  unbindRequest,
} from "./messages.ts"

/** An entry has some hundred bytes; the attributes are ours to choose. */
const LARGEST_MESSAGE = 1 << 18
const MOST_BYTES = 1 << 26
/** Active Directory gives 1000 at once; fewer at a time come sooner. */
const PAGE_SIZE = 200
/** Pages may be empty, and their row must end all the same. */
const MOST_PAGES = 200
const SUCCESS = 0
/** Of one search. A directory of a hundred thousand computers is searched by name. */
export const MOST_ENTRIES = 2000

export type Hit =
  | { readonly kind: "entry"; readonly entry: Entry }
  /** Other servers hold more: not asked, since it is for the person to say whom a password is sent to. */
  | { readonly kind: "reference"; readonly urls: readonly string[] }
  /** There is more, beyond what one search may bring. */
  | { readonly kind: "cut" }

export class Connection {
  readonly #socket: TLSSocket
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #timeoutMs: number
  #received: Uint8Array = new Uint8Array(0)
  #byteCount = 0
  #lastId = 0

  /** Takes the socket over. @param signal ends everything, with its reason */
  constructor(socket: TLSSocket, timeoutMs: number, signal: AbortSignal) {
    this.#socket = socket
    this.#timeoutMs = timeoutMs
    this.#chunks = (socket as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
    socket.setTimeout(timeoutMs, () => socket.destroy(new OutOfTime(`nothing within ${timeoutMs} ms`)))
    const abort = () => socket.destroy(signal.reason as Error)
    signal.addEventListener("abort", abort, { once: true })
    socket.once("close", () => signal.removeEventListener("abort", abort))
    if (signal.aborted) abort()
  }

  /** @param password not empty: servers take a login without one for an anonymous one, and let it pass (RFC 4513 section 5.1.2) */
  async bind(user: string, password: Uint8Array): Promise<Result> {
    const request = bindRequest(++this.#lastId, user, password)
    this.#socket.write(request, () => request.fill(0))
    const answer = await this.#answer()
    if (answer.kind !== "bind") throw new MalformedAnswer("something else than the login was answered")
    return answer
  }

  /** Page after page. @returns what the server says at the end; success too where it was cut */
  async *search(search: Search): AsyncGenerator<Hit, Result> {
    let cookie: Uint8Array = new Uint8Array(0)
    let entries = 0
    for (let page = 0; page < MOST_PAGES; page++) {
      const timeLimitSeconds = Math.ceil(this.#timeoutMs / 1000)
      const limits = { size: PAGE_SIZE, cookie, sizeLimit: search.sizeLimit ?? 0, timeLimitSeconds }
      this.#socket.write(searchRequest(++this.#lastId, search, limits))
      for (;;) {
        const answer = await this.#answer()
        if (answer.kind === "done") {
          if (answer.code !== SUCCESS || !answer.cookie) return answer
          cookie = answer.cookie
          break
        }
        if (answer.kind !== "entry" && answer.kind !== "reference") {
          throw new MalformedAnswer("something else than the search was answered")
        }
        if (++entries > MOST_ENTRIES) return yield* cut()
        yield answer
      }
    }
    return yield* cut()
  }

  /** Says farewell where that is still possible; never throws. */
  close(): void {
    if (this.#socket.writable) this.#socket.write(unbindRequest(++this.#lastId))
    this.#socket.destroySoon()
  }

  /** To the last request. */
  async #answer(): Promise<Answer> {
    for (;;) {
      const { id, answer } = await this.#message()
      if (id === this.#lastId) return answer
      if (id === 0 && answer.kind === "extended") throw disconnected(answer)
      // The rest of a search that was not followed to its end is let pass.
      if (id < 1 || id > this.#lastId) throw new MalformedAnswer("a request was answered that nobody made")
    }
  }

  async #message(): Promise<Message> {
    for (;;) {
      const length = messageLength(this.#received, LARGEST_MESSAGE)
      if (length !== undefined && length <= this.#received.length) {
        const bytes = this.#received.subarray(0, length)
        this.#received = this.#received.subarray(length)
        return parseMessage(bytes)
      }
      const { value, done } = await this.#chunks.next()
      if (done) throw new Error("the server closed the connection")
      this.#byteCount += value.length
      if (this.#byteCount > MOST_BYTES)
        throw new MalformedAnswer(`the answer has more than ${MOST_BYTES} bytes`)
      this.#received = concatBytes([this.#received, value])
    }
  }
}

function* cut(): Generator<Hit, Result> {
  yield { kind: "cut" }
  return { code: SUCCESS, diagnostic: "" }
}

/** RFC 4511 section 4.4.1. */
function disconnected({ code, diagnostic }: Result): DirectoryError {
  return new DirectoryError(
    "directory-refused",
    `the directory ends the conversation with LDAP result ${code}`,
    {
      data: { result: code, ...(diagnostic && { diagnostic }) },
      next: ["try another domain controller"],
    },
  )
}
