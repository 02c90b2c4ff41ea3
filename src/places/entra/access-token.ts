/**
 * Where a token for Microsoft Graph comes from: whoever starts the program, the Azure CLI when it is logged in, or the person, by a
 * code that is typed into a browser on any device.
 */
import { DirectoryError } from "../../errors.ts"
import { Secret } from "../../crypto/secret.ts"
import type { PlaceContext } from "../place.ts"
import { tokenByDeviceCode } from "./device-code.ts"
import type { EntraSettings } from "./settings.ts"
import type { Cloud } from "./spec.ts"
import type { EntraWorld } from "./world.ts"

/** @throws DirectoryError when there is none to be had */
export async function openAccessToken(
  cloud: Cloud,
  settings: EntraSettings,
  world: EntraWorld,
  context: PlaceContext,
): Promise<Secret> {
  const token = settings.token ?? (await acquireToken(cloud, settings, world, context))
  context.remember?.(token)
  return token
}

async function acquireToken(
  cloud: Cloud,
  settings: EntraSettings,
  world: EntraWorld,
  context: PlaceContext,
): Promise<Secret> {
  const token = await tokenOfAz(cloud, settings, world, context)
  if (token) return token
  const msal = await world.msal()
  if (!msal) throw noToken()
  return tokenByDeviceCode(msal, cloud, settings, world, context)
}

async function tokenOfAz(
  { graph }: Cloud,
  { tenant }: EntraSettings,
  { az }: EntraWorld,
  { signal }: PlaceContext,
): Promise<Secret | undefined> {
  const organisation = tenant === undefined ? [] : ["--tenant", tenant]
  const args = ["account", "get-access-token", "--resource", graph, ...organisation, "--output", "json"]
  const answer = await az(args, signal)
  if (signal.aborted) throw signal.reason
  const text = answer?.isDone && /"accessToken"\s*:\s*"([^"\s]+)"/.exec(answer.stdout)?.[1]
  return text ? Secret.ofText(text) : undefined
}

function noToken(): DirectoryError {
  return new DirectoryError(
    "no-entra-token",
    "Entra ID has to be told who asks, and the Azure CLI is not logged in",
    {
      next: [
        "log in with `az login`, or set REPAIR_BDE_GRAPH_TOKEN to an access token for Microsoft Graph",
        "or run `npm install -g @azure/msal-node`, to log in with a code in a browser",
      ],
    },
  )
}
