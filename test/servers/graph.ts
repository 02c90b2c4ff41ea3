/**
 * As much of Microsoft Graph and of Microsoft's login as a search for recovery keys needs, after their documentation: lists in
 * pages, `$filter` and `$select`, an audit log, permissions, and tokens for whoever types a code.
 */
import { type IncomingMessage, type ServerResponse, createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { onTestFinished } from "vitest"
import type { EntraWorld } from "../../src/places/entra/world.ts"

export interface StoredKey {
  readonly id: string
  readonly deviceId: string
  readonly key: string
}

export interface FakeGraph {
  readonly port: number
  /** IDs of keys that were read. */
  readonly audit: readonly string[]
  /** Paths of all requests, with their queries. */
  readonly requests: readonly string[]
  /** As the program sees it: each address leads to this server. */
  readonly world: EntraWorld
}

export type Misbehaviour = (request: IncomingMessage, response: ServerResponse, url: URL) => boolean

const KEYS = "/v1.0/informationProtection/bitlocker/recoveryKeys"
const PAGE = 2

/**
 * @param misbehave looks at each request first: `true` when it has answered it, or will not
 */
export async function serveGraph(
  keys: readonly StoredKey[],
  misbehave: Misbehaviour = () => false,
): Promise<FakeGraph> {
  const audit: string[] = []
  const requests: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url!, `https://${request.headers["x-host"] as string}`)
    requests.push(decodeURIComponent(url.pathname + url.search))
    if (!misbehave(request, response, url)) answer(request, response, url)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo

  function answer(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const permissions = permissionsIn(request)
    if (!permissions) return refuse(response, 401, "InvalidAuthenticationToken")
    if (!request.headers["user-agent"]) return refuse(response, 400, "badRequest")
    const mayRead = permissions.includes("BitlockerKey.Read.All")
    if (!mayRead && !permissions.includes("BitlockerKey.ReadBasic.All"))
      return refuse(response, 403, "Forbidden")
    if (url.pathname === KEYS) return list(response, url)
    const id = url.pathname.slice(KEYS.length + 1)
    const stored = keys.find((key) => key.id.toLowerCase() === id)
    if (!stored) return refuse(response, 404, "ResourceNotFound")
    const selected = url.searchParams.get("$select")
    if (selected === "key" && !mayRead) return refuse(response, 403, "Forbidden")
    if (selected === "key") audit.push(stored.id)
    reply(response, 200, { ...shown(stored), ...(selected === "key" && { key: stored.key }) })
  }

  function list(response: ServerResponse, url: URL): void {
    const device = /^deviceId eq '([0-9a-f-]{36})'$/.exec(url.searchParams.get("$filter") ?? "")?.[1]
    if (url.searchParams.has("$filter") && !device) return refuse(response, 400, "badRequest")
    const matching = keys.filter((key) => !device || key.deviceId === device)
    const start = Number(url.searchParams.get("$skiptoken") ?? 0)
    const next = new URL(url)
    next.searchParams.set("$skiptoken", String(start + PAGE))
    reply(response, 200, {
      value: matching.slice(start, start + PAGE).map(shown),
      ...(start + PAGE < matching.length && { "@odata.nextLink": next.href }),
    })
  }

  const world: EntraWorld = {
    fetch: (input, init) => {
      const url = new URL(input)
      const headers = { ...(init!.headers as Record<string, string>), "x-host": url.host }
      return fetch(`http://127.0.0.1:${port}${url.pathname}${url.search}`, { ...init, headers })
    },
    az: () => Promise.resolve(undefined),
    msal: () => Promise.resolve(undefined),
    timeoutMs: 1000,
    longestWaitMs: 3000,
    patienceMs: 10_000,
  }
  return { port, audit, requests, world }
}

function shown({ id, deviceId }: StoredKey): object {
  return { id: id.toLowerCase(), createdDateTime: "2026-06-15T13:45:30.0000000Z", volumeType: "1", deviceId }
}

export function reply(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  response.writeHead(status, { "Content-Type": "application/json", ...headers })
  response.end(JSON.stringify(body))
}

export function refuse(response: ServerResponse, status: number, code: string, headers: object = {}): void {
  const innerError = { date: "2026-11-22T08:00:00", "request-id": "2ef04ef1-23b0-2e00-a3a5-ab345e567ab6" }
  reply(response, status, { error: { code, message: "words for people", innerError } }, headers)
}

/** A token as Microsoft's are, but for its signature. */
export function tokenWith(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")
  return `${part({ typ: "JWT" })}.${part(claims)}.signature`
}

function permissionsIn({ headers }: IncomingMessage): string[] | undefined {
  const payload = /^Bearer [\w-]+\.([\w-]+)\.signature$/.exec(headers.authorization ?? "")?.[1]
  if (!payload) return undefined
  const { scp = "", roles = [] } = JSON.parse(Buffer.from(payload, "base64url").toString()) as {
    scp?: string
    roles?: string[]
  }
  return [...scp.split(" "), ...roles]
}
