/** Bytes as hexadecimal text. */

export function toHex(source: Uint8Array): string {
  let text = ""
  for (const byte of source) text += byte.toString(16).padStart(2, "0")
  return text
}

/** `undefined` when the text is not an even number of hexadecimal digits. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || /[^0-9a-f]/i.test(text)) return undefined
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16))
}
