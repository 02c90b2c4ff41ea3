/**
 * The way to a directory server: a socket that is encrypted and whose other end has proven its name, or an error. What speaks
 * LDAP is handed nothing else, so that no password ever goes over a plain connection.
 *
 * `ldaps:` is encrypted from its first byte; `ldap:` asks for it (StartTLS, RFC 4511 section 4.14) before anything else is said.
 */
import { type Socket, connect as connectPlain, isIP } from "node:net"
import { type ConnectionOptions, type TLSSocket, connect as connectTls } from "node:tls"
import { concatBytes } from "../../bytes/concat.ts"
import { startDeadline } from "../deadline.ts"
import { MalformedAnswer, messageLength } from "./ber.ts"
import { StartTlsRefused, connectionFailure } from "./failures.ts"
import { parseMessage, startTlsRequest } from "./messages.ts"
import type { AdDsServer } from "./spec.ts"

export interface Trust {
  /** Certificates (PEM) that the server's must be signed by; those that Node knows otherwise. */
  readonly ca?: string
  /** The server's certificate is not looked at: whoever answers is believed. */
  readonly insecure: boolean
}

const START_TLS_ID = 1
/** The answer to StartTLS has some dozen bytes. */
const LARGEST_PLAIN_ANSWER = 4096

/** @throws DirectoryError, and the signal's reason */
export async function openSecureSocket(
  server: AdDsServer,
  trust: Trust,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const deadline = startDeadline(timeoutMs, signal)
  let plain: Socket | undefined
  try {
    if (server.startTls) {
      plain = await opened(connectPlain({ host: server.host, port: server.port }), "connect", deadline.signal)
      await askForTls(plain, deadline.signal)
    }
    return await opened(connectTls(tlsOptions(server, trust, plain)), "secureConnect", deadline.signal)
  } catch (cause) {
    plain?.destroy()
    if (signal.aborted) throw signal.reason
    throw connectionFailure(server, cause)
  } finally {
    deadline.clear()
  }
}

function tlsOptions(server: AdDsServer, trust: Trust, plain: Socket | undefined): ConnectionOptions {
  return {
    ...(plain ? { socket: plain } : { port: server.port }),
    host: server.host,
    // An address is no name that could be indicated; the certificate must hold it all the same.
    ...(!isIP(server.host) && { servername: server.host }),
    ...(trust.ca !== undefined && { ca: trust.ca }),
    rejectUnauthorized: !trust.insecure,
    minVersion: "TLSv1.2",
  }
}

/** The socket itself, once it has said that it is there. */
function opened<S extends Socket>(socket: S, event: "connect" | "secureConnect", signal: AbortSignal) {
  return whileOpen<S>(socket, signal, (resolve) => {
    const onOpen = () => resolve(socket)
    socket.once(event, onOpen)
    return () => socket.off(event, onOpen)
  })
}

/** Whatever follows the answer was not encrypted, so nobody knows whose it is. */
async function askForTls(socket: Socket, signal: AbortSignal): Promise<void> {
  const bytes = await whileOpen<Uint8Array>(socket, signal, (resolve, reject) => {
    let received: Uint8Array = new Uint8Array(0)
    const onData = (chunk: Uint8Array) => {
      received = concatBytes([received, chunk])
      try {
        const length = messageLength(received, LARGEST_PLAIN_ANSWER)
        if (length === undefined || received.length < length) return
        socket.pause()
        resolve(received)
      } catch (error) {
        reject(error as Error)
      }
    }
    socket.on("data", onData)
    socket.write(startTlsRequest(START_TLS_ID))
    return () => socket.off("data", onData)
  })
  const { id, answer } = parseMessage(bytes)
  if (id !== START_TLS_ID || answer.kind !== "extended") {
    throw new MalformedAnswer("something else than StartTLS was answered")
  }
  if (answer.code !== 0) throw new StartTlsRefused(answer)
}

/**
 * A promise that ends when `listen` says so, or with the socket, or with the signal.
 * @param listen returns how to stop listening
 */
function whileOpen<T>(
  socket: Socket,
  signal: AbortSignal,
  listen: (resolve: (value: T) => void, reject: (error: Error) => void) => () => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => fail(signal.reason as Error)
    const onClose = () => fail(new Error("the connection was closed"))
    const settle = () => {
      stop()
      // One listener for errors stays: what is said after the end is nobody's.
      socket
        .on("error", () => {})
        .off("error", fail)
        .off("close", onClose)
      signal.removeEventListener("abort", onAbort)
    }
    const fail = (error: Error) => {
      settle()
      socket.destroy()
      reject(error)
    }
    socket.once("error", fail).once("close", onClose)
    signal.addEventListener("abort", onAbort, { once: true })
    const stop = listen((value) => {
      settle()
      resolve(value)
    }, fail)
    if (signal.aborted) onAbort()
  })
}
