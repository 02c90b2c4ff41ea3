/**
 * Active Directory as a place for keys: recovery passwords and key packages that Windows backed up to the computer's account
 * (msFVE-RecoveryInformation), asked of a domain controller now. Only reads, and only over an encrypted connection.
 */
import { UsageError } from "../../errors.ts"
import { finding } from "../items.ts"
import type { KeyPlace, PlaceContext, PlaceItem, WantedKeys } from "../place.ts"
import { keysOfEntry } from "../recovery-entry.ts"
import { type Directory, openDirectory } from "./directory.ts"
import { noRight, showsNothing } from "./failures.ts"
import { findEntries, showsRecoveryInformation } from "./find-entries.ts"
import { present } from "./filter.ts"
import { Scope } from "./messages.ts"
import { hasKeyPackage, hasPassword, keyIdOf, shown } from "./recovery-information.ts"
import type { AdDsSettings } from "./settings.ts"
import { type AdDsSpec, parseAdDsSpec } from "./spec.ts"

export type { AdDsSettings } from "./settings.ts"

/** @param spec `ldaps://dc.example.com`, see `spec.ts` @throws UsageError */
export function openAdDs(spec: string, settings: AdDsSettings): KeyPlace {
  const target = parseAdDsSpec(spec)
  return { spec, search: (wanted, context) => search(target, settings, wanted, context) }
}

async function* search(
  spec: AdDsSpec,
  settings: AdDsSettings,
  wanted: WantedKeys,
  context: PlaceContext,
): AsyncGenerator<PlaceItem> {
  if (settings.insecureTls) {
    const text = `the certificate of ${spec.host} is not checked: whoever answers there learns the password`
    context.notice("insecure-tls", text)
  }
  const directory = await openDirectory(spec, settings, context)
  try {
    const base = spec.base ?? (await domainOf(directory, spec))
    yield* keysOf(directory, { ...spec, base }, spec.base === undefined, wanted, settings.user ?? "you")
  } finally {
    directory.close()
  }
}

async function* keysOf(
  directory: Directory,
  target: AdDsSpec & { readonly base: string },
  isWholeDomain: boolean,
  wanted: WantedKeys,
  user: string,
): AsyncGenerator<PlaceItem> {
  const seen = new Set<string>()
  /** Key IDs of what may not be read: of what was asked for, and of other drives. */
  const hidden: string[] = []
  const others: string[] = []
  let readable = 0
  let isReferred = false
  let isCut = false
  for await (const hit of findEntries(directory, target, wanted, isWholeDomain)) {
    if (hit.kind === "cut") isCut = true
    if (hit.kind === "reference") isReferred ||= hit.urls.some(isElsewhere)
    if (hit.kind !== "entry" || seen.has(hit.entry.dn)) continue
    const { entry } = hit
    seen.add(entry.dn)
    const keyId = keyIdOf(entry)
    if (!hasPassword(entry) && !isAskedFor(keyId, wanted)) {
      others.push(keyId ?? shown(entry))
    } else if (!hasPassword(entry)) {
      hidden.push(keyId ?? shown(entry))
      const words = `${shown(entry)}: the recovery password is there, and ${user} may not read it`
      yield finding("recovery-password-hidden", words, keyId ? { protectorId: keyId } : {})
    }
    if (!hasPassword(entry) && !hasKeyPackage(entry)) continue
    readable++
    yield* keysOfEntry({ ...entry, dn: shown(entry) }, target.host)
  }
  if (isReferred) yield referred(target)
  if (isCut) yield cut(target)
  if (readable > 0) return
  if (hidden.length > 0) throw noRight(target, user, hidden)
  if (others.length > 0) return yield otherKeys(target, others)
  if (!(await showsRecoveryInformation(directory, target.base))) throw showsNothing(target, user, target.base)
}

/** Where no key ID is asked for, each may be the one. */
function isAskedFor(keyId: string | undefined, { protectorIds, shortIds }: WantedKeys): boolean {
  if (keyId === undefined || protectorIds.length + shortIds.length === 0) return true
  return protectorIds.includes(keyId) || shortIds.some((short) => keyId.startsWith(short))
}

/** What the server says of itself (RFC 4512 section 5.1; the attribute is Active Directory's). */
async function domainOf(directory: Directory, { host }: AdDsSpec): Promise<string> {
  const attribute = "defaultNamingContext"
  const rootDse = { base: "", scope: Scope.base, filter: present("objectClass"), attributes: [attribute] }
  for await (const hit of directory.search(rootDse)) {
    const [name] = hit.kind === "entry" ? (hit.entry.attributes.get(attribute.toLowerCase()) ?? []) : []
    if (name) return new TextDecoder().decode(name)
  }
  throw new UsageError("place-malformed", `${host} does not say which domain it serves`, {
    next: ["name the part of the directory to search: ldaps://dc.example.com/DC=example,DC=com"],
  })
}

/** Every domain controller refers to these parts of its own forest; no computer has its account there. */
const isElsewhere = (url: string): boolean =>
  !/^ldaps?:\/\/[^/]*\/(CN=Configuration|DC=(Domain|Forest)DnsZones),/i.test(url)

function otherKeys({ host }: AdDsSpec, keyIds: readonly string[]): PlaceItem {
  const text = `${host}: the computer has ${keyIds.length} other keys there, and none of a key ID that the drive asks for`
  return finding("directory-other-keys", text, { protectorIds: keyIds })
}

function cut({ host }: AdDsSpec): PlaceItem {
  return finding(
    "directory-cut",
    `${host}: there is more than one search brings: name the computer to see all of it`,
  )
}

function referred({ host }: AdDsSpec): PlaceItem {
  const text = `${host}: other servers hold more of the directory; they are asked only when they are named themselves`
  return finding("directory-referral", text)
}
