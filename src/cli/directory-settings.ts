/** How to log in to the directories among the places: options, files and variables; what is missing is asked for when it is needed. */
import { decodeText } from "../bytes/decode-text.ts"
import { Secret } from "../job/requests.ts"
import type { KeyPlaces } from "../job/search-places.ts"
import { isGiven, textOf, type Invocation } from "./invocation.ts"
import type { SecretSources } from "./secrets.ts"

type PlaceSettings = NonNullable<KeyPlaces["settings"]>
type Sources = Pick<SecretSources, "env" | "readFile" | "remember">

const LDAP_PASSWORD = "REPAIR_BDE_LDAP_PASSWORD"
const GRAPH_TOKEN = "REPAIR_BDE_GRAPH_TOKEN"

/** @throws CredentialError for a password file that cannot be read */
export function directorySettings(invocation: Invocation, sources: Sources): PlaceSettings {
  const user = textOf(invocation, "ldapUser")
  const passwordFile = textOf(invocation, "ldapPasswordFile")
  const caFile = textOf(invocation, "ldapCa")
  const fromVariable = secretOf(takeVariable(LDAP_PASSWORD, sources), sources)
  const password = passwordFile ? secretOf(firstLine(passwordFile, sources), sources) : fromVariable
  const token = secretOf(takeVariable(GRAPH_TOKEN, sources), sources)
  const tenant = textOf(invocation, "entraTenant")
  const client = textOf(invocation, "entraClient")
  return {
    adDs: {
      ...(user && { user }),
      ...(password && { password }),
      ...(caFile && { caFile }),
      ...(isGiven(invocation, "insecureTls") && { insecureTls: true }),
      ...(isGiven(invocation, "kerberos") && { kerberos: true }),
    },
    entra: { ...(token && { token }), ...(tenant && { tenant }), ...(client && { client }) },
  }
}

/** What this process starts need not know it. */
function takeVariable(name: string, { env }: Sources): string | undefined {
  const text = env[name]
  delete env[name]
  return text || undefined
}

/** Editors end a file with a line end, and Windows begins one with a mark. */
function firstLine(path: string, { readFile }: Sources): string | undefined {
  return /^\ufeff?([^\r\n]*)/.exec(decodeText(readFile(path)).text)?.[1]
}

function secretOf(text: string | undefined, { remember }: Sources): Secret | undefined {
  if (text) remember(text)
  return text === undefined ? undefined : Secret.ofText(text)
}
