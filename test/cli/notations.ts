/** Each way in which a secret may get into a text: what no output may contain. */

export function notationsOf(secret: string): string[] {
  const forms = [secret, secret.normalize("NFC"), secret.normalize("NFD")]
  const groups = /^(\d{6}-){7}\d{6}$/.test(secret) ? secret.split("-") : []
  if (groups.length > 0) forms.push(groups.join(""))
  const buffers: Uint8Array[] = forms.flatMap((form) => [
    Buffer.from(form, "utf8"),
    Buffer.from(form, "utf16le"),
  ])
  if (groups.length > 0) buffers.push(keyOf(groups))
  return [...new Set([...forms, ...buffers.flatMap(encodings)])]
}

/** The 16 bytes behind the digits: each group is a 16-bit number times 11. */
function keyOf(groups: readonly string[]): Buffer {
  const key = Buffer.alloc(16)
  groups.forEach((group, i) => key.writeUInt16LE(Number(group) / 11, 2 * i))
  return key
}

function encodings(source: Uint8Array): string[] {
  const bytes = Buffer.from(source)
  const hex = bytes.toString("hex")
  const pairs = hex.match(/../g)!
  return [
    hex,
    hex.toUpperCase(),
    pairs.join(" "),
    // UTF-16 and key bytes as they are, should they reach a stream.
    bytes.toString("latin1"),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
  ]
}
