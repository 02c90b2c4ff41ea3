/**
 * The recovery password: 48 digits in 8 groups. A group is a 16-bit number times 11, so each one checks itself, and a wrong
 * one can be named without naming its digits.
 *
 * People paste it out of mails, tables and PDFs: separators may be missing or be any dash, digits may be full-width or of
 * another script, and a label, a byte order mark or quotes may stand around it.
 */
import { UsageError } from "../errors.ts"
import { u16, viewOf } from "../bytes/struct.ts"
import { Secret } from "../crypto/secret.ts"
import type { RecoveryPasswordCredential } from "./credential.ts"

const GROUPS = 8
const DIGITS = 6
const FACTOR = 11
const LARGEST = 0xffff * FACTOR
const KEY_LENGTH = 16
const QUOTIENT = u16("one group, divided by 11")

export type GroupFaultReason = "not-six-digits" | "not-divisible-by-11" | "too-large"

export interface GroupFault {
  /** 1 to 8. */
  readonly group: number
  readonly reason: GroupFaultReason
}

/** @throws UsageError that names each wrong group and why, and none of the digits */
export function parseRecoveryPassword(text: string): RecoveryPasswordCredential {
  const groups = splitGroups(text)
  if (!groups) throw wrongCount(text)
  const faults = groups.flatMap((group, i) => {
    const reason = faultOfGroup(group)
    return reason ? [{ group: i + 1, reason }] : []
  })
  if (faults.length > 0) throw wrongGroups(faults)
  const key16 = new Uint8Array(KEY_LENGTH)
  groups.forEach((group, i) => QUOTIENT.set(viewOf(key16), i * QUOTIENT.size, Number(group) / FACTOR))
  return { kind: "recovery-password", key16: new Secret(key16) }
}

/** The 48 digits of a key, as Windows prints them. @throws RangeError unless it has 16 bytes */
export function formatRecoveryPassword(key16: Uint8Array): string {
  if (key16.length !== KEY_LENGTH) throw new RangeError(`a recovery password of ${key16.length} bytes`)
  const quotients = Array.from({ length: GROUPS }, (_, i) => QUOTIENT.get(viewOf(key16), i * QUOTIENT.size))
  return quotients.map((quotient) => String(quotient * FACTOR).padStart(DIGITS, "0")).join("-")
}

/** The same text with the digits of every script as those of ASCII. */
export function withAsciiDigits(text: string): string {
  return text.replace(/(?![0-9])\p{Nd}/gu, digitOf)
}

/** Why this cannot be one of the eight groups; `undefined` when it can. */
export function faultOfGroup(group: string): GroupFaultReason | undefined {
  if (!/^\d{6}$/.test(group)) return "not-six-digits"
  if (Number(group) % FACTOR !== 0) return "not-divisible-by-11"
  return Number(group) > LARGEST ? "too-large" : undefined
}

/** Eight groups, right or wrong; `undefined` when the text cannot be cut into eight. */
function splitGroups(text: string): string[] | undefined {
  const plain = withAsciiDigits(text)
  // The whole password somewhere among other words and numbers.
  const whole = /(?<!\d)\d{6}(?:\D{0,3}\d{6}){7}(?!\d)/.exec(plain)?.[0]
  const words = plain.split(/[^\p{L}\d]+/u).filter((word) => word !== "")
  if (!whole && words.length === GROUPS) return words
  const digits = (whole ?? plain).replace(/\D/g, "")
  return digits.length === GROUPS * DIGITS ? (digits.match(/\d{6}/g) ?? undefined) : undefined
}

/** Decimal digits of every script stand in Unicode in runs of ten, zero first. */
function digitOf(character: string): string {
  const code = character.codePointAt(0)!
  let before = 0
  while (/^\p{Nd}$/u.test(String.fromCodePoint(code - before - 1))) before++
  return String(before % 10)
}

const WHY: Readonly<Record<GroupFaultReason, string>> = {
  "not-six-digits": "is not six digits",
  "not-divisible-by-11": "has a wrong digit (it is not divisible by 11)",
  "too-large": `has a wrong digit (it is larger than ${LARGEST})`,
}

function wrongGroups(faults: readonly GroupFault[]): UsageError {
  const list = faults.map(({ group, reason }) => `group ${group} ${WHY[reason]}`).join("; ")
  return new UsageError("recovery-password-malformed", `the recovery password cannot be right: ${list}`, {
    next: [
      `compare ${faults.length === 1 ? "that group" : "those groups"} with the original, digit by digit`,
      "type the 48 digits again: 8 groups of 6",
      "repair-bde keys clinic INPUT -rp finds the password that was meant, where one group is wrong or unknown",
    ],
    data: { groups: faults.map(({ group, reason }) => ({ group, reason })) },
  })
}

function wrongCount(text: string): UsageError {
  const count = text.match(/\p{Nd}/gu)?.length ?? 0
  const message = `the recovery password has ${count} digits, where 48 in 8 groups of 6 are needed`
  return new UsageError("recovery-password-malformed", message, {
    next: [
      "type all 48 digits: 8 groups of 6",
      "a code of 32 letters and digits with dashes is the key ID, which names a recovery password but opens nothing",
    ],
    data: { digits: count },
  })
}
