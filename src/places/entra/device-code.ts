/**
 * Logging in with a code that is typed into a browser (RFC 8628), by Microsoft's own library. It is 17 packages and 10 MB for a
 * way that few take, so it is installed by those who do, and loaded when they do.
 */
import { DirectoryError } from "../../errors.ts"
import { Secret } from "../../crypto/secret.ts"
import type { PlaceContext } from "../place.ts"
import { type HttpRequest, request } from "./http.ts"
import { PERMISSION } from "./permission.ts"
import type { EntraSettings } from "./settings.ts"
import type { Cloud } from "./spec.ts"
import type { EntraWorld } from "./world.ts"

/** As much of `@azure/msal-node` as is used here. */
export interface MsalLibrary {
  readonly PublicClientApplication: new (configuration: MsalConfiguration) => {
    acquireTokenByDeviceCode(request: MsalRequest): Promise<{ readonly accessToken: string } | null>
  }
}

export interface MsalConfiguration {
  readonly auth: { readonly clientId: string; readonly authority: string }
  readonly system: { readonly networkClient: MsalNetwork }
}

export interface MsalRequest {
  scopes: string[]
  deviceCodeCallback: (code: { readonly userCode: string; readonly verificationUri: string }) => void
  /** In seconds. */
  timeout: number
  cancel?: boolean
}

export interface MsalNetwork {
  sendGetRequestAsync<T>(url: string, options?: MsalNetworkOptions): Promise<MsalAnswer<T>>
  sendPostRequestAsync<T>(url: string, options?: MsalNetworkOptions): Promise<MsalAnswer<T>>
}

interface MsalNetworkOptions {
  readonly headers?: Record<string, string>
  readonly body?: string
}

interface MsalAnswer<T> {
  headers: Record<string, string>
  body: T
  status: number
}

const PACKAGE: string = "@azure/msal-node"

/** The name is no literal: the compiler must not look for what need not be installed. */
export async function importMsal(): Promise<MsalLibrary | undefined> {
  try {
    return (await import(PACKAGE)) as MsalLibrary
  } catch {
    return undefined
  }
}

/** "Microsoft Graph Command Line Tools", which every organisation knows; its administrator consents to it, or names another. */
const CLIENT = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
/** A code is good for a quarter of an hour. */
const PATIENCE_SECONDS = 900

/** @throws DirectoryError when nobody logs in */
export async function tokenByDeviceCode(
  { PublicClientApplication }: MsalLibrary,
  cloud: Cloud,
  { tenant = "organizations", client = CLIENT }: EntraSettings,
  world: EntraWorld,
  { signal, notice }: PlaceContext,
): Promise<Secret> {
  const login: MsalRequest = {
    scopes: [`${cloud.graph}/${PERMISSION}`],
    timeout: PATIENCE_SECONDS,
    deviceCodeCallback: ({ userCode, verificationUri }) =>
      notice(
        "device-code",
        `open ${plain(verificationUri)} in a browser on any device, and type the code ${plain(userCode)}`,
      ),
  }
  const cancel = () => (login.cancel = true)
  const network = networkOf(world, signal)
  signal.addEventListener("abort", cancel, { once: true })
  try {
    const application = new PublicClientApplication({
      auth: { clientId: client, authority: `${cloud.login}/${encodeURIComponent(tenant)}` },
      system: { networkClient: network },
    })
    const answer = await application.acquireTokenByDeviceCode(login)
    if (answer) return Secret.ofText(answer.accessToken)
    throw new Error("no token came of it")
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    throw network.failure ?? notLoggedIn(cause)
  } finally {
    signal.removeEventListener("abort", cancel)
  }
}

/**
 * In place of the library's own client, which follows where it is sent, and reads whatever comes. The library says "network error"
 * for all that goes wrong here, so that it is kept.
 */
function networkOf(world: EntraWorld, signal: AbortSignal): MsalNetwork & { failure?: DirectoryError } {
  const send = async <T>(method: "GET" | "POST", url: string, options: MsalNetworkOptions = {}) => {
    const { headers = {}, body } = options
    const asked: HttpRequest = { method, headers, ...(body !== undefined && { body }) }
    const answer = await request(new URL(url), asked, world, signal).catch((cause: unknown) => {
      if (cause instanceof DirectoryError) network.failure = cause
      throw cause
    })
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: answer.json as T }
  }
  const network: MsalNetwork & { failure?: DirectoryError } = {
    sendGetRequestAsync: (url, options) => send("GET", url, options),
    sendPostRequestAsync: (url, options) => send("POST", url, options),
  }
  return network
}

/** What Microsoft says of it stands in its code, such as `access_denied` or `invalid_client`. */
function notLoggedIn(cause: unknown): DirectoryError {
  const code = cause instanceof Error && "errorCode" in cause ? plain(String(cause.errorCode)) : ""
  return new DirectoryError("entra-login-refused", `nobody logged in to Entra ID${code && `: ${code}`}`, {
    data: { ...(code && { code }) },
    next: [
      "try again, and type the code in time",
      `if your organisation does not consent to Microsoft Graph Command Line Tools, name an app registration with ${PERMISSION}: --entra-client ID --entra-tenant NAME`,
      "or log in with `az login`, or set REPAIR_BDE_GRAPH_TOKEN",
    ],
  })
}

/** For a terminal. */
const plain = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?").slice(0, 200)
