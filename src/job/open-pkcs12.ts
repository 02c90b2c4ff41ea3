/**
 * PKCS#12 (RFC 7292): what Windows exports a certificate as. Read by node-forge, loaded only here: Node has no way to the key
 * in such a file, and OpenSSL 3 refuses what Windows 7 wrote.
 */
import { createHash } from "node:crypto"

export interface Pkcs12Contents {
  /** PKCS#1 RSAPrivateKeys in DER. */
  readonly rsaKeys: readonly Uint8Array[]
  /** Keys of other kinds, too. */
  readonly keyCount: number
  /** SHA-1 of each certificate, in hex. */
  readonly thumbprints: readonly string[]
}

/** `undefined` when the password is wrong, or missing. @throws Error when it is no such file */
export async function openPkcs12(content: Uint8Array, password: string): Promise<Pkcs12Contents | undefined> {
  const { default: forge } = await import("node-forge")
  const { asn1, pki, pkcs12 } = forge
  const der = (structure: Parameters<typeof asn1.toDer>[0]): Uint8Array =>
    new Uint8Array(Buffer.from(asn1.toDer(structure).getBytes(), "latin1"))

  const structure = asn1.fromDer(Buffer.from(content).toString("latin1"))
  const pfx = openWith(password === "" ? ["", undefined] : [password], (one) =>
    pkcs12.pkcs12FromAsn1(structure, one),
  )
  if (!pfx) return undefined
  const bagsOf = (bagType: string) => pfx.getBags({ bagType })[bagType] ?? []
  const keys = [...bagsOf(pki.oids.pkcs8ShroudedKeyBag!), ...bagsOf(pki.oids.keyBag!)]
  const certificates = bagsOf(pki.oids.certBag!).map((bag) =>
    der(bag.cert ? pki.certificateToAsn1(bag.cert) : bag.asn1),
  )
  return {
    rsaKeys: keys.flatMap(({ key }) => (key ? [der(pki.privateKeyToAsn1(key))] : [])),
    keyCount: keys.length,
    thumbprints: certificates.map((one) => createHash("sha1").update(one).digest("hex")),
  }
}

/** No password at all is another one than an empty one, and exporters take the one for the other. */
function openWith<T>(
  passwords: readonly (string | undefined)[],
  open: (password?: string) => T,
): T | undefined {
  for (const password of passwords) {
    try {
      return open(password)
    } catch (error) {
      // What a wrong password makes of the file; node-forge has no code for it.
      if (!(error instanceof Error) || !/password|MAC|decrypt/i.test(error.message)) throw error
    }
  }
  return undefined
}
