/** What went wrong between us and Microsoft Graph, as a DirectoryError that tells what to do next. */
import { DirectoryError } from "../../errors.ts"
import type { Secret } from "../../crypto/secret.ts"
import { PERMISSION, permissionsOf } from "./permission.ts"

export function malformed({ host }: URL, what: string): DirectoryError {
  return new DirectoryError("entra-malformed", `${host} answers what Microsoft Graph does not: ${what}`, {
    data: { host },
    next: ["check whether a proxy or a login page of the network stands in between"],
  })
}

export function redirected({ host }: URL, location: string | null): DirectoryError {
  const target = location && URL.canParse(location) ? new URL(location).host : "another address"
  return new DirectoryError(
    "entra-redirected",
    `${host} sends on to ${target}, and the token goes nowhere else`,
    {
      data: { host, target },
      next: [
        "check whether a proxy or a login page of the network stands in between",
        "name a national cloud as the place: entra://graph.microsoft.us",
      ],
    },
  )
}

export function silent({ host }: URL, cause: unknown): DirectoryError {
  return new DirectoryError("entra-silent", `${host} does not answer in time`, {
    data: { host },
    cause,
    next: ["try again in a few minutes"],
  })
}

/** `fetch` keeps the reason one level down. */
export function unreachable({ host }: URL, cause: unknown): DirectoryError {
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const code = reason instanceof Error && "code" in reason ? String(reason.code) : ""
  const words = code || (reason instanceof Error ? reason.message : String(reason))
  return new DirectoryError("entra-unreachable", `no connection to ${host}: ${words}`, {
    data: { host, ...(code && { code }) },
    cause,
    next: [
      "check that this computer is on the internet",
      "if a proxy of your company signs in Microsoft's place, name its certificate in NODE_EXTRA_CA_CERTS",
    ],
  })
}

export function throttled({ host }: URL, waitMs: number): DirectoryError {
  const seconds = Math.ceil(waitMs / 1000)
  return new DirectoryError(
    "entra-throttled",
    `${host} takes no more requests now, and asks to wait ${seconds} seconds`,
    {
      data: { host, waitMs },
      next: [`run the same command again in ${seconds} seconds`],
    },
  )
}

/** @param code what the service calls it: a word for programs */
export function refused(status: number, code: unknown): DirectoryError {
  const said = typeof code === "string" ? code.replace(/[^\w.-]/g, "").slice(0, 80) : ""
  return new DirectoryError(
    "entra-refused",
    `Microsoft Graph refuses with HTTP ${status}${said && `, ${said}`}`,
    {
      data: { status, ...(said && { code: said }) },
      next: ["try again in a few minutes", "give this message to whoever runs your organisation's Entra ID"],
    },
  )
}

export function tokenRefused(): DirectoryError {
  return new DirectoryError(
    "entra-token-refused",
    "Microsoft Graph does not take the token: it has expired, or is for another service",
    {
      next: [
        "get a new one: az account get-access-token --resource https://graph.microsoft.com",
        "or leave REPAIR_BDE_GRAPH_TOKEN unset to log in with a code in a browser",
      ],
    },
  )
}

const ROLES =
  "Cloud Device Administrator, Helpdesk Administrator, Intune Administrator, Security Administrator, Security Reader or Global Reader"

/** The permission belongs to the application that asks, the role to the person who is logged in: one of them is missing. */
export function noRight(token: Secret): DirectoryError {
  const permissions = permissionsOf(token)
  const hasPermission = permissions?.some((name) => name.toLowerCase() === PERMISSION.toLowerCase())
  const aboutPermission = `let an administrator consent to the permission ${PERMISSION} for the application that asks (--entra-client)`
  const aboutRole = `log in as the owner of the device, or with the role ${ROLES}`
  if (permissions === undefined) {
    return new DirectoryError("entra-no-right", "Microsoft Graph does not let you read recovery keys", {
      next: [aboutRole, aboutPermission],
    })
  }
  return hasPermission
    ? new DirectoryError(
        "entra-no-role",
        `you may not read these keys: the permission ${PERMISSION} is there, the role is not`,
        {
          next: [aboutRole],
        },
      )
    : new DirectoryError("entra-no-permission", `the token does not carry the permission ${PERMISSION}`, {
        data: { permissions },
        next: [
          aboutPermission,
          "the Azure CLI cannot ask for it: leave it out, and log in with a code in a browser",
        ],
      })
}
