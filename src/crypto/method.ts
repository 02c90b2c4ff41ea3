/**
 * The encryption methods of a volume, by the numbers they have on disk: the FVEK type of the dataset header and, with
 * authority, the key type inside the FVEK datum.
 */

export const EncryptionMethod = {
  aes128CbcDiffuser: 0x8000,
  aes256CbcDiffuser: 0x8001,
  aes128Cbc: 0x8002,
  aes256Cbc: 0x8003,
  xtsAes128: 0x8004,
  xtsAes256: 0x8005,
} as const
export type EncryptionMethod = (typeof EncryptionMethod)[keyof typeof EncryptionMethod]

interface MethodFacts {
  /** As `manage-bde -status` prints it. */
  readonly name: string
  readonly mode: "cbc" | "cbc-diffuser" | "xts"
  /** Bits of one AES key. */
  readonly keyBits: 128 | 256
  /** Bytes of the FVEK on disk, unused parts included. */
  readonly fvekLength: number
}

const FACTS: Readonly<Record<EncryptionMethod, MethodFacts>> = {
  0x8000: { name: "AES 128 with Diffuser", mode: "cbc-diffuser", keyBits: 128, fvekLength: 64 },
  0x8001: { name: "AES 256 with Diffuser", mode: "cbc-diffuser", keyBits: 256, fvekLength: 64 },
  0x8002: { name: "AES 128", mode: "cbc", keyBits: 128, fvekLength: 16 },
  0x8003: { name: "AES 256", mode: "cbc", keyBits: 256, fvekLength: 32 },
  0x8004: { name: "XTS-AES 128", mode: "xts", keyBits: 128, fvekLength: 32 },
  0x8005: { name: "XTS-AES 256", mode: "xts", keyBits: 256, fvekLength: 64 },
}

export function methodFacts(method: EncryptionMethod): MethodFacts {
  return FACTS[method]
}

export function isEncryptionMethod(value: number): value is EncryptionMethod {
  return value in FACTS
}
