/**
 * What lies in the file systems of the fixtures: files of every kind that a reader of file systems meets. All of it is
 * computed, so the sums in the golden JSON never change.
 */
import { createCipheriv } from "node:crypto"
import { crc32, deflateSync } from "node:zlib"

const LETTER = `Dear Ada,

the photographs of the harbour are on this drive, beside the accounts of the year.
If you can read this, the drive has been opened and every sector came out right.

Yours, Charles
`

/** The files of the ordinary fixtures: path -> content. Entries of `many/` fill a directory index of several blocks. */
export function ordinaryFiles({ randomBytes = 300_000, many = 120 } = {}) {
  return {
    "letter.txt": Buffer.from(LETTER),
    "empty.txt": Buffer.alloc(0),
    "Documents/Übersicht 2024.csv": accounts(1200),
    "Documents/harbour.png": picture(160, 100),
    "Data/random.bin": pseudoRandom("random.bin", randomBytes),
    ...Object.fromEntries(
      Array.from({ length: many }, (_, i) => {
        const name = `many/entry number ${String(i).padStart(3, "0")}.txt`
        return [name, Buffer.from(`This is entry number ${i}.\n`)]
      }),
    ),
  }
}

/** The files of the sample volume that `npm start` opens. */
export function sampleFiles() {
  return {
    "letter.txt": Buffer.from(LETTER),
    "accounts.csv": accounts(400),
    "harbour.png": picture(320, 200),
  }
}

/** Grown in turns with a neighbour, so that it lies in many extents. */
export const fragmentedFile = pseudoRandom("fragments.bin", 40_000)
/** Stored with NTFS compression. */
export const compressedFile = Buffer.from("All work and no play makes Jack a dull boy. ".repeat(2400))

function accounts(rows) {
  const lines = ["date,account,amount"]
  for (let i = 0; i < rows; i++) {
    const date = new Date(Date.UTC(2024, 0, 1) + i * 3_600_000 * 7).toISOString().slice(0, 10)
    lines.push(`${date},${["harbour dues", "coal", "brass", "paper"][i % 4]},${((i * 7919) % 100_000) / 100}`)
  }
  return Buffer.from(lines.join("\n") + "\n")
}

/** Bytes that no compression helps, the same on every machine. */
function pseudoRandom(name, length) {
  const cipher = createCipheriv("aes-128-ctr", Buffer.from(name.padEnd(16).slice(0, 16)), Buffer.alloc(16))
  return cipher.update(Buffer.alloc(length))
}

/** A sunset over water, as a PNG with 8-bit colours. */
function picture(width, height) {
  const rows = Buffer.alloc(height * (1 + width * 3))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows.set(sunset(x / width, y / height), y * (1 + width * 3) + 1 + x * 3)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(rows)),
    pngChunk("IEND", Buffer.alloc(0)),
  ])
}

function sunset(x, y) {
  const horizon = 0.62
  const sun = Math.hypot((x - 0.5) * 1.6, y - 0.5) < 0.13
  if (y < horizon) return sun ? [255, 236, 180] : [90 + 160 * y, 60 + 110 * y, 130 - 60 * y]
  const glint = Math.abs(x - 0.5) < 0.05 + 0.1 * Math.abs(Math.sin(90 * y)) ? 90 : 0
  return [30 + glint, 40 + glint, 80 + glint / 2]
}

function pngChunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), body.length + 4)
  return out
}
