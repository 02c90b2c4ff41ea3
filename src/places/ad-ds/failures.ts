/** What went wrong between us and a directory, as a DirectoryError that tells an administrator what to do next. */
import { AppError, DirectoryError } from "../../errors.ts"
import { OutOfTime } from "../deadline.ts"
import { MalformedAnswer } from "./ber.ts"
import type { Result } from "./messages.ts"
import type { AdDsServer } from "./spec.ts"

/** The server does not want to be spoken to in secret. */
export class StartTlsRefused extends Error {
  readonly result: Result

  constructor(result: Result) {
    super("StartTLS was refused")
    this.result = result
  }
}

const name = ({ host, port }: AdDsServer): string => `${host}:${port}`

/** OpenSSL's names for a chain that ends at nobody who is trusted. */
const UNTRUSTED = new Set([
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
])
const OUT_OF_TIME = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"])

/** Why there is no connection, or none any more. What is an AppError already stays what it is. */
export function connectionFailure(server: AdDsServer, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  if (cause instanceof MalformedAnswer) return malformed(server, cause)
  if (cause instanceof StartTlsRefused) return startTlsRefused(server, cause)
  if (cause instanceof OutOfTime) return silent(server, cause)
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  const details = { data: { server: name(server), ...(code && { code }) }, cause }
  if (UNTRUSTED.has(code)) {
    return new DirectoryError(
      "directory-untrusted",
      `the certificate of ${name(server)} is signed by nobody who is trusted here: ${code}`,
      {
        ...details,
        next: [
          "give the certificate of your certification authority with --ldap-ca FILE",
          "on a domain controller `certutil -ca.cert ca.cer` saves it",
        ],
      },
    )
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return new DirectoryError(
      "directory-other-name",
      `the certificate of ${name(server)} is for another name`,
      {
        ...details,
        next: ["write the full name of the server as its certificate has it, such as dc1.example.com"],
      },
    )
  }
  if (OUT_OF_TIME.has(code)) {
    return new DirectoryError(
      "directory-untrusted",
      `the certificate of ${name(server)} is not valid today: ${code}`,
      { ...details, next: ["check the clock of this computer", "ask for another domain controller"] },
    )
  }
  if (code === "EPROTO" || code.startsWith("ERR_SSL")) {
    return new DirectoryError("directory-not-encrypted", `${name(server)} does not speak TLS: ${code}`, {
      ...details,
      next: [
        server.startTls
          ? "try ldaps:// in place of ldap://"
          : "try ldap:// in place of ldaps://: the connection is encrypted all the same (StartTLS)",
        "check that the domain controller has a certificate: without one it offers no encryption",
      ],
    })
  }
  return new DirectoryError(
    "directory-unreachable",
    `no connection to ${name(server)}: ${code || (cause instanceof Error ? cause.message : String(cause))}`,
    {
      ...details,
      next: ["check the name of the server, and that this computer is in its network or VPN"],
    },
  )
}

function silent(server: AdDsServer, cause: unknown): DirectoryError {
  return new DirectoryError("directory-silent", `${name(server)} does not answer in time`, {
    data: { server: name(server) },
    cause,
    next: [
      "try another domain controller",
      "name the part of the directory to search less: ldaps://dc/OU=…,DC=…",
    ],
  })
}

function malformed(server: AdDsServer, cause: MalformedAnswer): DirectoryError {
  return new DirectoryError(
    "directory-malformed",
    `${name(server)} answers what is no LDAP: ${cause.message}`,
    {
      data: { server: name(server) },
      cause,
      next: [
        "check the name and the port: 636 for ldaps://, 389 for ldap://",
        "try another domain controller",
      ],
    },
  )
}

function startTlsRefused(server: AdDsServer, { result }: StartTlsRefused): DirectoryError {
  return new DirectoryError("directory-not-encrypted", `${name(server)} refuses encryption (StartTLS)`, {
    data: { server: name(server), ...resultData(result) },
    next: [
      "try ldaps:// in place of ldap://",
      "check that the domain controller has a certificate: nothing is sent over a plain connection",
    ],
  })
}

const SUCCESS = 0
const TIME_LIMIT_EXCEEDED = 3
const SIZE_LIMIT_EXCEEDED = 4
const STRONGER_AUTH_REQUIRED = 8
const NO_SUCH_OBJECT = 32
const INVALID_DN_SYNTAX = 34
const INVALID_CREDENTIALS = 49
const INSUFFICIENT_ACCESS = 50
const BUSY = 51
const UNAVAILABLE = 52

