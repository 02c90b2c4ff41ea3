/**
 * Which directory, and what of it: a URL as other LDAP tools take it (RFC 4516).
 *
 *     ldaps://dc1.example.com                              the whole domain of this server, port 636
 *     ldap://dc1.example.com                               the same by StartTLS, port 389
 *     ldaps://dc1.example.com/OU=Berlin,DC=example,DC=com  what lies below this name
 *     ldaps://dc1.example.com?computer=PC01                everything of one computer
 */
import { UsageError } from "../../errors.ts"

export interface AdDsServer {
  readonly host: string
  readonly port: number
  /** Encryption is asked for on a plain port, instead of being there from the first byte. */
  readonly startTls: boolean
}

export interface AdDsSpec extends AdDsServer {
  /** The distinguished name below which is searched; that of the domain when absent. */
  readonly base?: string
  readonly computer?: string
}

/** @throws UsageError */
export function parseAdDsSpec(text: string): AdDsSpec {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.username || url?.password) {
    throw new UsageError(
      "place-holds-login",
      "a user name or a password stands in the address of a directory",
      {
        next: ["give the user with --ldap-user; you are asked for the password", ...HOW_IT_IS_WRITTEN],
      },
    )
  }
  const startTls = url?.protocol === "ldap:"
  const unknown = [...(url?.searchParams.keys() ?? [])].filter((key) => key !== "computer")
  const base = decoded(url?.pathname.slice(1) ?? "")
  const isDirectory = (startTls || url?.protocol === "ldaps:") && url.hostname !== ""
  if (!isDirectory || unknown.length > 0 || base === undefined) {
    throw new UsageError("place-malformed", `${text} is no address of a directory`, {
      next: HOW_IT_IS_WRITTEN,
    })
  }
  const computer = url.searchParams.get("computer")
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (startTls ? 389 : 636) : Number(url.port),
    startTls,
    ...(base && { base }),
    ...(computer && { computer }),
  }
}

/** `undefined` where a percent sign is followed by no digits. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const HOW_IT_IS_WRITTEN = [
  "write ldaps://dc.example.com, or ldap://dc.example.com for a server that is asked for encryption (StartTLS)",
  "add ?computer=NAME, or /OU=…,DC=… of the part of the directory, to search less",
]
