/** Key packages of forged volumes: every variant in every encoding in which one may arrive. */
import { serializeGuid } from "../../src/bytes/guid.ts"
import { toHex } from "../../src/bytes/hex.ts"
import { serializeUtf16 } from "../../src/bytes/utf16.ts"
import {
  keyPackageContents,
  type KeyPackageEncoding,
  type KeyPackageForm,
  type KeyPackageVariant,
  metadataBlockParts,
  parseMetadataBlock,
  serializeKeyPackage,
} from "../../src/fve/index.ts"
import type { ForgedVolume } from "./forge.ts"

export interface KeyPackageRecipe {
  readonly variant: KeyPackageVariant
  readonly encoding: keyof typeof KEY_PACKAGE_ENCODINGS
  /** GUID of the key protector. */
  readonly protectorId: string
  /** Stands before the dataset of the variant `prefixed-dataset`; its length when absent. */
  readonly prefix?: Uint8Array
}

export const KEY_PACKAGE_VARIANTS = [
  "dataset",
  "prefixed-dataset",
  "metadata-block",
  "bare-datums",
] as const satisfies readonly KeyPackageVariant[]

export function forgeKeyPackage(volume: ForgedVolume, recipe: KeyPackageRecipe): Uint8Array {
  const block = parseMetadataBlock(volume.image.subarray(volume.metadataOffsets[0]))!
  const contents = keyPackageContents(block.dataset, recipe.protectorId)!
  const forms: Readonly<Record<KeyPackageVariant, () => KeyPackageForm>> = {
    dataset: () => ({ variant: "dataset" }),
    "bare-datums": () => ({ variant: "bare-datums" }),
    "metadata-block": () => ({ variant: "metadata-block", ...metadataBlockParts(block) }),
    "prefixed-dataset": () => {
      const length = serializeKeyPackage(contents).length
      const prefix = recipe.prefix ?? Uint8Array.of(length & 0xff, length >> 8, 0, 0)
      return { variant: "prefixed-dataset", prefix }
    },
  }
  const bytes = serializeKeyPackage(contents, forms[recipe.variant]())
  return KEY_PACKAGE_ENCODINGS[recipe.encoding].write(bytes, block.dataset.header.id)
}

interface Encoding {
  /** What the parser must call it. */
  readonly as: KeyPackageEncoding
  write(bytes: Uint8Array, volumeId: string): Uint8Array
}

const LE_MARK = "\ufeff"

export const KEY_PACKAGE_ENCODINGS = {
  binary: { as: "binary", write: (bytes) => bytes },
  "text stream, UTF-16": { as: "utf-16", write: (bytes) => serializeUtf16(LE_MARK + asAnsi(bytes)) },
  "text stream, UTF-16 without mark": { as: "utf-16", write: (bytes) => serializeUtf16(asAnsi(bytes)) },
  "text stream, UTF-16, big-endian": {
    as: "utf-16",
    write: (bytes) => swapped(serializeUtf16(LE_MARK + asAnsi(bytes))),
  },
  "text stream, UTF-8": { as: "utf-8", write: (bytes) => ascii(asAnsi(bytes)) },
  base64: { as: "base64", write: (bytes) => ascii(base64(bytes)) },
  "base64, folded, with armour": {
    as: "base64",
    write: (bytes) =>
      ascii(`-----BEGIN CERTIFICATE-----\r\n${folded(base64(bytes), 64)}\r\n-----END CERTIFICATE-----\r\n`),
  },
  "base64 in JSON, UTF-16": {
    as: "base64",
    write: (bytes) => serializeUtf16(`${LE_MARK}{"id": 7, "package": "${base64(bytes)}"}\r\n`),
  },
  LDIF: { as: "ldif", write: (bytes, volumeId) => ascii(ldifEntry(bytes, volumeId)) },
  "hex digits": { as: "hex", write: (bytes) => ascii(toHex(bytes)) },
  "hex of .NET": { as: "hex", write: (bytes) => ascii(pairs(bytes, "-").toUpperCase()) },
  "hex of C": {
    as: "hex",
    write: (bytes) => ascii(`byte p[] = {\n ${rows(bytes, 12, (r) => `0x${pairs(r, ", 0x")},`)}\n};`),
  },
  xxd: { as: "hex", write: (bytes) => ascii(dump(bytes, (at, hex) => `${offset(at, 8)}: ${hex}`, 2)) },
  "xxd -p": { as: "hex", write: (bytes) => ascii(rows(bytes, 30, toHex)) },
  "hexdump -C": {
    as: "hex",
    write: (bytes) =>
      ascii(`${dump(bytes, (at, hex) => `${offset(at, 8)}  ${hex}`, 1, "|")}\n${offset(bytes.length, 8)}\n`),
  },
  "od -t x1": {
    as: "hex",
    write: (bytes) => ascii(rows(bytes, 16, (row, at) => `${offset(at, 7, 8)} ${pairs(row, " ")}`)),
  },
  "rows with characters, no offsets": {
    as: "hex",
    write: (bytes) => ascii(dump(bytes, (_, hex) => hex, 1)),
  },
  "Format-Hex, UTF-16": {
    as: "hex",
    write: (bytes) => {
      const head = `\r\n           Path: C:\\p.kpg\r\n\r\n           ${pairs(
        Uint8Array.from({ length: 16 }, (_, i) => i),
        " ",
      )}\r\n`
      return serializeUtf16(`${LE_MARK}${head}${dump(bytes, (at, hex) => `${offset(at, 8)}   ${hex}`, 1)}`)
    },
  },
  "registry export": {
    as: "registry",
    write: (bytes) => {
      const head = `Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Rescue]\r\n`
      const values = rows(bytes, 25, (row) => `${pairs(row, ",")},\\\r\n  `).replaceAll("\n  \n", "\n  ")
      return serializeUtf16(`${LE_MARK}${head}"Package"=hex:${values.replace(/,\\\r\n {2}$/, "\r\n")}`)
    },
  },
  "decimal list": { as: "decimal", write: (bytes) => ascii(`msFVE-KeyPackage : {${bytes.join(", ")}}`) },
  "PowerShell array": { as: "decimal", write: (bytes) => ascii(`[byte[]] $p = @(${bytes.join(",")})`) },
  "one number a line": { as: "decimal", write: (bytes) => ascii(bytes.join("\r\n")) },
} as const satisfies Record<string, Encoding>

