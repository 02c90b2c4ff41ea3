/**
 * Whether bytes can be random at all: a chi-square test over byte values, strict enough to be believed for every sector of a
 * large disk. Ciphertext never fails it, nor does plaintext that was "decrypted" without having been encrypted; text, code,
 * tables and runs of one value nearly always do. Compressed data passes like ciphertext: passing says nothing.
 */

/**
 * Random bytes have a chi-square of 255 on average. The chance to exceed this, computed exactly for 512 bytes (the worst
 * case: longer samples spread less), is 4e-17; a disk of 16 TiB has 3e10 such sectors.
 */
const MOST_OF_RANDOM_BYTES = 540
const VALUES = 256

/** Of byte values seen so far; one for all calls, as they never interleave. */
const counts = new Uint32Array(VALUES)

/** Whether the bytes are certainly not random. Fewer than 512 are too few to tell: false. */
export function showsStructure(sample: Uint8Array): boolean {
  if (sample.length < 512) return false
  counts.fill(0)
  // Each byte meets the equal ones before it: the sum of these meetings is all that the test needs.
  let meetings = 0
  const aligned = sample.byteOffset % 4 === 0 ? sample.length & ~3 : 0
  const words = new Uint32Array(sample.buffer, aligned ? sample.byteOffset : 0, aligned >> 2)
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    meetings += counts[word & 0xff]!++
    meetings += counts[(word >>> 8) & 0xff]!++
    meetings += counts[(word >>> 16) & 0xff]!++
    meetings += counts[word >>> 24]!++
  }
  for (let i = aligned; i < sample.length; i++) meetings += counts[sample[i]!]!++
  const n = sample.length
  return (VALUES * (2 * meetings + n)) / n - n > MOST_OF_RANDOM_BYTES
}
