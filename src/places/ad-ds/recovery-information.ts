/** What can be told of an msFVE-RecoveryInformation object without reading its keys. */
import { parseGuid } from "../../bytes/guid.ts"
import type { Entry } from "./messages.ts"

const GUID_LENGTH = 16
/** The end of the name (the key ID); the commas of what holds it follow. */
const KEY_ID = /^CN=[^,]*\{([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}/i

/** By the attribute, else by the name, which is readable more often. */
export function keyIdOf({ dn, attributes }: Entry): string | undefined {
  const guid = attributes.get("msfve-recoveryguid")?.[0]
  if (guid?.length === GUID_LENGTH) return parseGuid(guid)
  return KEY_ID.exec(dn)?.[1]?.toUpperCase()
}

/**
 * The class has two attributes that every object of it must have, and the recovery password is one of them. So an object that
 * comes without it has one, and keeps it from whoever asks.
 */
export function hasPassword({ attributes }: Entry): boolean {
  return (attributes.get("msfve-recoverypassword")?.length ?? 0) > 0
}

export function hasKeyPackage({ attributes }: Entry): boolean {
  return (attributes.get("msfve-keypackage")?.length ?? 0) > 0
}

/** For people: the name came over the net, and a terminal obeys what it is sent. */
export function shown({ dn }: Entry): string {
  return dn.replace(/\p{Cc}/gu, "?")
}