/** Windows says behind "data" why it refused a login: a system error code in hexadecimal ([MS-ERREF] 2.2). */
const LOGIN_REASONS: Readonly<Record<string, string>> = {
  "525": "there is no such user",
  "52e": "the user name or the password is wrong",
  "530": "the user may not log in at this time",
  "531": "the user may not log in from this computer",
  "532": "the password has expired",
  "533": "the account is disabled",
  "701": "the account has expired",
  "773": "the password has to be changed first",
  "775": "the account is locked",
}

/** @throws DirectoryError unless the login succeeded */
export function checkLogin(server: AdDsServer, user: string, result: Result): void {
  if (result.code === SUCCESS) return
  const reason = LOGIN_REASONS[/\bdata ([0-9a-f]+)/i.exec(result.diagnostic)?.[1]?.toLowerCase() ?? ""]
  const data = { server: name(server), user, ...resultData(result) }
  if (result.code === INVALID_CREDENTIALS) {
    throw new DirectoryError(
      "directory-login-refused",
      `${name(server)} refuses the login of ${user}: ${reason ?? "the user name or the password is wrong"}`,
      {
        data,
        next: [
          "check the password, and write the user as name@example.com or EXAMPLE\\name",
          "too many wrong passwords lock the account",
        ],
      },
    )
  }
  if (result.code === STRONGER_AUTH_REQUIRED) {
    throw new DirectoryError(
      "directory-login-refused",
      `${name(server)} takes no password for a login, only Kerberos`,
      { data, next: ["get a ticket with kinit and add --kerberos"] },
    )
  }
  throw refused(server, "the login", result)
}

/** @throws DirectoryError unless the search succeeded */
export function checkSearch(server: AdDsServer, base: string, result: Result): void {
  const data = { server: name(server), base, ...resultData(result) }
  switch (result.code) {
    case SUCCESS:
    case SIZE_LIMIT_EXCEEDED:
      return
    case NO_SUCH_OBJECT:
    case INVALID_DN_SYNTAX:
      throw new DirectoryError("directory-base-missing", `${name(server)} has no ${base}, or hides it`, {
        data,
        next: [
          "check the distinguished name behind the server's, or leave it out to search the whole domain",
        ],
      })
    case INSUFFICIENT_ACCESS:
      throw new DirectoryError("directory-no-right", `you may not search ${base} on ${name(server)}`, {
        data,
        next: HOW_TO_DELEGATE,
      })
    case TIME_LIMIT_EXCEEDED:
    case BUSY:
    case UNAVAILABLE:
      throw silent(server, undefined)
    default:
      throw refused(server, "the search", result)
  }
}

function refused(server: AdDsServer, what: string, result: Result): DirectoryError {
  const words = result.diagnostic ? `: ${result.diagnostic}` : ""
  const message = `${name(server)} refuses ${what} with LDAP result ${result.code}${words}`
  return new DirectoryError("directory-refused", message, {
    data: { server: name(server), ...resultData(result) },
    next: ["give this message to whoever runs the directory", "try another domain controller"],
  })
}

const resultData = ({ code, diagnostic }: Result) => ({ result: code, ...(diagnostic && { diagnostic }) })

/** Entries were found, and not one of them may be read. */
export function noRight(server: AdDsServer, user: string, keyIds: readonly string[]): DirectoryError {
  const what =
    keyIds.length === 1 ? `the recovery information of the key ID ${keyIds[0]}` : "recovery information"
  return new DirectoryError(
    "directory-no-right",
    `${name(server)} holds ${what}, and ${user} may not read it`,
    { data: { server: name(server), user, protectorIds: keyIds }, next: HOW_TO_DELEGATE },
  )
}

/** Whoever may not read recovery information is not shown that there is any: nobody can tell which of the two it is. */
export function showsNothing(server: AdDsServer, user: string, base: string): DirectoryError {
  return new DirectoryError(
    "directory-shows-nothing",
    `${name(server)} shows ${user} no recovery information below ${base}: there is none, or ${user} may not see it`,
    { data: { server: name(server), user, base }, next: HOW_TO_DELEGATE },
  )
}

/**
 * What Microsoft calls confidential is read with two rights, not one: to read the property, and control access to it
 * ([MS-ADTS] 3.1.1.4.4).
 */
const HOW_TO_DELEGATE: readonly string[] = [
  "log in with an account that may read recovery passwords: by default only Domain Admins may",
  "the rights are “Read” on msFVE-RecoveryInformation objects, and “Control access” on their msFVE-RecoveryPassword (and msFVE-KeyPackage), which are confidential",
  'a domain admin delegates them with: dsacls "OU=…,DC=…" /I:S /G "GROUP:GR;;msFVE-RecoveryInformation" "GROUP:CA;msFVE-RecoveryPassword;msFVE-RecoveryInformation" "GROUP:CA;msFVE-KeyPackage;msFVE-RecoveryInformation"',
]
