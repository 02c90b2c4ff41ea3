/** `manage-bde -status [VOLUME] [-p]` */
import { EXIT_DONE } from "../errors.ts"
import { type DrivesReport, drivesStatus, volumeStatus } from "../job/status.ts"
import { isGiven } from "./invocation.ts"
import { renderStatus, statusDocument } from "./render-status.ts"
import { inputOf, type Command } from "./session.ts"

/** The answer that scripts of administrators ask for with -p. */
const NOT_PROTECTED = 1

interface AskedStatus extends DrivesReport {
  readonly isAsked: boolean
}

export const status: Command<AskedStatus> = {
  async run(invocation, credentials, context) {
    const isAsked = isGiven(invocation, "protectionAsErrorLevel")
    if (invocation.positionals.length === 0) return { isAsked, ...(await drivesStatus(credentials, context)) }
    const input = inputOf(invocation)
    return { isAsked, inputs: [await volumeStatus({ input, credentials }, context)], unread: [] }
  },
  render: renderStatus,
  document: statusDocument,
  exitCode({ isAsked, inputs }) {
    const isProtected = inputs.every(({ volumes }) => volumes.every(({ protection }) => protection === "on"))
    return isAsked && !isProtected ? NOT_PROTECTED : EXIT_DONE
  },
}
