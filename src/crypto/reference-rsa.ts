/** RSA decryption as RFC 8017 tells it (RSADP, 5.1.2): one power, by squaring. */
import { fromHex, toHex } from "../bytes/hex.ts"
import { parseRsaPrivateKey } from "./rsa-key.ts"

export function decryptRsa(key: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined {
  const { modulus, privateExponent } = parseRsaPrivateKey(key)
  const [n, c] = [numberOf(modulus), numberOf(ciphertext)]
  if (ciphertext.length !== modulus.length || c >= n) return undefined
  const message = power(c, numberOf(privateExponent), n)
  return fromHex(message.toString(16).padStart(2 * modulus.length, "0"))
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x0${toHex(bytes)}`)
