/** How to log in to Entra ID. */
import type { Secret } from "../../crypto/secret.ts"

export interface EntraSettings {
  /** An access token for Microsoft Graph. Asked of the Azure CLI, then of the person, when absent. */
  readonly token?: Secret
  /** Domain name or GUID of the organisation; that of whoever logs in when absent. */
  readonly tenant?: string
  /** Application (client) ID of an app registration to log in through; Microsoft Graph Command Line Tools when absent. */
  readonly client?: string
}
