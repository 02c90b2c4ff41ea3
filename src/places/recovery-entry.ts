/**
 * One `msFVE-RecoveryInformation` object of AD DS, from an export or from the directory itself. Its name is the time of its
 * creation and the key ID, and it stands below its computer:
 * `CN=2023-10-10T10:00:00-08:00{063EA4E1-…},CN=PC1,OU=…` (Microsoft's "Backing up BitLocker and TPM recovery information").
 */
import { parseGuid } from "../bytes/guid.ts"
import { parseKeyPackages } from "../fve/index.ts"
import { candidate, finding, passwordItem } from "./items.ts"
import { findGuids } from "./key-ids.ts"
import type { KeyFacts, PlaceItem } from "./place.ts"
import { plainText } from "./plain-text.ts"
import { findRecoveryPasswords } from "./recovery-passwords.ts"

export interface DirectoryEntry {
  readonly dn: string
  /** By name in lower case, without options such as `;binary`. */
  readonly attributes: ReadonlyMap<string, readonly Uint8Array[]>
}

/** @param place for origins: a file and line, or a server */
export function* keysOfEntry({ dn, attributes }: DirectoryEntry, place: string): Generator<PlaceItem> {
  const facts = { origin: `${place}, ${dn}`, ...factsOf({ dn, attributes }) }
  for (const value of attributes.get("msfve-recoverypassword") ?? []) {
    const [found] = findRecoveryPasswords(plainText(new TextDecoder().decode(value)))
    if (found) yield passwordItem(found, facts)
    else yield broken("recovery-password-malformed", "its recovery password is not 48 digits", facts)
  }
  for (const value of attributes.get("msfve-keypackage") ?? []) {
    const packages = parseKeyPackages(value)
    if (packages.length === 0) yield broken("key-package-malformed", "its key package cannot be read", facts)
    for (const one of packages) {
      const volumeId = facts.volumeId ?? one.volumeId
      yield candidate(facts, { kind: "key-package", keyPackage: { ...one, ...(volumeId && { volumeId }) } })
    }
  }
}

function broken(code: string, what: string, { origin, protectorId }: KeyFacts): PlaceItem {
  return finding(code, `${origin}: ${what}`, { ...(protectorId && { protectorId }) })
}

function factsOf({ dn, attributes }: DirectoryEntry): Omit<KeyFacts, "origin"> {
  const [name = "", parent = ""] = namesOf(dn)
  const protectorId = guidOf(attributes.get("msfve-recoveryguid")?.[0]) ?? findGuids(name)[0]?.id
  const volumeId = guidOf(attributes.get("msfve-volumeguid")?.[0])
  const created = new Date(/^[^{]+/.exec(name)?.[0] ?? "")
  return {
    ...(protectorId && { protectorId }),
    ...(volumeId && { volumeId }),
    ...(parent && { computer: parent }),
    ...(!Number.isNaN(created.getTime()) && { created }),
  }
}

/** Values of a distinguished name, the object's own first; what its rules escape (RFC 4514) stands behind a backslash. */
function namesOf(dn: string): string[] {
  const parts = dn.match(/(?:\\.|[^,\\])+/g) ?? []
  return parts.map((part) =>
    part
      .replace(/^[^=]*=/, "")
      .replace(/\\([^0-9a-f])/gi, "$1")
      .trim(),
  )
}

const GUID_LENGTH = 16

/** Octets as AD DS keeps them, or text as other tools write it. */
function guidOf(value: Uint8Array | undefined): string | undefined {
  if (!value) return undefined
  return value.length === GUID_LENGTH ? parseGuid(value) : findGuids(new TextDecoder().decode(value))[0]?.id
}
