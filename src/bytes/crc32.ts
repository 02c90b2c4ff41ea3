/** CRC-32 of IEEE 802.3: reflected polynomial 0xEDB88320, initial value and final xor 0xFFFFFFFF (zlib's crc32). */

const TABLE = new Uint32Array(256).map((_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

export function crc32(source: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < source.length; i++) crc = TABLE[(crc ^ source[i]!) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
