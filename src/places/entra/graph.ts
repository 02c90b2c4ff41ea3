/**
 * The recovery keys of Microsoft Graph v1.0 (`informationProtection/bitlocker/recoveryKeys`). Listing and looking up show no keys;
 * reading one with `$select=key` does, and the organisation's audit log keeps that it was read, by whom and when.
 *
 * Unconfirmed: all of this is after Microsoft's documentation, and was never tried against the service itself. Where its
 * examples and its schema disagree (an object, or the object within `value`), both are taken.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { DirectoryError } from "../../errors.ts"
import { isGuid } from "../../bytes/guid.ts"
import type { Secret } from "../../crypto/secret.ts"
import type { PlaceContext } from "../place.ts"
import { malformed, noRight, refused, throttled, tokenRefused } from "./failures.ts"
import { type HttpAnswer, request } from "./http.ts"
import type { EntraWorld } from "./world.ts"

export interface RecoveryKey {
  /** The key ID: the GUID of the key protector; upper case. */
  readonly id: string
  readonly deviceId?: string
  readonly created?: Date
  /** "operating system volume"; the service counts them. */
  readonly volume?: string
}

const KEYS_PATH = "/v1.0/informationProtection/bitlocker/recoveryKeys"
const MOST_PAGES = 200
const LONGEST_LINK = 8192
const MOST_TRIES = 5
const FIRST_WAIT_MS = 1000
/** A shorter wait is nothing that anybody has to hear of. */
const LONG_WAIT_MS = 2000

const OK = 200
const UNAUTHORIZED = 401
const FORBIDDEN = 403
const NOT_FOUND = 404
/** Microsoft's documentation of throttling: too many requests, and a service that is busy. */
const BUSY: ReadonlySet<number> = new Set([429, 503, 504])

export class Graph {
  readonly #origin: string
  readonly #token: Secret
  readonly #world: EntraWorld
  readonly #context: PlaceContext
  #waitedMs = 0

  constructor(origin: string, token: Secret, world: EntraWorld, context: PlaceContext) {
    this.#origin = origin
    this.#token = token
    this.#world = world
    this.#context = context
  }

  /** Of one device, or of the organisation. Writes nothing into the audit log. */
  async *list(device?: string): AsyncGenerator<RecoveryKey> {
    const first = this.#address("")
    if (device !== undefined) first.searchParams.set("$filter", `deviceId eq '${device}'`)
    const seen = new Set<string>()
    let url: URL | undefined = first
    while (url) {
      if (seen.has(url.href)) throw malformed(url, "the pages of a list lead in a circle")
      if (seen.size === MOST_PAGES) throw malformed(url, `a list has more than ${MOST_PAGES} pages`)
      seen.add(url.href)
      const answer = await this.#get(url)
      if (answer.status !== OK) throw this.#refusal(answer)
      const { value, "@odata.nextLink": next } = fieldsOf(answer.json)
      if (!Array.isArray(value)) throw malformed(url, "a list without a value")
      for (const one of value) {
        const key = parseKey(one)
        if (key) yield key
      }
      url = next === undefined ? undefined : this.#nextPage(next, url)
    }
  }

  /** Without the key itself: writes nothing into the audit log. @returns `undefined` when there is none of this ID */
  async find(id: string): Promise<RecoveryKey | undefined> {
    const url = this.#address(`/${id.toLowerCase()}`)
    const answer = await this.#get(url)
    if (answer.status === NOT_FOUND) return undefined
    if (answer.status !== OK) throw this.#refusal(answer)
    const key = parseKey(objectOf(answer.json))
    if (key?.id !== id) throw malformed(url, "another key than the one that was asked for")
    return key
  }

  /** The digits as they are kept. The audit log keeps that they were read. @returns `undefined` when this one may not be read */
  async read(id: string): Promise<string | undefined> {
    const url = this.#address(`/${id.toLowerCase()}?$select=key`)
    const answer = await this.#get(url)
    // Others may be readable all the same: of the devices that the person owns.
    if (answer.status === FORBIDDEN || answer.status === NOT_FOUND) return undefined
    if (answer.status !== OK) throw this.#refusal(answer)
    const { key } = fieldsOf(objectOf(answer.json))
    if (typeof key !== "string") throw malformed(url, "a key without digits")
    return key
  }

