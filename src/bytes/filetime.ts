/** FILETIME: 100-nanosecond steps since 1601-01-01 UTC, u64 (MS-DTYP 2.3.3). */

const UNIX_EPOCH_AS_FILETIME = 116_444_736_000_000_000n
/** Dates that JavaScript can hold reach 8.64e15 ms on both sides of 1970. */
const LAST_MILLISECOND = 8_640_000_000_000_000n

/** `undefined` for values that are no date, which damaged fields and the driver's own nonces are. */
export function filetimeToDate(value: bigint): Date | undefined {
  const milliseconds = (value - UNIX_EPOCH_AS_FILETIME) / 10_000n
  if (value === 0n || milliseconds > LAST_MILLISECOND) return undefined
  return new Date(Number(milliseconds))
}

export function dateToFiletime(date: Date): bigint {
  return BigInt(date.getTime()) * 10_000n + UNIX_EPOCH_AS_FILETIME
}
