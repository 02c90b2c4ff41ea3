/** How to log in to a directory. */
import { X509Certificate } from "node:crypto"
import { readFile } from "node:fs/promises"
import { DirectoryError } from "../../errors.ts"
import type { Secret } from "../../crypto/secret.ts"

export interface AdDsSettings {
  /** `name@example.com`, `EXAMPLE\name` or a distinguished name. */
  readonly user?: string
  /** Asked for when absent. */
  readonly password?: Secret
  /** Certificates that the server's must be signed by, PEM or DER; those that Node knows otherwise. */
  readonly caFile?: string
  /** Whoever answers is believed to be the server: the certificate is not looked at. */
  readonly insecureTls?: boolean
  /** With the Kerberos ticket of this session and the system's `ldapsearch`, instead of a password. */
  readonly kerberos?: boolean
  /** How long to wait for each answer. */
  readonly timeoutMs?: number
}

const PEM = "-----BEGIN CERTIFICATE-----"

/** As PEM. @throws DirectoryError when the file holds no certificate */
export async function readCertificates(path: string): Promise<string> {
  try {
    const bytes = await readFile(path)
    // That there is one is seen here: a list of none would be taken for "trust nobody", and say so much later.
    const certificate = new X509Certificate(bytes)
    const text = bytes.toString("latin1")
    // Windows saves DER and calls it .cer, as it calls the other; of PEM there may be several.
    return text.includes(PEM) ? text : certificate.toString()
  } catch (cause) {
    throw new DirectoryError("directory-ca-unreadable", `${path} holds no certificate that can be read`, {
      data: { path },
      cause,
      next: [
        "give the certificate of the certification authority as PEM or DER: `certutil -ca.cert ca.cer` saves it",
      ],
    })
  }
}
