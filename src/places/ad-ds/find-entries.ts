/**
 * The recovery information that a directory keeps for a drive. Each is an object of the class msFVE-RecoveryInformation below
 * the computer's account, and its name ends in the key ID: `2023-10-10T10:00:00-08:00{063EA4E1-…}`.
 *
 * GUIDs are asked for as the 16 bytes in which they are kept, in Microsoft's order; these searches have an index. The name is
 * searched only for what that did not find: a help desk has eight characters and no GUID.
 *
 * By default only Domain Admins may read anything of such an object, its class included, and a search for what one may not read
 * finds nothing (observed: Samba 4.17). Below a known computer everything is therefore asked for: names are shown then, and
 * what may not be read can be told from what is not there.
 */
import { UsageError } from "../../errors.ts"
import { serializeGuid } from "../../bytes/guid.ts"
import type { WantedKeys } from "../place.ts"
import type { Hit } from "./connection.ts"
import type { Directory } from "./directory.ts"
import { type Filter, all, any, contains, equal, present } from "./filter.ts"
import { type Entry, Scope } from "./messages.ts"
import { hasPassword, keyIdOf } from "./recovery-information.ts"
import type { AdDsSpec } from "./spec.ts"

const ATTRIBUTES = [
  "cn",
  "msFVE-RecoveryPassword",
  "msFVE-RecoveryGuid",
  "msFVE-VolumeGuid",
  "msFVE-KeyPackage",
  "whenCreated",
]
const IS_RECOVERY_INFORMATION = equal("objectClass", "msFVE-RecoveryInformation")
/** More computers of one name than this are no computer's name. */
const MOST_COMPUTERS = 20

/** Where to search: the spec with its base known. */
export type Target = AdDsSpec & { readonly base: string }

/** Entries may come more than once. @throws UsageError when nothing says which of a whole directory */
export async function* findEntries(
  directory: Directory,
  target: Target,
  wanted: WantedKeys,
  isWholeDomain: boolean,
): AsyncGenerator<Hit> {
  const { base, computer } = target
  if (computer !== undefined) return yield* ofComputers(directory, base, [computer])
  const found: Entry[] = []
  yield* noting(found, byGuid(wanted))
  yield* noting(found, byName(wanted, found))
  if (found.length > 0) return
  if (wanted.computers.length > 0) yield* ofComputers(directory, base, wanted.computers)
  else if (!asksForKeys(wanted)) yield* everything(directory, base, isWholeDomain)

  async function* noting(found: Entry[], filter: Filter | undefined): AsyncGenerator<Hit> {
    if (!filter) return
    for await (const hit of below(directory, base, all(IS_RECOVERY_INFORMATION, filter))) {
      if (hit.kind === "entry") found.push(hit.entry)
      yield hit
    }
  }
}

/** Whether anything of this kind can be seen at all below a name. */
export async function showsRecoveryInformation(directory: Directory, base: string): Promise<boolean> {
  const search = {
    base,
    scope: Scope.subtree,
    filter: IS_RECOVERY_INFORMATION,
    attributes: ["cn"],
    sizeLimit: 1,
  }
  for await (const hit of directory.search(search)) if (hit.kind === "entry") return true
  return false
}

const asksForKeys = ({ protectorIds, volumeIds, shortIds }: WantedKeys): boolean =>
  protectorIds.length + volumeIds.length + shortIds.length > 0

function byGuid({ protectorIds, volumeIds }: WantedKeys): Filter | undefined {
  const filters = [
    ...protectorIds.map((id) => equal("msFVE-RecoveryGuid", serializeGuid(id))),
    ...volumeIds.map((id) => equal("msFVE-VolumeGuid", serializeGuid(id))),
  ]
  return filters.length > 0 ? any(...filters) : undefined
}

/** Of what was not found yet, or was without what is wanted of it. */
function byName({ protectorIds, shortIds }: WantedKeys, found: readonly Entry[]): Filter | undefined {
  const done = new Set(found.filter(hasPassword).map(keyIdOf))
  const filters = [
    ...protectorIds.filter((id) => !done.has(id)).map((id) => contains("name", `{${id}}`)),
    ...shortIds
      .filter((short) => ![...done].some((id) => id?.startsWith(short)))
      .map((short) => contains("name", `{${short}-`)),
  ]
  return filters.length > 0 ? any(...filters) : undefined
}

function below(directory: Directory, base: string, filter: Filter): AsyncIterable<Hit> {
  return directory.search({ base, scope: Scope.subtree, filter, attributes: ATTRIBUTES })
}

async function* ofComputers(
  directory: Directory,
  base: string,
  names: readonly string[],
): AsyncGenerator<Hit> {
  const filters = names.flatMap((name) => [
    equal("sAMAccountName", `${name}$`),
    equal("cn", name),
    equal("dNSHostName", name),
  ])
  const accounts: string[] = []
  const filter = all(equal("objectClass", "computer"), any(...filters))
  for await (const hit of directory.search({ base, scope: Scope.subtree, filter, attributes: ["cn"] })) {
    if (hit.kind === "entry") accounts.push(hit.entry.dn)
    else yield hit
  }
  for (const account of accounts.slice(0, MOST_COMPUTERS)) {
    for await (const hit of below(directory, account, present("objectClass"))) {
      // The account itself, its printers and services.
      if (hit.kind !== "entry" || keyIdOf(hit.entry) !== undefined) yield hit
    }
  }
}

async function* everything(directory: Directory, base: string, isWholeDomain: boolean): AsyncGenerator<Hit> {
  if (isWholeDomain) {
    throw new UsageError("place-too-wide", "the drive shows no key ID, and the place is a whole directory", {
      next: [
        "name the computer: ldaps://dc.example.com?computer=NAME",
        "or the part of the directory that holds it: ldaps://dc.example.com/CN=PC01,OU=…,DC=example,DC=com",
      ],
    })
  }
  yield* below(directory, base, IS_RECOVERY_INFORMATION)
}
