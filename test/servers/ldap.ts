/** A server that speaks as much LDAP as a test wants, right or wrong: it answers each request with the bytes it is told. */
import { readFileSync } from "node:fs"
import { type AddressInfo, type Server, type Socket, createServer as createPlain } from "node:net"
import { TLSSocket, createServer as createTls } from "node:tls"
import {
  element,
  integer,
  octets,
  readElements,
  readInteger,
  sequence,
  Tag,
} from "../../src/places/ad-ds/ber.ts"
import type { Certificates } from "./certificates.ts"

/** Called for each request: 1 for the first one of a connection. */
export type Script = (request: number, socket: Socket, id: number) => void

export interface FakeLdap {
  readonly port: number
  /** What clients sent, before any encryption ended. */
  readonly plain: Uint8Array[]
  stop(): Promise<void>
}

export function serveLdaps(certificates: Certificates, script: Script): Promise<FakeLdap> {
  const server = createTls(pair(certificates), (socket) => converse(socket, script))
  return listen(server, [])
}

/** Without encryption, until StartTLS is granted (by `upgrade`). */
export function serveLdap(script: Script): Promise<FakeLdap> {
  const plain: Uint8Array[] = []
  const server = createPlain((socket) => {
    socket.on("data", (chunk: Uint8Array) => plain.push(chunk))
    converse(socket, script)
  })
  return listen(server, plain)
}

/** The rest of the conversation is encrypted. */
export function upgrade(socket: Socket, certificates: Certificates, script: Script): void {
  socket.removeAllListeners("data")
  const secure = new TLSSocket(socket, { ...pair(certificates), isServer: true })
  converse(secure, script)
}

const pair = ({ certificate, key }: Certificates) => ({
  cert: readFileSync(certificate),
  key: readFileSync(key),
})

function converse(socket: Socket, script: Script): void {
  let count = 0
  // Clients leave in the middle of a sentence, as they should here.
  socket.on("error", () => {})
  socket.on("data", (chunk: Uint8Array) => {
    // Requests of ours are short and come one at a time.
    if (chunk[0] !== Tag.sequence) return
    const [id] = readElements(readElements(chunk)[0]!.content)
    script(++count, socket, readInteger(id!.content))
  })
}

async function listen(server: Server, plain: Uint8Array[]): Promise<FakeLdap> {
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => {
    socket.on("error", () => {})
    sockets.add(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    port: (server.address() as AddressInfo).port,
    plain,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const BIND_RESPONSE = 0x61
const SEARCH_ENTRY = 0x64
const SEARCH_DONE = 0x65
const EXTENDED_RESPONSE = 0x78

const result = (tag: number) => (id: number, code: number, diagnostic: string) =>
  sequence(integer(id), element(tag, integer(code, Tag.enumerated), octets(""), octets(diagnostic)))

export const answers = {
  bind: (id: number, code = 0, diagnostic = ""): Uint8Array => result(BIND_RESPONSE)(id, code, diagnostic),
  extended: (id: number, code = 0, diagnostic = ""): Uint8Array =>
    result(EXTENDED_RESPONSE)(id, code, diagnostic),
  done: (id: number, code = 0, diagnostic = ""): Uint8Array => result(SEARCH_DONE)(id, code, diagnostic),
  entry(
    id: number,
    dn: string,
    attributes: Readonly<Record<string, readonly (string | Uint8Array)[]>>,
  ): Uint8Array {
    const list = Object.entries(attributes).map(([name, values]) =>
      sequence(octets(name), element(Tag.set, ...values.map((value) => octets(value)))),
    )
    return sequence(integer(id), element(SEARCH_ENTRY, octets(dn), sequence(...list)))
  },
}
