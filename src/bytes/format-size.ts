/** Sizes as people read them, in powers of 1024. */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]

/** `1.5 GiB`, three digits that count. */
export function formatSize(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : shortNumber(value)} ${UNITS[unit]}`
}

/** `1.5 GiB (1610612736 bytes)` */
export function formatSizeExactly(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : `${formatSize(bytes)} (${bytes} bytes)`
}

/** Three digits that count, without zeros at the end. */
export function shortNumber(value: number): string {
  if (value >= 100) return value.toFixed(0)
  const digits = value >= 10 ? 1 : 2
  return value.toFixed(digits).replace(/\.?0+$/, "")
}
