/**
 * How far the job is, as one line: a status line on a terminal, a plain line every 30 seconds elsewhere. The state is
 * pure: it is told the events and the time, and a timer outside asks for the line.
 */
import type { JobEvent, Phase } from "../job/events.ts"
import { formatDuration, formatPercent, formatSize, formatSpeed } from "./quantities.ts"

const WORDS: Readonly<Record<Phase, string>> = {
  locate: "looking for the volume",
  unlock: "trying the credentials",
  plan: "planning",
  decrypt: "decrypting",
  write: "writing to the drive",
  proof: "proving the result",
  search: "trying candidates",
}
/** Long enough for speed and time left. */
const COUNTS_BYTES: ReadonlySet<Phase> = new Set(["locate", "decrypt"])
const BYTES = { amount: formatSize, speed: formatSpeed }
const CANDIDATES = { amount: String, speed: (perSecond: number) => `${perSecond.toFixed(1)} a second` }
/** Speed is that of the last ten seconds: a disk that slows down shows at once. */
const WINDOW_MS = 10_000
const SAMPLE_MS = 100
/** Before that a speed is a guess. */
const SETTLED_MS = 500

interface Sample {
  readonly atMs: number
  readonly done: number
}

export class Progress {
  #phase: Phase = "locate"
  #done = 0
  #total = 0
  #unreadable = 0
  #rescue: string | undefined
  #samples: Sample[] = []

  event(event: JobEvent, nowMs: number): void {
    if (event.type !== "phase" && event.type !== "progress") return
    if (event.phase !== this.#phase) {
      this.#phase = event.phase
      this.#done = this.#total = 0
      this.#samples = []
      this.#rescue = undefined
    }
    if (event.type === "phase") return
    this.#done = event.done
    this.#total = event.total
    this.#unreadable = event.unreadable
    this.#rescue = event.rescue && `${event.rescue.pass}, bad areas: ${event.rescue.badAreas}`
    const last = this.#samples.at(-1)
    if (last && nowMs - last.atMs < SAMPLE_MS) return
    const old = this.#samples.findLastIndex(({ atMs }) => nowMs - atMs >= WINDOW_MS)
    if (old > 0) this.#samples.splice(0, old)
    this.#samples.push({ atMs: nowMs, done: event.done })
  }

  /** `decrypting  42.3 %  4.2 GiB of 10 GiB  845 MB/s  0:07 left  4 KiB unreadable  trim, bad areas: 2` */
  line(nowMs: number): string {
    const parts = [WORDS[this.#phase]]
    if (this.#total > 0) parts.push(formatPercent(this.#done, this.#total))
    const shown = this.#phase === "search" ? CANDIDATES : COUNTS_BYTES.has(this.#phase) ? BYTES : undefined
    if (shown && this.#total > 0) {
      parts.push(`${shown.amount(this.#done)} of ${shown.amount(this.#total)}`)
      const speed = this.#perSecond(nowMs)
      if (speed > 0) {
        parts.push(shown.speed(speed), `${formatDuration((this.#total - this.#done) / speed)} left`)
      }
    }
    if (this.#unreadable > 0) parts.push(`${formatSize(this.#unreadable)} unreadable`)
    if (this.#rescue) parts.push(this.#rescue)
    return parts.join("  ")
  }

  #perSecond(nowMs: number): number {
    const first = this.#samples[0]
    if (!first || nowMs - first.atMs < SETTLED_MS) return 0
    return ((this.#done - first.done) * 1000) / (nowMs - first.atMs)
  }
}
