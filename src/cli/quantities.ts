/** Numbers as people type and read them. Sizes are typed and shown in powers of 1024, speeds in powers of 1000 as drives are sold. */
import { shortNumber } from "../bytes/format-size.ts"
import type { Extent } from "../extents/extent.ts"

export { formatSize, formatSizeExactly } from "../bytes/format-size.ts"

const SUFFIXES = "KMGTP"

/** `4096`, `0x1000`, `4K`, `4KiB`, `0x4M`; `undefined` when it is none of these or no safe integer. */
export function parseSize(text: string): number | undefined {
  const match = /^(0x[0-9a-f]+|\d+)(?:([kmgtp])(?:i?b)?)?$/i.exec(text.trim())
  if (!match) return undefined
  const power = match[2] ? SUFFIXES.indexOf(match[2].toUpperCase()) + 1 : 0
  const value = Number(match[1]) * 1024 ** power
  return Number.isSafeInteger(value) ? value : undefined
}

/** A size that may be negative: `-1M`. */
export function parsePosition(text: string): number | undefined {
  const [, sign, size] = /^\s*(-?)(.*)$/s.exec(text)!
  const value = parseSize(size!)
  return value === undefined || sign === "" ? value : 0 - value
}

/** `START:LENGTH` or `START-END`, END excluded; `undefined` when it is neither, or empty. */
export function parseRange(text: string): Extent | undefined {
  const match = /^([^:-]+)([:-])([^:-]+)$/.exec(text.trim())
  if (!match) return undefined
  const start = parseSize(match[1]!)
  const second = parseSize(match[3]!)
  if (start === undefined || second === undefined) return undefined
  const length = match[2] === ":" ? second : second - start
  return length > 0 && Number.isSafeInteger(start + length) ? { start, length } : undefined
}

/** A whole number from 1. */
export function parseCount(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text.trim()) ? Number(text) : undefined
}

export function formatSpeed(bytesPerSecond: number): string {
  return `${shortNumber(bytesPerSecond / 1e6)} MB/s`
}

/** `0:07`, `12:07`, `31:12:07`: minutes and seconds at least. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const two = (n: number): string => String(n).padStart(2, "0")
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor(whole / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

/** Never rounded up to 100 while something is left. */
export function formatPercent(done: number, total: number): string {
  if (total <= 0) return "0.0 %"
  return `${(Math.floor((1000 * done) / total) / 10).toFixed(1)} %`
}

/** A share between 0 and 1, to its thousandth, as `98.5 %`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
