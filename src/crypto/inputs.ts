/**
 * What every implementation of the port accepts. Bytes that lie on a disk never get here unjudged, so whatever is
 * refused is a caller's mistake: a RangeError.
 */
import type { SectorCipher } from "./sector-cipher.ts"

/** Chained SHA-256 in the key stretch of passwords and recovery passwords. */
export const STRETCH_STEPS = 0x10_0000

export function checkSectorSize(sectorSize: number): void {
  if (![512, 1024, 2048, 4096].includes(sectorSize)) throw new RangeError(`a sector size of ${sectorSize}`)
}

/** Whole sectors begin at the position, and end where a number still counts bytes exactly. */
export function checkSectors(cipher: SectorCipher, sectors: Uint8Array, position: number): void {
  const { sectorSize } = cipher
  if (sectors.length % sectorSize !== 0) {
    throw new RangeError(`${sectors.length} bytes are no whole number of ${sectorSize}-byte sectors`)
  }
  if (position < 0 || position % sectorSize !== 0 || !Number.isSafeInteger(position + sectors.length)) {
    throw new RangeError(`no ${sectorSize}-byte sector begins at ${position}`)
  }
}

export function checkCcm(key: Uint8Array, nonce: Uint8Array, message: Uint8Array, tag?: Uint8Array): void {
  checkLength("an AES-256-CCM key", key, 32)
  checkLength("an AES-CCM nonce", nonce, 12)
  if (tag) checkLength("an AES-CCM tag", tag, 16)
  // The nonce leaves three bytes for the length (RFC 3610: L = 15 - 12).
  if (message.length >= 2 ** 24) throw new RangeError(`AES-CCM over ${message.length} bytes`)
}

export function checkStretch(initial: Uint8Array, salt: Uint8Array): void {
  checkLength("the initial value of a stretch", initial, 32)
  checkLength("the salt of a stretch", salt, 16)
}

/** Candidates that one stretcher takes at once. */
export const STRETCHER_LANES = 4

export function checkCandidates(initials: readonly Uint8Array[], salt: Uint8Array): void {
  if (initials.length < 1 || initials.length > STRETCHER_LANES) {
    throw new RangeError(`${initials.length} candidates, where 1 to ${STRETCHER_LANES} are stretched at once`)
  }
  for (const initial of initials) checkStretch(initial, salt)
}

function checkLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`${what} has ${length} bytes, not ${bytes.length}`)
}
