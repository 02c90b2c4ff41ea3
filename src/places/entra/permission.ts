/** What has to be allowed, and what a token says is. */
import type { Secret } from "../../crypto/secret.ts"

/** The right to read keys, as Microsoft's documentation of the recovery keys names it; without it only their IDs can be. */
export const PERMISSION = "BitlockerKey.Read.All"

/**
 * What a token lets its holder do, for messages only: Microsoft calls its inside none of the caller's business, and what cannot be
 * read of it is not known.
 */
export function permissionsOf(token: Secret): readonly string[] | undefined {
  const payload = token.revealText().split(".")[1]
  if (payload === undefined) return undefined
  try {
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>
    const { scp, roles } = claims
    if (typeof scp === "string") return scp.split(" ")
    return Array.isArray(roles) ? roles.filter((role) => typeof role === "string") : undefined
  } catch {
    return undefined
  }
}
