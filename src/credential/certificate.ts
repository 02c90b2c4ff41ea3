/**
 * The private key of a certificate: what a data recovery agent keeps, or what lies on a smart card that lets go of it. The
 * file around it (PKCS#12, PEM) is opened elsewhere; this is the key alone.
 */
import { parseRsaPrivateKey } from "../crypto/rsa-key.ts"
import { Secret } from "../crypto/secret.ts"
import type { CertificateCredential } from "./credential.ts"

/**
 * @param rsaKey a PKCS#1 RSAPrivateKey in DER
 * @param thumbprint SHA-1 of the certificate in hex, where it came with the key
 * @throws RangeError when it is no such key
 */
export function certificateCredential(rsaKey: Uint8Array, thumbprint?: string): CertificateCredential {
  const { modulus } = parseRsaPrivateKey(rsaKey)
  return {
    kind: "public-key",
    rsaKey: new Secret(rsaKey),
    modulus: modulus.slice(),
    ...(thumbprint !== undefined && { thumbprint: thumbprint.toLowerCase() }),
  }
}
