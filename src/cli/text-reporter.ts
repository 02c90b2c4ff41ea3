/** A run for a person: the progress, what happens meanwhile, and the result at the end. */
import type { JobEvent } from "../job/events.ts"
import { programOf } from "./commands.ts"
import { progressTicker } from "./progress-ticker.ts"
import { isForPeople, isUrgent, renderEvent } from "./render-event.ts"
import type { ReporterOptions, StatefulReporter } from "./reporters.ts"

export function textReporter({ streams, command, quiet, now }: ReporterOptions): StatefulReporter {
  const ticker = progressTicker(streams, { quiet, now })
  // The answers of the other commands hold all of this, in their own order.
  const tells = (event: JobEvent): boolean => {
    // How long it takes, and what others will see of it, has to be said before.
    if (event.type === "search" || event.type === "notice") return !quiet
    return command === "repair" && (quiet ? isUrgent(event) : isForPeople(event))
  }
  return {
    event(event) {
      ticker.event(event)
      if (!tells(event)) return
      const line = renderEvent(event)
      if (line) streams.err(line)
    },
    warning: (text) => streams.err(`${programOf(command)}: warning: ${text}`),
    result({ lines }) {
      ticker.close()
      for (const line of lines) streams.out(line)
    },
    failure({ lines }) {
      ticker.close()
      for (const line of lines) streams.err(line)
    },
    state: ticker.state,
    close: ticker.close,
  }
}
