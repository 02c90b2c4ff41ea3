/** An RSA private key as PKCS#1 writes it (RFC 8017, A.1.2): a DER sequence of nine integers. */

const SEQUENCE = 0x30
const INTEGER = 0x02
/** Version, modulus, public exponent, private exponent; what follows makes it quicker and is left alone. */
const NEEDED = 4

export interface RsaPrivateKey {
  /** Big-endian, without leading zeros. */
  readonly modulus: Uint8Array
  readonly publicExponent: Uint8Array
  readonly privateExponent: Uint8Array
}

/** @throws RangeError when it is no such sequence */
export function parseRsaPrivateKey(der: Uint8Array): RsaPrivateKey {
  const sequence = readValue(der, 0, SEQUENCE)
  const integers: Uint8Array[] = []
  for (let at = 0; integers.length < NEEDED;) {
    const integer = readValue(sequence.value, at, INTEGER)
    integers.push(withoutLeadingZeros(integer.value))
    at = integer.end
  }
  const [, modulus, publicExponent, privateExponent] = integers as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  return { modulus, publicExponent, privateExponent }
}

function readValue(der: Uint8Array, at: number, tag: number): { value: Uint8Array; end: number } {
  const first = der[at + 1] ?? 0
  // Above 0x80, the number of bytes that the length has.
  const lengthSize = first < 0x80 ? 0 : first - 0x80
  const start = at + 2 + lengthSize
  const length =
    lengthSize === 0 ? first : der.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0)
  if (der[at] !== tag || lengthSize > 4 || start + length > der.length) {
    throw new RangeError(`no RSA private key: byte ${at} of its DER`)
  }
  return { value: der.subarray(start, start + length), end: start + length }
}

export function withoutLeadingZeros(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0)
  return first === -1 ? bytes.subarray(bytes.length) : bytes.subarray(first)
}
