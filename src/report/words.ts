/** The words and figures of the page. A figure carries its value and where it stands in the JSON, so that both can be compared. */
import { formatSize } from "../bytes/format-size.ts"
import { hex } from "../extents/extent.ts"
import type { Region } from "../filesystem/index.ts"
import type { RangeState } from "./document.ts"
import { type Html, html } from "./html.ts"

/** @param pointer a JSON pointer (RFC 6901) into the document */
export function figure(pointer: string, value: number | string, shown: string | Html): Html {
  return html`<data value="${value}" data-from="${pointer}">${shown}</data>`
}

/** `3 MiB`, and the bytes below it. */
export function largeSize(pointer: string, bytes: number): Html {
  const shown = bytes < 1024 ? `${bytes} bytes` : formatSize(bytes)
  return html`${figure(pointer, bytes, shown)}${bytes >= 1024 && html` <small>${grouped(bytes)} bytes</small>`}`
}

/** `3 MiB (3,145,728 bytes)` */
export function size(pointer: string, bytes: number): Html {
  const exactly = `${grouped(bytes)} bytes`
  return figure(pointer, bytes, bytes < 1024 ? exactly : `${formatSize(bytes)} (${exactly})`)
}

export function count(pointer: string, value: number): Html {
  return figure(pointer, value, grouped(value))
}

/** `0x100000`, as it stands on a disk. */
export function position(pointer: string, at: number): Html {
  return html`<span class="mono">${figure(pointer, at, hex(at))}</span>`
}

/** A share between 0 and 1 as `98.5 %`; it is rounded down already. */
export function share(pointer: string, value: number): Html {
  return figure(pointer, value, `${Math.round(value * 1000) / 10} %`)
}

/** `0.4 s`, `1 min 12 s`, `3 h 07 min` */
export function duration(pointer: string, ms: number): Html {
  return figure(pointer, ms, formatDuration(ms))
}

function formatDuration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  const minutes = Math.floor(ms / 60_000)
  const two = (n: number): string => String(n).padStart(2, "0")
  if (minutes < 60) return `${minutes} min ${two(Math.floor(ms / 1000) % 60)} s`
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
}

/** `2026-01-31 23:59 UTC` */
export function time(pointer: string, iso: string): Html {
  const shown = `${iso.slice(0, 16).replace("T", " ")} UTC`
  return html`<time datetime="${iso}" data-from="${pointer}">${shown}</time>`
}

export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",")
}

export const STATE_WORDS: Readonly<Record<RangeState, { name: string; meaning: string }>> = {
  decrypted: { name: "Decrypted", meaning: "came out of the cipher" },
  plain: { name: "Copied", meaning: "was stored without encryption" },
  structure: { name: "BitLocker’s own places", meaning: "hold no data of yours, and read as zeros" },
  lost: { name: "Lost", meaning: "could not be read" },
}

export const REGION_WORDS: Readonly<Record<Region, string>> = {
  boot: "Boot sectors",
  "file-table": "File table ($MFT)",
  allocation: "Allocation table (FAT)",
  folders: "Folders",
  "file-heads": "Beginnings of files",
  "free-space": "Free space",
}

export const FILE_SYSTEM_WORDS = {
  ntfs: "NTFS",
  fat12: "FAT12",
  fat16: "FAT16",
  fat32: "FAT32",
  exfat: "exFAT",
  refs: "ReFS",
} as const
