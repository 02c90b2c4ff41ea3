/**
 * Certificates: the key protector holds its key encrypted with the RSA public key of a certificate, and the public key
 * itself. That the two belong together is confirmed on a volume of Windows 10; how the key is padded is not, as no private
 * key of a real volume was at hand.
 *
 * Unconfirmed: the padding, PKCS#1 v1.5 or OAEP with SHA-1 or SHA-256, and the order of the bytes, which is that of CNG or,
 * reversed, that of the older CryptoAPI. All are tried; the tag of the wrapped VMK tells whether what comes out is its key.
 */
import { equalBytes } from "../bytes/compare.ts"
import type { CertificateCredential } from "../credential/index.ts"
import type { Crypto } from "../crypto/crypto.ts"
import { Secret } from "../crypto/secret.ts"
import { type FoundProtector, parseKeyDatum } from "../fve/index.ts"
import { type VersionedProtector, isOfKind } from "./attempts.ts"
import { withoutOaepPadding, withoutPkcs1Padding } from "./rsa-padding.ts"
import type { Try } from "./tries.ts"

/** The key protectors with a certificate, this one's first: what names it may be what was damaged. */
export function certificateTargets(
  credential: CertificateCredential,
  protectors: readonly VersionedProtector[],
): VersionedProtector[] {
  const isOurs = ({ versions }: VersionedProtector): boolean =>
    versions.some((version) => namesCertificate(version, credential))
  return protectors
    .filter((protector) => isOfKind(protector, "public-key"))
    .sort((a, b) => Number(isOurs(b)) - Number(isOurs(a)))
}

/** Whether the key protector asks for this certificate, by its public key or by its thumbprint. */
export function namesCertificate(
  { publicKey, thumbprint }: FoundProtector,
  credential: CertificateCredential,
): boolean {
  const hasSameKey = publicKey !== undefined && equalBytes(publicKey.modulus, credential.modulus)
  return hasSameKey || (thumbprint !== undefined && thumbprint === credential.thumbprint)
}

/** What may be the key of the wrapped VMK, in each version of the key protector. */
export function openSealedKeys(
  { rsaKey }: CertificateCredential,
  { versions }: VersionedProtector,
  crypto: Crypto,
): Secret[] {
  const sealed = versions.flatMap((version) => version.sealedKeys)
  return sealed
    .flatMap((ciphertext) => [ciphertext, ciphertext.toReversed()])
    .flatMap((ciphertext) => crypto.decryptRsa(rsaKey.reveal(), ciphertext) ?? [])
    .flatMap((block) => messagesIn(block, crypto))
    .map((message) => new Secret(parseKeyDatum(message)?.key ?? message))
}

/** Of a certificate whose private key makes nothing of what the key protector holds. */
export function notTheCertificate(
  credential: string,
  { versions }: VersionedProtector,
  certificate: CertificateCredential,
): Try {
  const protector = versions[0]!
  const about = { credential, protector }
  if (versions.every(({ sealedKeys }) => sealedKeys.length === 0)) {
    return {
      ...about,
      outcome: "damaged",
      why: "the key protector has lost the key that the certificate opens",
    }
  }
  if (versions.some((version) => namesCertificate(version, certificate))) {
    const why =
      "it is the right certificate, but the key protector is damaged, or pads its key in another way"
    return { ...about, outcome: "damaged", why }
  }
  const wanted = protector.thumbprint
    ? `the certificate with the thumbprint ${protector.thumbprint}`
    : "another one"
  return { ...about, outcome: "other-kind", why: `asks for ${wanted}` }
}

function messagesIn(block: Uint8Array, { sha1, sha256 }: Crypto): Uint8Array[] {
  const messages = [
    withoutPkcs1Padding(block),
    withoutOaepPadding(block, sha1),
    withoutOaepPadding(block, sha256),
  ]
  return messages.filter((message) => message !== undefined)
}