  /** Why keys that are there may not be read. */
  noRight(): DirectoryError {
    return noRight(this.#token)
  }

  #address(path: string): URL {
    return new URL(`${this.#origin}${KEYS_PATH}${path}`)
  }

  /** It comes from the answer, and the token would go to it. */
  #nextPage(link: unknown, from: URL): URL {
    const isLink = typeof link === "string" && link.length <= LONGEST_LINK && URL.canParse(link)
    const next = isLink ? new URL(link) : undefined
    // With a login in it, it is no address for `fetch`.
    const hasLogin = next !== undefined && next.username + next.password !== ""
    if (next?.origin === from.origin && next.pathname === from.pathname && !hasLogin) return next
    throw malformed(from, "the next page of a list lies elsewhere")
  }

  /** Waits as long as the service asks for, and not for ever. */
  async #get(url: URL): Promise<HttpAnswer> {
    const { signal, notice } = this.#context
    for (let tries = 1; ; tries++) {
      const headers = {
        Authorization: `Bearer ${this.#token.revealText()}`,
        Accept: "application/json",
        "User-Agent": `repair-bde (${process.platform})`,
        "ocp-client-name": "repair-bde",
      }
      const answer = await request(url, { method: "GET", headers }, this.#world, signal)
      if (!BUSY.has(answer.status)) return answer
      const waitMs = retryAfterMs(answer.headers) ?? FIRST_WAIT_MS * 2 ** (tries - 1)
      const { longestWaitMs, patienceMs } = this.#world
      const isTooLong = waitMs > longestWaitMs || this.#waitedMs + waitMs > patienceMs
      if (tries === MOST_TRIES || isTooLong) throw throttled(url, waitMs)
      this.#waitedMs += waitMs
      if (waitMs > LONG_WAIT_MS) {
        notice("entra-waits", `${url.host} asks to wait ${Math.ceil(waitMs / 1000)} seconds`)
      }
      await sleep(waitMs, undefined, { signal })
    }
  }

  #refusal({ status, json }: HttpAnswer): DirectoryError {
    if (status === UNAUTHORIZED) return tokenRefused()
    if (status === FORBIDDEN) return noRight(this.#token)
    return refused(status, fieldsOf(fieldsOf(json).error).code)
  }
}

/** Seconds, or a date (RFC 9110 section 10.2.3): which names its month, so that no other number passes for one. */
function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get("retry-after") ?? ""
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const ms = /[a-z]{3}/i.test(text) ? Date.parse(text) - Date.now() : Number.NaN
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

function fieldsOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {}
}

/** As the schema has it, or within `value`, as the examples show it. */
function objectOf(json: unknown): unknown {
  const { value } = fieldsOf(json)
  return typeof value === "object" && value !== null ? value : json
}

/** Numbers in the documentation's examples, names in its schema. */
const VOLUMES: Readonly<Record<string, string>> = {
  "1": "operating system volume",
  operatingSystemVolume: "operating system volume",
  "2": "fixed data volume",
  fixedDataVolume: "fixed data volume",
  "3": "removable data volume",
  removableDataVolume: "removable data volume",
}

function parseKey(json: unknown): RecoveryKey | undefined {
  const { id, deviceId, createdDateTime, volumeType } = fieldsOf(json)
  if (typeof id !== "string" || !isGuid(id)) return undefined
  const created = typeof createdDateTime === "string" ? new Date(createdDateTime) : undefined
  const volume = VOLUMES[String(volumeType)]
  return {
    id: id.toUpperCase(),
    ...(typeof deviceId === "string" && isGuid(deviceId) && { deviceId }),
    ...(created && !Number.isNaN(created.getTime()) && { created }),
    ...(volume !== undefined && { volume }),
  }
}
