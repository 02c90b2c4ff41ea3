/**
 * Microsoft Entra ID as a place for keys: the recovery passwords that Windows backed up to the organisation, read through
 * Microsoft Graph. There are no key packages in Entra ID.
 */
import { UsageError } from "../../errors.ts"
import { finding, passwordItem } from "../items.ts"
import type { KeyPlace, PlaceContext, PlaceItem, WantedKeys } from "../place.ts"
import { plainText } from "../plain-text.ts"
import { findRecoveryPasswords } from "../recovery-passwords.ts"
import { openAccessToken } from "./access-token.ts"
import { Graph, type RecoveryKey } from "./graph.ts"
import type { EntraSettings } from "./settings.ts"
import { type EntraSpec, parseEntraSpec } from "./spec.ts"
import { type EntraWorld, WORLD } from "./world.ts"

export type { EntraSettings } from "./settings.ts"

/** @param spec `entra:`, see `spec.ts` @throws UsageError */
export function openEntra(spec: string, settings: EntraSettings, world: EntraWorld = WORLD): KeyPlace {
  const target = parseEntraSpec(spec)
  for (const name of [settings.tenant, settings.client]) if (name !== undefined) checkName(name)
  return { spec, search: (wanted, context) => search(target, settings, world, wanted, context) }
}

/** They stand in addresses and, of the Azure CLI, on a command line. */
function checkName(name: string): void {
  if (/^\w[\w.-]*$/.test(name)) return
  throw new UsageError(
    "entra-name-malformed",
    `${name} is no name of an organisation or application in Entra ID`,
    {
      next: ["give a domain name such as example.com, or a GUID"],
    },
  )
}

/** Of keys that are read: each is an entry in somebody's audit log. */
const MOST_KEYS = 200

async function* search(
  spec: EntraSpec,
  settings: EntraSettings,
  world: EntraWorld,
  wanted: WantedKeys,
  context: PlaceContext,
): AsyncGenerator<PlaceItem> {
  if (!spec.device && !asksForKeys(wanted)) throw tooWide()
  const token = await openAccessToken(spec.cloud, settings, world, context)
  const graph = new Graph(spec.cloud.graph, token, world, context)
  const keys = await findKeys(graph, spec, wanted)
  if (keys.length === 0) return
  context.notice(
    "entra-audit",
    `Entra ID writes into its audit log that you read ${keysInWords(Math.min(keys.length, MOST_KEYS))}`,
  )
  const hidden: string[] = []
  for (const key of keys.slice(0, MOST_KEYS)) {
    const digits = await graph.read(key.id)
    if (digits === undefined) hidden.push(key.id)
    yield digits === undefined ? hiddenKey(key) : itemOf(key, digits)
  }
  if (keys.length > MOST_KEYS)
    yield finding(
      "entra-cut",
      `Entra ID: there are more than ${MOST_KEYS} keys, and the others were not read`,
    )
  if (hidden.length === Math.min(keys.length, MOST_KEYS)) throw graph.noRight()
}

/** By looking up each ID, and by the list only what that cannot find. */
async function findKeys(graph: Graph, { device }: EntraSpec, wanted: WantedKeys): Promise<RecoveryKey[]> {
  const found = new Map<string, RecoveryKey>()
  if (device !== undefined) {
    for await (const key of graph.list(device)) {
      found.set(key.id, key)
      if (found.size > MOST_KEYS) break
    }
    return [...found.values()]
  }
  for (const id of wanted.protectorIds) {
    const key = await graph.find(id)
    if (key) found.set(id, key)
  }
  const shortIds = wanted.shortIds.filter((short) => !wanted.protectorIds.some((id) => id.startsWith(short)))
  if (shortIds.length === 0) return [...found.values()]
  for await (const key of graph.list()) {
    if (shortIds.some((short) => key.id.startsWith(short))) found.set(key.id, key)
    if (found.size > MOST_KEYS) break
  }
  return [...found.values()]
}

const asksForKeys = ({ protectorIds, shortIds }: WantedKeys): boolean =>
  protectorIds.length + shortIds.length > 0

function itemOf(key: RecoveryKey, digits: string): PlaceItem {
  const { id, created } = key
  const origin = originOf(key)
  const [found] = findRecoveryPasswords(plainText(digits))
  if (found) return passwordItem(found, { origin, protectorId: id, ...(created && { created }) })
  const text = `${origin}: the recovery password of the key ID ${id} is not 48 digits`
  return finding("recovery-password-malformed", text, { protectorId: id })
}

function hiddenKey(key: RecoveryKey): PlaceItem {
  const text = `${originOf(key)}: the recovery password of the key ID ${key.id} is there, and you may not read it`
  return finding("recovery-password-hidden", text, { protectorId: key.id })
}

function originOf({ deviceId, volume }: RecoveryKey): string {
  return ["Entra ID", ...(deviceId ? [`device ${deviceId}`] : []), ...(volume ? [volume] : [])].join(", ")
}

const keysInWords = (count: number): string => (count === 1 ? "one recovery key" : `${count} recovery keys`)

function tooWide(): UsageError {
  return new UsageError(
    "place-too-wide",
    "the drive shows no key ID, and the place is all of an organisation",
    {
      next: ["name the device: entra:?device=GUID, its device ID as Entra ID shows it"],
    },
  )
}
