/**
 * A run for a script (`docs/json.md`). Commands that take long write one line for each event and one for the result; the
 * others write one document. Progress comes once a second at most, and at the end of each phase.
 */
import type { JobEvent } from "../job/events.ts"
import { programOf } from "./commands.ts"
import { progressTicker } from "./progress-ticker.ts"
import type { ReporterOptions, StatefulReporter } from "./reporters.ts"

const PROGRESS_INTERVAL_MS = 1000

export function jsonReporter({ streams, command, quiet, now }: ReporterOptions): StatefulReporter {
  // A person may watch while standard output goes to a script; lines in between would disturb nobody but help nobody.
  const ticker = progressTicker(streams, { quiet: quiet || !streams.isTerminal, now })
  const isLines = command === "repair" || command === "keys clinic"
  const print = (document: object): void =>
    streams.out(isLines ? JSON.stringify(document) : JSON.stringify(document, null, 2))
  let lastProgress = -Infinity

  const isDue = (event: JobEvent): boolean => {
    if (event.type !== "progress") return true
    if (quiet) return false
    if (event.done < event.total && now() - lastProgress < PROGRESS_INTERVAL_MS) return false
    lastProgress = now()
    return true
  }

  return {
    event(event) {
      ticker.event(event)
      if (isLines && isDue(event)) print(event)
      // One document comes too late for what has to be said before.
      if (!isLines && event.type === "notice" && !quiet) streams.err(`${programOf(command)}: ${event.text}`)
    },
    warning: (text) => streams.err(`${programOf(command)}: warning: ${text}`),
    result({ document }) {
      ticker.close()
      print(isLines ? { type: "result", result: document } : document)
    },
    failure({ document, lines, error }) {
      ticker.close()
      print(document)
      if (!error) for (const line of lines) streams.err(line)
    },
    state: ticker.state,
    close: ticker.close,
  }
}
