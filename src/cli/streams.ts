/**
 * Standard output and standard error as lines, with one status line that gives way to them. A reader that has gone
 * (EPIPE), a full disk behind a redirection or a terminal that hung up never ends a job: the first failure is kept in
 * `lost` and the rest of the text is dropped.
 */

/** What is needed of a Node stream. */
export interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown
}

const ERASE = "\r\u001b[K"

export class Streams {
  readonly #out: Stream
  readonly #err: Stream
  #status = ""
  #isHeld = false
  readonly #failed = new Map<Stream, NodeJS.ErrnoException>()

  constructor(out: Stream, err: Stream) {
    this.#out = out
    this.#err = err
    for (const stream of new Set([out, err])) {
      stream.on("error", (error) => {
        if (!this.#failed.has(stream)) this.#failed.set(stream, error)
      })
    }
  }

  /** Whether a status line can be shown. */
  get isTerminal(): boolean {
    return this.#err.isTTY === true
  }

  /** The result could not be written, for another reason than a reader that had enough. */
  get lost(): NodeJS.ErrnoException | undefined {
    const error = this.#failed.get(this.#out)
    return error?.code === "EPIPE" ? undefined : error
  }

  out(line: string): void {
    this.#line(this.#out, line)
  }

  err(line: string): void {
    this.#line(this.#err, line)
  }

  /** Replaces the status line; an empty one takes it away. */
  status(line: string): void {
    // Some terminals claim to have no columns at all.
    const width = (this.#err.columns || 80) - 1
    const shown = line.length > width ? line.slice(0, width) : line
    if (shown === this.#status || this.#isHeld) return
    this.#status = shown
    this.#write(this.#err, `${ERASE}${shown}`)
  }

  /** The terminal is somebody else's while `act` runs. */
  async withoutStatus<T>(act: () => Promise<T>): Promise<T> {
    this.status("")
    this.#isHeld = true
    try {
      return await act()
    } finally {
      this.#isHeld = false
    }
  }

  #line(stream: Stream, line: string): void {
    const status = this.#status
    if (status) this.#write(this.#err, ERASE)
    this.#write(stream, `${line}\n`)
    if (status) this.#write(this.#err, status)
  }

  #write(stream: Stream, text: string): void {
    if (!this.#failed.has(stream)) stream.write(text)
  }
}
