/** Shows the progress: every tenth of a second in the status line of a terminal, as a plain line every half minute elsewhere. */
import type { JobEvent } from "../job/events.ts"
import { Progress } from "./progress.ts"
import type { Streams } from "./streams.ts"

const TERMINAL_INTERVAL_MS = 100
const PLAIN_INTERVAL_MS = 30_000

export interface ProgressTicker {
  event(event: JobEvent): void
  /** The line as of now. */
  state(): string
  close(): void
}

export function progressTicker(
  streams: Streams,
  { quiet, now }: { readonly quiet: boolean; readonly now: () => number },
): ProgressTicker {
  const progress = new Progress()
  const state = (): string => progress.line(now())
  let timer: NodeJS.Timeout | undefined

  // Not before the job has begun: until then somebody may be typing a password.
  const start = (): void => {
    const show = streams.isTerminal
      ? () => streams.status(state())
      : () => streams.err(`repair-bde: ${state()}`)
    timer = setInterval(show, streams.isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS).unref()
  }
  return {
    event(event) {
      progress.event(event, now())
      if (!quiet && !timer) start()
    },
    state,
    close() {
      clearInterval(timer)
      if (streams.isTerminal) streams.status("")
    },
  }
}
