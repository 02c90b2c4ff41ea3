/**
 * A directory by the Kerberos ticket that the person has already (kinit, or the login of the computer), through the system's own
 * `ldapsearch`: Kerberos is the system's business, and needs no second implementation here.
 *
 * The ticket itself encrypts the conversation, and `ldapsearch` is told to accept nothing less. That goes over `ldap:` alone: within
 * TLS, Windows refuses a second encryption, and Samba insists on it (observed: 4.17).
 */
import { execFile } from "node:child_process"
import { DirectoryError, UnsupportedError, UsageError } from "../../errors.ts"
import { errnoOf } from "../../source/failures.ts"
import { OutOfTime } from "../deadline.ts"
import { MalformedAnswer } from "./ber.ts"
import { type Hit, MOST_ENTRIES } from "./connection.ts"
import type { Directory } from "./directory.ts"
import { checkSearch, connectionFailure } from "./failures.ts"
import { filterText } from "./filter.ts"
import type { Entry, Search } from "./messages.ts"
import type { AdDsServer } from "./spec.ts"

const SCOPES = ["base", "one", "sub"] as const
/** SASL's measure of an encryption: that of single DES, which is less than any that Kerberos still has. */
const ENCRYPTED = "minssf=56"
const MOST_BYTES = 1 << 24
const PAGE_SIZE = 200
/** Its exit code for what went wrong before the server was asked: LDAP's own codes begin at 1. */
const LOCAL_ERRORS = 128
const SERVER_DOWN = 255
const SIZE_LIMIT_EXCEEDED = 4

/** No connection stands open between two searches, so that nothing needs to be closed. @throws UsageError for `ldaps:` */
export function openKerberosDirectory(server: AdDsServer, timeoutMs: number, signal: AbortSignal): Directory {
  if (!server.startTls) {
    throw new UsageError(
      "kerberos-over-ldaps",
      "a Kerberos ticket encrypts by itself, and does not go with ldaps:",
      {
        next: [`write ldap://${server.host} with --kerberos: the conversation is encrypted all the same`],
      },
    )
  }
  return {
    close() {},
    async *search(search) {
      const { code, stdout, stderr } = await runLdapsearch(server, timeoutMs, signal, search)
      if (code === SERVER_DOWN) throw connectionFailure(server, new Error(stderr))
      if (code >= LOCAL_ERRORS) throw noTicket(server, stderr)
      checkSearch(server, search.base, { code, diagnostic: stderr })
      yield* parseHits(stdout)
      if (code === SIZE_LIMIT_EXCEEDED && search.sizeLimit === undefined) yield { kind: "cut" }
    },
  }
}

interface Outcome {
  readonly code: number
  readonly stdout: string
  /** In printable characters. */
  readonly stderr: string
}

function runLdapsearch(
  server: AdDsServer,
  timeoutMs: number,
  signal: AbortSignal,
  search: Search,
): Promise<Outcome> {
  const seconds = String(Math.ceil(timeoutMs / 1000))
  const host = server.host.includes(":") ? `[${server.host}]` : server.host
  const args = [
    ...["-Q", "-N", "-LLL", "-Y", "GSSAPI", "-O", ENCRYPTED],
    ...["-H", `ldap://${host}:${server.port}`],
    ...["-o", "ldif_wrap=no", "-o", `nettimeout=${seconds}`, "-l", seconds],
    ...["-E", `pr=${PAGE_SIZE}/noprompt`, "-z", String(search.sizeLimit ?? MOST_ENTRIES)],
    ...["-b", search.base, "-s", SCOPES[search.scope], filterText(search.filter), ...search.attributes],
  ]
  const env = { ...process.env, LC_ALL: "C" }
  const options = { env, signal, timeout: 2 * timeoutMs, maxBuffer: MOST_BYTES, encoding: "latin1" } as const
  return new Promise((resolve, reject) => {
    execFile("ldapsearch", args, options, (error, stdout, stderr) => {
      if (signal.aborted) reject(signal.reason as Error)
      else if (errnoOf(error) === "ENOENT") reject(noTool(error))
      else if (error && typeof error.code !== "number") reject(connectionFailure(server, killed(error)))
      else resolve({ code: Number(error?.code ?? 0), stdout, stderr: printable(stderr) })
    })
  })
}

/** It was ended for its time or for its bytes. */
function killed(error: Error): Error {
  return errnoOf(error) === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER"
    ? new MalformedAnswer(`the answer has more than ${MOST_BYTES} bytes`)
    : new OutOfTime("ldapsearch came to no end")
}

/** As the tool writes it when it is told not to fold lines: a name, and a text or base64; an empty line behind each entry. */
function* parseHits(ldif: string): Generator<Hit> {
  for (const paragraph of ldif.split(/\n\n+/)) {
    const attributes = new Map<string, Uint8Array[]>()
    for (const line of paragraph.split("\n")) {
      const reference = /^# ref(ldaps?:.*)$/.exec(line)?.[1]
      if (reference) yield { kind: "reference", urls: [reference] }
      const [, name, encoded, value] = /^([a-z0-9-]+):(:?) ?(.*)$/i.exec(line) ?? []
      if (name === undefined || value === undefined) continue
      const values = attributes.get(name.toLowerCase()) ?? []
      values.push(Buffer.from(value, encoded ? "base64" : "latin1"))
      attributes.set(name.toLowerCase(), values)
    }
    const dn = attributes.get("dn")?.[0]
    if (!dn) continue
    attributes.delete("dn")
    const entry: Entry = { dn: new TextDecoder().decode(dn), attributes }
    yield { kind: "entry", entry }
  }
}

const printable = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(0, 400)

function noTicket(server: AdDsServer, said: string): DirectoryError {
  return new DirectoryError("directory-no-ticket", `no Kerberos login at ${server.host}: ${said}`, {
    data: { server: `${server.host}:${server.port}` },
    next: [
      "get a ticket with `kinit name@EXAMPLE.COM`; `klist` shows it",
      "write the full name of the domain controller: tickets are for names",
      "or leave --kerberos out, and add --ldap-user name@example.com",
    ],
  })
}

function noTool(cause: unknown): UnsupportedError {
  return new UnsupportedError(
    "ldapsearch-missing",
    "--kerberos needs the program ldapsearch, which is not installed",
    {
      cause,
      next: [
        "install it: on Debian and Ubuntu the packages ldap-utils and libsasl2-modules-gssapi-mit",
        "or leave --kerberos out, and add --ldap-user name@example.com",
      ],
    },
  )
}
