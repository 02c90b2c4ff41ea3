/**
 * What the figures are held against. "Less start and unlock" is the whole time less the time on the tiny volume, of every
 * program; "start included" is the harder account: our whole time with the FVEK in hand, and nothing but the key stretch left
 * out. A target whose programs were not all there is left out, and so are those of decryption on volumes below 1 GiB, where
 * the start is most of the time.
 */
import type { Report, Timing } from "./report.ts"

export interface Target {
  readonly what: string
  readonly measured: string
  readonly bound: string
  readonly isReached: boolean
}

const GIB = 1024 ** 3
const CLINIC_CORES = 2
const CANDIDATES_PER_SECOND = 5
const OURS = "repair-bde"
const OURS_WITHOUT_UNLOCK = "repair-bde --fvek"

export function findTargets(report: Report): Target[] {
  const judged = report.size < GIB ? [] : report.decryption
  const decryption = judged.flatMap(({ method, timings }) => decryptionTargets(report, method, timings))
  return [...decryption, ...shortTargets(report), locateTarget(report), clinicTarget(report)].filter(
    (target) => target !== undefined,
  )
}

function decryptionTargets(
  { size }: Report,
  method: string,
  timings: readonly Timing[],
): (Target | undefined)[] {
  const find = (name: string): Timing | undefined =>
    timings.find(({ contestant, whole }) => contestant === name && whole)
  const ours = find(OURS)
  const accounts = [
    { how: "less start and unlock", work: net(ours) },
    { how: "start included", work: find(OURS_WITHOUT_UNLOCK)?.whole?.wallMs },
  ]
  const dislocker = net(find("dislocker-file"))
  const bdemount = net(find("bdemount + copy"))
  const copy = find("dd bs=1M")?.whole?.wallMs
  const isXts = method.startsWith("xts")
  const isDiffuser = method.startsWith("diffuser")
  return [
    ...accounts.flatMap(({ how, work }) => [
      faster(`${method}: as fast as dislocker-file, ${how}`, dislocker, work, isDiffuser ? 8 : 3.5),
      isDiffuser ? undefined : faster(`${method}: as fast as bdemount + copy, ${how}`, bdemount, work, 8),
      isXts ? slower(`${method}: as long as dd, ${how}`, work, copy, 1.8) : undefined,
    ]),
    isXts && ours?.whole
      ? atMost(
          `${method}: CPU seconds for a GiB, unlock included`,
          (ours.whole.cpuMs / 1000) * (GIB / size),
          1.3,
        )
      : undefined,
    ours?.whole ? atMost(`${method}: peak MB`, ours.whole.peakBytes / 1e6, 250) : undefined,
  ]
}

function shortTargets({ short }: Report): (Target | undefined)[] {
  const find = (name: string): ReturnType<typeof short.find> => short.find(({ what }) => what === name)
  const start = find("cold start")
  const unlock = find("unlock")
  const huge = find("inspect of a 15 TiB disk image")
  return [
    slower("--help: as long as node -e 0", start?.cost.wallMs, start?.against?.cost.wallMs, 2.5),
    slower("check: as long as bdeinfo", unlock?.cost.wallMs, unlock?.against?.cost.wallMs, 1.15),
    huge ? atMost("inspect of 15 TiB: seconds", huge.cost.wallMs / 1000, 1) : undefined,
  ]
}

function locateTarget({ locate: { size, share } }: Report): Target | undefined {
  if (size < 4 * GIB) return undefined
  return {
    what: "locate: share of the speed of cat",
    measured: share.toFixed(2),
    bound: "at least 0.7",
    isReached: share >= 0.7,
  }
}

function clinicTarget({ clinic, machine }: Report): Target | undefined {
  if (machine.cores < CLINIC_CORES) return undefined
  const perSecond = (clinic.candidateCount * 1000) / clinic.cost.wallMs
  return {
    what: "keys clinic: candidates a second",
    measured: perSecond.toFixed(1),
    bound: `at least ${CANDIDATES_PER_SECOND}`,
    isReached: perSecond >= CANDIDATES_PER_SECOND,
  }
}

function net(timing: Timing | undefined): number | undefined {
  return timing?.whole && timing.tiny ? timing.whole.wallMs - timing.tiny.wallMs : undefined
}

function faster(
  what: string,
  theirs: number | undefined,
  ours: number | undefined,
  times: number,
): Target | undefined {
  if (theirs === undefined || ours === undefined) return undefined
  const ratio = theirs / ours
  return {
    what,
    measured: `${ratio.toFixed(1)} times`,
    bound: `at least ${times}`,
    isReached: ratio >= times,
  }
}

function slower(
  what: string,
  ours: number | undefined,
  theirs: number | undefined,
  times: number,
): Target | undefined {
  if (theirs === undefined || ours === undefined) return undefined
  const ratio = ours / theirs
  return { what, measured: `${ratio.toFixed(2)} times`, bound: `at most ${times}`, isReached: ratio <= times }
}

function atMost(what: string, measured: number, bound: number): Target {
  return { what, measured: measured.toPrecision(3), bound: `at most ${bound}`, isReached: measured <= bound }
}
