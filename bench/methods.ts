/** The encryption methods that are timed, by the names of the command line. */
import { EncryptionMethod } from "../src/crypto/method.ts"

export const METHODS = [
  { name: "xts-128", method: EncryptionMethod.xtsAes128 },
  { name: "xts-256", method: EncryptionMethod.xtsAes256 },
  { name: "cbc-128", method: EncryptionMethod.aes128Cbc },
  { name: "cbc-256", method: EncryptionMethod.aes256Cbc },
  { name: "diffuser-128", method: EncryptionMethod.aes128CbcDiffuser },
  { name: "diffuser-256", method: EncryptionMethod.aes256CbcDiffuser },
] as const

export type MethodName = (typeof METHODS)[number]["name"]
