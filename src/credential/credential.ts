/**
 * Credentials: what a person holds, parsed and ready to be tried. Which key protectors they open is `unlock/`'s business.
 */
import type { EncryptionMethod } from "../crypto/method.ts"
import type { Secret } from "../crypto/secret.ts"
import type { PasswordForm } from "./password.ts"

export interface RecoveryPasswordCredential {
  readonly kind: "recovery-password"
  /** The 48 digits as 16 bytes. */
  readonly key16: Secret
}

export interface PasswordCredential {
  readonly kind: "password"
  /** In the order in which they are tried, each different from those before. */
  readonly forms: readonly PasswordForm[]
}

export interface StartupKeyCredential {
  readonly kind: "startup-key"
  /** GUID of the key protector it was made for. */
  readonly keyId: string
  readonly key: Secret
  /** GUID of the volume it was made for: only in files of Windows 11. */
  readonly volumeId?: string
  readonly created?: Date
}

/** The private key of a certificate. Opens key protectors of the same kind. */
export interface CertificateCredential {
  readonly kind: "public-key"
  /** A PKCS#1 RSAPrivateKey in DER. */
  readonly rsaKey: Secret
  /** Of the key, big-endian: the key protector has the same one. */
  readonly modulus: Uint8Array
  /** SHA-1 of the certificate in hex, when the file held it. */
  readonly thumbprint?: string
}

/** The key that lies on the disk while protection is suspended; always tried first. */
export interface ClearKeyCredential {
  readonly kind: "clear-key"
}

export interface VmkCredential {
  readonly kind: "vmk"
  readonly key: Secret
}

export interface FvekCredential {
  readonly kind: "fvek"
  /** What the bytes can be: the volume's method chooses, or trial decryption where it is not known. */
  readonly readings: readonly FvekReading[]
}

export interface FvekReading {
  readonly method: EncryptionMethod
  /** Laid out as inside the FVEK datum. */
  readonly key: Secret
}

export type Credential =
  | RecoveryPasswordCredential
  | PasswordCredential
  | StartupKeyCredential
  | CertificateCredential
  | ClearKeyCredential
  | VmkCredential
  | FvekCredential
