/** Keys out of places, for whoever names any: nothing of them is loaded for others. */
import type { OpenInput } from "./open-input.ts"
import type { CheckRequest, JobContext } from "./requests.ts"

/** The request with everything that its places hold for this input, and without the places. */
export async function bringKeys<R extends CheckRequest>(
  request: R,
  input: OpenInput,
  context: JobContext,
): Promise<R> {
  const { places, ...rest } = request
  if (!places) return request
  const { keysFromPlaces } = await import("./keys-from-places.ts")
  const { credentials, keyPackages } = await keysFromPlaces(places, input, request, context)
  return {
    ...(rest as R),
    credentials: [...request.credentials, ...credentials],
    keyPackages: [...(request.keyPackages ?? []), ...keyPackages],
  }
}
