/**
 * Slips: how a person comes to write one group of digits for another. Each kind has a price, the cheaper the more often it
 * happens; the price of a whole group is that of the cheapest way from the one to the other. It is an edit distance
 * (Damerau and Levenshtein, with two more ways to exchange digits) and ranks candidates; it decides nothing.
 *
 * The prices are judgement: no count of such slips was at hand.
 */

/** Prices are whole numbers, so that candidates fall into few levels. */
const PRICE = {
  /** A letter for the digit that it looks like: O for 0. */
  letter: 1,
  /** A digit for one that looks like it or lies beside it on the keyboard. */
  alike: 2,
  /** Two neighbours exchanged. */
  exchange: 2,
  /** One of two equal digits left out, or one written twice. */
  doubled: 2,
  /** Two digits exchanged around a third one, which no check by 11 notices. */
  wideExchange: 3,
  /** 44 for 55, as ears make it, which no check by 11 notices either. */
  twins: 3,
  /** Any other character for a digit, one too many, one too few. */
  other: 3,
} as const

/** No likely slip is dearer. */
export const ONE_SLIP = 3

/** Stands for a digit that cannot be read. */
export const UNKNOWN = "?"

/** Letters and signs by the digit that they are taken for. */
const LOOKS_LIKE: Readonly<Record<string, string>> = {
  0: "OoQD",
  1: "Iil|!",
  2: "Zz",
  3: "E",
  4: "A",
  5: "Ss",
  6: "Gb",
  7: "T",
  8: "B",
  9: "gq",
}

/** On paper, on a bad screen, in a bad hand. */
const ALIKE_ON_PAPER = new Set(["17", "27", "35", "38", "49", "56", "06", "08", "68", "89"])

/**
 * What it takes to have typed this when that was meant: a function of what was meant, since a search asks for all of the
 * 65,536 values that a group can have.
 * @param typed any characters
 */
export function slipPricesOf(typed: string): (meant: string) => number {
  // One row for each length of what was typed so far; three are looked back at.
  const rows = Array.from({ length: typed.length + 1 }, (): number[] => [])
  const digits = Array.from(typed, (character) =>
    Array.from({ length: 10 }, (_, digit) => priceOfDigit(character, String(digit))),
  )
  const extra = Array.from(typed, (character, i) =>
    character === typed[i - 1] ? PRICE.doubled : PRICE.other,
  )
  return (meant) => {
    for (let i = 0; i <= typed.length; i++) {
      for (let j = 0; j <= meant.length; j++) rows[i]![j] = cheapestWay(i, j, meant)
    }
    return rows[typed.length]![meant.length]!
  }

  /** To the first `j` digits that were meant from the first `i` characters that were typed. */
  function cheapestWay(i: number, j: number, meant: string): number {
    if (i === 0 && j === 0) return 0
    const [t, m] = [typed[i - 1], meant[j - 1]]
    const missing = j > 0 ? rows[i]![j - 1]! + (m === meant[j - 2] ? PRICE.doubled : PRICE.other) : Infinity
    const tooMany = i > 0 ? rows[i - 1]![j]! + extra[i - 1]! : Infinity
    if (i === 0 || j === 0) return Math.min(missing, tooMany)
    const taken = rows[i - 1]![j - 1]! + digits[i - 1]![Number(m)]!
    const price = Math.min(missing, tooMany, taken)
    return t === m ? price : Math.min(price, cheapestExchange(i, j, meant))
  }

  /** Slips that take more than one digit. */
  function cheapestExchange(i: number, j: number, meant: string): number {
    if (i < 2 || j < 2) return Infinity
    const [t2, t] = [typed[i - 2], typed[i - 1]]
    const [m2, m] = [meant[j - 2], meant[j - 1]]
    if (t === m2 && t2 === m) return rows[i - 2]![j - 2]! + PRICE.exchange
    if (t === t2 && m === m2) return rows[i - 2]![j - 2]! + PRICE.twins
    const isWide = i > 2 && j > 2 && t === meant[j - 3] && typed[i - 3] === m && t2 === m2
    return isWide ? rows[i - 3]![j - 3]! + PRICE.wideExchange : Infinity
  }
}

function priceOfDigit(typed: string, meant: string): number {
  if (typed === meant || typed === UNKNOWN) return 0
  if (LOOKS_LIKE[meant]!.includes(typed)) return PRICE.letter
  return /\d/.test(typed) && areAlike(typed, meant) ? PRICE.alike : PRICE.other
}

function areAlike(a: string, b: string): boolean {
  const [low, high] = a < b ? [a, b] : [b, a]
  return ALIKE_ON_PAPER.has(low + high) || areNeighbours(Number(low), Number(high))
}

/** In the row of digits, where 0 follows 9, or on the keypad, whose rows have three. */
function areNeighbours(low: number, high: number): boolean {
  return high - low === 1 || (low === 0 && high === 9) || (low > 0 && high - low === 3)
}
