/** `repair-bde INPUT -nov …` */
import type { InPlaceReport } from "../job/patch-report.ts"
import { repairInPlace as repairDrive } from "../job/repair-in-place.ts"
import { isGiven, textOf, textsOf } from "./invocation.ts"
import { keyPlacesOf } from "./key-places.ts"
import { renderInPlace } from "./render-patch.ts"
import { inputOf, type Command } from "./session.ts"

export const repairInPlace: Command<InPlaceReport> = {
  run(invocation, credentials, context, sources) {
    const yesWriteTo = textOf(invocation, "yesWriteTo")
    const undoFile = textOf(invocation, "undoFile")
    const places = keyPlacesOf(invocation, "keys", sources)
    const request = {
      input: inputOf(invocation),
      credentials,
      keyPackages: textsOf(invocation, "keyPackage"),
      dryRun: isGiven(invocation, "dryRun"),
      ...(places && { places }),
      ...(yesWriteTo !== undefined && { yesWriteTo }),
      ...(undoFile !== undefined && { undoFile }),
    }
    return repairDrive(request, context)
  },
  render: renderInPlace,
  exitCode: ({ exitCode }) => exitCode,
}
