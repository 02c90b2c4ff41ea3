/**
 * One fact, claimed from several sides. Copies count as one side, however many they are, since they are damaged alike; what
 * makes a value sure is that structures which are independent of each other say the same.
 */

export interface Claim<T> {
  readonly value: T
  /** The side: claims of one side are copies of each other. */
  readonly side: string
}

export interface Judgement<T> {
  /** Absent when nobody claims anything. */
  readonly value?: T
  readonly isSure: boolean
  /** All that is claimed, best first. */
  readonly candidates: readonly T[]
}

/** @param claims those of the best witness first: it decides where nothing else does */
export function judgeClaims<T>(claims: readonly Claim<T>[]): Judgement<T> {
  const values = new Map<string, { value: T; sides: Set<string> }>()
  for (const { value, side } of claims) {
    const key = keyOf(value)
    const known = values.get(key) ?? { value, sides: new Set() }
    values.set(key, known)
    known.sides.add(side)
  }
  const ranked = [...values.values()].sort((a, b) => b.sides.size - a.sides.size)
  const [best, second] = ranked
  if (!best) return { isSure: false, candidates: [] }
  return {
    value: best.value,
    isSure: best.sides.size > 1 && (second?.sides.size ?? 0) < best.sides.size,
    candidates: ranked.map(({ value }) => value),
  }
}

/** Whether two sides contradict each other. */
export function isDisputed<T>(claims: readonly Claim<T>[]): boolean {
  return new Set(claims.map(({ value }) => keyOf(value))).size > 1
}

function keyOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part))
}
