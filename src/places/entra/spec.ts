/**
 * Which keys of Entra ID, and in which of Microsoft's clouds.
 *
 *     entra:                          those whose key ID the drive asks for
 *     entra:?device=GUID              all of one device
 *     entra://graph.microsoft.us      in the cloud for the government of the United States
 */
import { UsageError } from "../../errors.ts"
import { isGuid } from "../../bytes/guid.ts"

export interface Cloud {
  /** Where Microsoft Graph answers; the token is for it and goes nowhere else. */
  readonly graph: string
  /** Who gives tokens for it. */
  readonly login: string
}

/** Microsoft's documentation, "National cloud deployments". */
const CLOUDS: readonly Cloud[] = [
  { graph: "https://graph.microsoft.com", login: "https://login.microsoftonline.com" },
  { graph: "https://graph.microsoft.us", login: "https://login.microsoftonline.us" },
  { graph: "https://dod-graph.microsoft.us", login: "https://login.microsoftonline.us" },
  { graph: "https://microsoftgraph.chinacloudapi.cn", login: "https://login.chinacloudapi.cn" },
]

export interface EntraSpec {
  readonly cloud: Cloud
  readonly device?: string
}

/** @throws UsageError */
export function parseEntraSpec(text: string): EntraSpec {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const cloud = CLOUDS.find(
    ({ graph }) => new URL(graph).hostname === (url?.hostname || "graph.microsoft.com"),
  )
  const unknown = [...(url?.searchParams.keys() ?? [])].filter((key) => key !== "device")
  const device = url?.searchParams.get("device") ?? undefined
  const isWhole = url?.protocol === "entra:" && /^\/?$/.test(url.pathname) && url.port === "" && !url.username
  if (!isWhole || !cloud || unknown.length > 0 || (device !== undefined && !isGuid(device))) {
    throw new UsageError("place-malformed", `${text} is no address of keys in Entra ID`, {
      next: [
        "write entra: for the keys that the drive asks for, or entra:?device=GUID for all of a device",
        `a national cloud is named: ${CLOUDS.slice(1)
          .map(({ graph }) => `entra://${new URL(graph).hostname}`)
          .join(", ")}`,
      ],
    })
  }
  return { cloud, ...(device !== undefined && { device: device.toLowerCase().replace(/[{}]/g, "") }) }
}
