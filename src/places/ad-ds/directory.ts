/** A directory that one is logged in to, however that was done. */
import { UsageError } from "../../errors.ts"
import { startDeadline } from "../deadline.ts"
import type { PlaceContext } from "../place.ts"
import { Connection, type Hit } from "./connection.ts"
import { checkLogin, checkSearch, connectionFailure } from "./failures.ts"
import { openKerberosDirectory } from "./kerberos.ts"
import type { Search } from "./messages.ts"
import { openSecureSocket } from "./secure-socket.ts"
import { type AdDsSettings, readCertificates } from "./settings.ts"
import type { AdDsServer } from "./spec.ts"

export interface Directory {
  /** @throws DirectoryError when the server refuses, or is gone */
  search(search: Search): AsyncIterable<Hit>
  /** Never throws. */
  close(): void
}

const TIMEOUT_MS = 20_000
/** A server that gives a little now and then would otherwise be waited for without end. */
const PATIENCE = 9

/** By the person's ticket, or by user and password over an encrypted connection. @throws DirectoryError @throws UsageError without a user or a password */
export async function openDirectory(
  server: AdDsServer,
  settings: AdDsSettings,
  context: PlaceContext,
): Promise<Directory> {
  const { user, insecureTls: insecure = false, timeoutMs = TIMEOUT_MS } = settings
  if (settings.kerberos) return openKerberosDirectory(server, timeoutMs, context.signal)
  if (!user) throw noUser(server)
  const ca = settings.caFile === undefined ? undefined : await readCertificates(settings.caFile)
  const password = await passwordOf(user, server, settings, context)
  const failure = (cause: unknown) =>
    context.signal.aborted ? context.signal.reason : connectionFailure(server, cause)

  const trust = { insecure, ...(ca !== undefined && { ca }) }
  const socket = await openSecureSocket(server, trust, timeoutMs, context.signal)
  const deadline = startDeadline(timeoutMs * PATIENCE, context.signal)
  const connection = new Connection(socket, timeoutMs, deadline.signal)
  const close = () => {
    connection.close()
    deadline.clear()
  }
  try {
    checkLogin(server, user, await connection.bind(user, password))
  } catch (cause) {
    close()
    throw failure(cause)
  } finally {
    password.fill(0)
  }
  return { search, close }

  async function* search(search: Search): AsyncGenerator<Hit> {
    try {
      checkSearch(server, search.base, yield* connection.search(search))
    } catch (cause) {
      throw failure(cause)
    }
  }
}

async function passwordOf(
  user: string,
  server: AdDsServer,
  settings: AdDsSettings,
  context: PlaceContext,
): Promise<Uint8Array> {
  const secret = settings.password ?? (await context.askSecret?.(`Password of ${user} for ${server.host}: `))
  const text = secret?.revealText() ?? ""
  // A login without a password is none: servers let it pass as that of nobody (RFC 4513 section 5.1.2).
  if (text !== "") return new TextEncoder().encode(text)
  throw new UsageError("no-directory-password", `${server.host} needs the password of ${user}`, {
    next: [
      "run it on a terminal to be asked",
      "give --ldap-password-file FILE, or set REPAIR_BDE_LDAP_PASSWORD",
      "with a Kerberos ticket (kinit), add --kerberos instead",
    ],
  })
}

function noUser(server: AdDsServer): UsageError {
  return new UsageError("no-directory-user", `${server.host} has to be told who asks`, {
    next: [
      "add --ldap-user name@example.com; you are asked for the password",
      "with a Kerberos ticket (kinit), add --kerberos instead",
    ],
  })
}
