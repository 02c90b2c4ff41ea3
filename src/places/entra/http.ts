/**
 * One request over HTTPS and its answer, with bounds: so much time, so many bytes, and never on to another address than the one
 * that was asked, since a token goes with each request.
 */
import { DirectoryError } from "../../errors.ts"
import { concatBytes } from "../../bytes/concat.ts"
import { startDeadline } from "../deadline.ts"
import { malformed, redirected, silent, unreachable } from "./failures.ts"
import type { EntraWorld } from "./world.ts"

export interface HttpRequest {
  readonly method: "GET" | "POST"
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  /** What the answer holds as JSON; `undefined` when it is none. */
  readonly json: unknown
}

/** A page of a list has some hundred kilobytes at most. */
const LARGEST_ANSWER = 1 << 22

/** @throws DirectoryError, and the signal's reason */
export async function request(
  url: URL,
  { method, headers, body }: HttpRequest,
  world: EntraWorld,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const deadline = startDeadline(world.timeoutMs, signal)
  try {
    const answer = await world.fetch(url, {
      method,
      headers: { ...headers },
      ...(body !== undefined && { body }),
      redirect: "manual",
      signal: deadline.signal,
    })
    if (answer.status >= 300 && answer.status < 400) throw redirected(url, answer.headers.get("location"))
    const text = new TextDecoder().decode(await readBody(answer, url))
    return { status: answer.status, headers: answer.headers, json: parseJson(text) }
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    if (cause instanceof DirectoryError) throw cause
    throw deadline.signal.aborted ? silent(url, cause) : unreachable(url, cause)
  } finally {
    deadline.clear()
  }
}

async function readBody({ body }: Response, url: URL): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length
    // Leaving the loop ends the connection.
    if (length > LARGEST_ANSWER) throw malformed(url, `an answer has more than ${LARGEST_ANSWER} bytes`)
    chunks.push(chunk)
  }
  return concatBytes(chunks)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
