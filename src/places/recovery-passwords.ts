/**
 * Recovery passwords in a text of any language, by their structure alone: eight groups of six digits, each a multiple of 11.
 * Chance makes eight such groups once in two hundred million, so that no word has to say what they are.
 */
import {
  type GroupFault,
  type RecoveryPasswordCredential,
  faultOfGroup,
  parseRecoveryPassword,
} from "../credential/index.ts"

export type FoundPassword = {
  /** In characters of the text. */
  readonly at: number
  readonly end: number
} & (
  | { readonly credential: RecoveryPasswordCredential }
  /** Six groups at least are right, so it is one that was mistyped, or read wrong by a machine. */
  | { readonly faults: readonly GroupFault[] }
)

const GROUPS = 8
const DIGITS = 6
const FEWEST_RIGHT = 6
/** Blanks, dashes, quotes and line ends between two groups; no letter and no digit. */
const LONGEST_GAP = 12
/** Digits, and the letters that are taken for them; groups may stand together without a gap. */
const RUN = /(?<![\p{L}\p{N}])[\dOoQIliSsBbZzGg]{5,48}(?![\p{L}\p{N}])/gu

/** In the order of the text, none within another. The text is plain (`plainText`). */
export function* findRecoveryPasswords(text: string): Generator<FoundPassword> {
  let chain: Group[] = []
  for (const group of groupsOf(text)) {
    const last = chain.at(-1)
    if (last && group.at - last.end > LONGEST_GAP) {
      while (chain.length >= GROUPS) yield* takeFirst(chain)
      chain = []
    }
    chain.push(group)
    // With fewer ahead, a window that fits better might not be seen yet.
    if (chain.length === 2 * GROUPS) yield* takeFirst(chain)
  }
  while (chain.length >= GROUPS) yield* takeFirst(chain)
}

/**
 * Takes from the chain what its first group belongs to. Numbers may stand before a password, and one in eleven of them could be
 * a group: so the window of eight groups counts that has the most right ones, and of such the one whose gaps are alike.
 */
function takeFirst(chain: Group[]): FoundPassword[] {
  const windows = Array.from({ length: Math.min(GROUPS, chain.length - GROUPS + 1) }, (_, at) => {
    const groups = chain.slice(at, at + GROUPS)
    return { at, groups, right: countRight(groups), isAlike: hasGapsAlike(groups) }
  })
  const most = Math.max(...windows.map(({ right }) => right))
  const best = windows.filter(({ right }) => right === most)
  const { at, groups } = best.find(({ isAlike }) => isAlike) ?? best[0]!
  if (most < FEWEST_RIGHT || at > 0) {
    chain.splice(0, most < FEWEST_RIGHT ? 1 : at)
    return []
  }
  chain.splice(0, GROUPS)
  return [readGroups(groups)]
}

function hasGapsAlike([, second, ...others]: readonly Group[]): boolean {
  return others.every(({ gap }) => gap === second?.gap)
}

function countRight(groups: readonly Group[]): number {
  return groups.filter(({ isRight }) => isRight).length
}

function readGroups(groups: readonly Group[]): FoundPassword {
  const where = { at: groups[0]!.at, end: groups.at(-1)!.end }
  const faults = groups.flatMap(({ digits }, i) => {
    const reason = faultOfGroup(digits)
    return reason ? [{ group: i + 1, reason }] : []
  })
  if (faults.length > 0) return { ...where, faults }
  const text = groups.map(({ digits }) => digits).join("-")
  return { ...where, credential: parseRecoveryPassword(text) }
}

interface Group {
  readonly at: number
  readonly end: number
  readonly digits: string
  readonly isRight: boolean
  /** What stands before it; as much as can stand within a password. */
  readonly gap: string
}

function* groupsOf(text: string): Generator<Group> {
  let end = 0
  for (const { 0: run, index } of text.matchAll(RUN)) {
    if ((run.match(/\d/g)?.length ?? 0) * 2 < run.length) continue
    const isJoined = run.length % DIGITS === 0
    const size = isJoined ? DIGITS : run.length
    const gap = text.slice(Math.max(end, index - LONGEST_GAP), index)
    end = index + run.length
    for (let i = 0; i < run.length; i += size) {
      const digits = run.slice(i, i + size)
      const isRight = faultOfGroup(digits) === undefined
      yield { at: index + i, end: index + i + size, digits, isRight, gap: i === 0 ? gap : "" }
    }
  }
}