/** An entry as ldapsearch prints it: folded, with the volume beside the package. */
export function ldifEntry(keyPackage: Uint8Array, volumeId: string): string {
  const attributes = [
    "dn: CN=2023-10-10T10:00:00-08:00{063EA4E1-220C-4293-BA01-4754620A96E7},CN=PC-1,DC=example",
    `msFVE-VolumeGuid:: ${base64(serializeGuid(volumeId))}`,
    `msFVE-KeyPackage:: ${base64(keyPackage)}`,
  ]
  return `${attributes.map((line) => folded(line, 76, "\n ")).join("\n")}\n\n`
}

/** Bytes as a decoder of Windows-1252 gives them to a text stream. */
function asAnsi(bytes: Uint8Array): string {
  const specials = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"
  return Array.from(bytes, (byte) =>
    byte >= 0x80 && byte < 0xa0 ? specials[byte - 0x80]! : String.fromCharCode(byte),
  ).join("")
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")
const pairs = (bytes: Uint8Array, separator: string): string => toHex(bytes).match(/../g)!.join(separator)
const offset = (at: number, width: number, radix = 16): string => at.toString(radix).padStart(width, "0")

function swapped(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, i) => bytes[i ^ 1]!)
}

function folded(text: string, width: number, newline = "\r\n"): string {
  return (text.match(new RegExp(`.{1,${width}}`, "g")) ?? []).join(newline)
}

function rows(bytes: Uint8Array, width: number, print: (row: Uint8Array, at: number) => string): string {
  const starts = Array.from({ length: Math.ceil(bytes.length / width) }, (_, i) => i * width)
  return starts.map((at) => print(bytes.subarray(at, at + width), at)).join("\n")
}

/** With characters beside the bytes, and rows that repeat left out where offsets tell. */
function dump(bytes: Uint8Array, lead: (at: number, hex: string) => string, group: 1 | 2, bar = ""): string {
  const width = group === 1 ? 47 : 39
  const print = (row: Uint8Array, at: number): string => {
    const hex =
      group === 1
        ? pairs(row, " ")
        : toHex(row)
            .match(/.{1,4}/g)!
            .join(" ")
    const characters = Array.from(row, (byte) =>
      byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : ".",
    )
    return `${lead(at, hex.padEnd(width))}  ${bar}${characters.join("")}${bar}`
  }
  const lines = rows(bytes, 16, print).split("\n")
  if (bar === "") return lines.join("\n")
  const isRepeated = (i: number): boolean =>
    i > 0 && (i + 1) * 16 <= bytes.length && rowText(bytes, i) === rowText(bytes, i - 1)
  return lines
    .map((line, i) => (isRepeated(i) ? "*" : line))
    .filter((line, i, all) => line !== "*" || all[i - 1] !== "*")
    .join("\n")
}

const rowText = (bytes: Uint8Array, row: number): string => toHex(bytes.subarray(row * 16, row * 16 + 16))
