/**
 * A certificate's private key out of the file that somebody has: PKCS#12 (`.pfx`, `.p12`), as Windows exports it, or PEM and
 * DER.
 */
import { type KeyObject, X509Certificate, createPrivateKey } from "node:crypto"
import { CredentialError } from "../errors.ts"
import { type CertificateCredential, certificateCredential } from "../credential/index.ts"
import type { Secret } from "../crypto/secret.ts"
import { openPkcs12 } from "./open-pkcs12.ts"

interface CertificateFile {
  readonly content: Uint8Array
  /** For messages. */
  readonly path: string
  /** The password of the file. */
  readonly pin?: Secret
}

/** Each RSA private key in the file. @throws CredentialError when there is none, or when it does not open */
export async function openCertificateFile(file: CertificateFile): Promise<CertificateCredential[]> {
  const text = Buffer.from(file.content).toString("latin1")
  if (text.includes("-----BEGIN ")) return openPem(text, file)
  return openDer(file) ?? openPfx(file)
}

function openPem(text: string, file: CertificateFile): CertificateCredential[] {
  const [certificate] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text) ?? []
  const [key] = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^]+?-----END \1-----/.exec(text) ?? []
  const thumbprint = certificate === undefined ? undefined : thumbprintOf(Buffer.from(certificate))
  if (key === undefined) throw noPrivateKey(file, thumbprint)
  if (/ENCRYPTED/.test(key) && !file.pin) throw wrongPin(file)
  try {
    const passphrase = file.pin?.revealText()
    const opened = createPrivateKey({ key, format: "pem", ...(passphrase !== undefined && { passphrase }) })
    return [credentialOf(opened, file, thumbprint)]
  } catch (error) {
    if (error instanceof CredentialError) throw error
    throw /ENCRYPTED/.test(key) ? wrongPin(file, error) : malformed(file, error)
  }
}

/** A key alone, or a certificate without one; `undefined` when it is neither. */
function openDer(file: CertificateFile): CertificateCredential[] | undefined {
  const key = Buffer.from(file.content)
  for (const type of ["pkcs8", "pkcs1"] as const) {
    try {
      return [credentialOf(createPrivateKey({ key, format: "der", type }), file)]
    } catch (error) {
      if (error instanceof CredentialError) throw error
    }
  }
  const thumbprint = thumbprintOf(key)
  if (thumbprint === undefined) return undefined
  throw noPrivateKey(file, thumbprint)
}

function credentialOf(key: KeyObject, file: CertificateFile, thumbprint?: string): CertificateCredential {
  if (key.asymmetricKeyType !== "rsa") throw noRsa(file)
  const { buffer, byteOffset, length } = key.export({ type: "pkcs1", format: "der" })
  return certificateCredential(new Uint8Array(buffer, byteOffset, length), thumbprint)
}

/** Which Node calls a fingerprint; `undefined` when it is no certificate. */
function thumbprintOf(certificate: Buffer): string | undefined {
  try {
    return new X509Certificate(certificate).fingerprint.replaceAll(":", "").toLowerCase()
  } catch {
    return undefined
  }
}

async function openPfx(file: CertificateFile): Promise<CertificateCredential[]> {
  const contents = await openPkcs12(file.content, file.pin?.revealText() ?? "").catch((error: unknown) => {
    throw malformed(file, error)
  })
  if (!contents) throw wrongPin(file)
  const { rsaKeys, keyCount, thumbprints } = contents
  if (keyCount === 0) throw noPrivateKey(file, thumbprints[0])
  if (rsaKeys.length === 0) throw noRsa(file)
  // Of several certificates nothing here tells which is whose; the key protector also names the public key.
  const thumbprint = thumbprints.length === 1 ? thumbprints[0] : undefined
  return rsaKeys.map((key) => certificateCredential(key, thumbprint))
}

function malformed({ path }: CertificateFile, cause: unknown): CredentialError {
  return new CredentialError(
    "certificate-malformed",
    `no certificate with a private key can be read in ${path}`,
    {
      next: ["give the .pfx or .p12 file that Windows exported, or the private key as PEM"],
      data: { path },
      cause,
    },
  )
}

function wrongPin({ path, pin }: CertificateFile, cause?: unknown): CredentialError {
  const what = pin ? "does not open with this password" : "is protected by a password"
  return new CredentialError("certificate-locked", `${path} ${what}`, {
    next: [
      pin ? "type the password again that was chosen when it was exported" : "add -pin: you are asked for it",
    ],
    data: { path },
    ...(cause !== undefined && { cause }),
  })
}

function noPrivateKey({ path }: CertificateFile, thumbprint: string | undefined): CredentialError {
  const which = thumbprint === undefined ? "" : ` (thumbprint ${thumbprint})`
  return new CredentialError("certificate-without-key", `${path} holds no private key${which}`, {
    next: [
      "export the certificate again together with its private key, as .pfx",
      "a smart card that never lets go of its key opens the drive in Windows only",
    ],
    data: { path, ...(thumbprint !== undefined && { thumbprint }) },
  })
}

function noRsa({ path }: CertificateFile): CredentialError {
  return new CredentialError("certificate-not-rsa", `the private key in ${path} is no RSA key`, {
    next: ["give the private key of the certificate that the key protector names: those are RSA keys"],
    data: { path },
  })
}
