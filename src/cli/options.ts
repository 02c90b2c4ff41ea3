/**
 * The options as data: the parser, the help and the tests read this one table.
 *
 * Every name goes with one dash or two and in any letter case, so Microsoft's spellings (`-rp`, `-RecoveryPassword`) and
 * GNU's (`--recovery-password`) are rows of one list. The first name is the one that messages use.
 */
import type { CommandName } from "./commands.ts"

/** What the text of a value is turned into. */
export type ValueKind = "text" | "size" | "position" | "count" | "range"

/**
 * How an option comes to its value. `-x:VALUE` and `--x=VALUE` always carry one. Of the argument that follows:
 * - `next` takes it, whatever it is;
 * - `next-if-digits` takes it when it can only be meant as a recovery password (`looksLikeRecoveryPassword`);
 * - `next-after-two-dashes` takes it after `--password`, never after Microsoft's `-pw`, which asks.
 * Where a value may be missing, the person is asked for it.
 */
export type ValueFrom = "next" | "next-if-digits" | "next-after-two-dashes"

export interface Option {
  readonly names: readonly [string, ...string[]]
  readonly commands: readonly CommandName[]
  readonly group: "credentials" | "volume" | "output" | "in-place" | "report"
  readonly help: string
  /** Absent: a switch. */
  readonly value?: { readonly label: string; readonly kind: ValueKind; readonly from: ValueFrom }
  /** The value is a secret, or may be one: it is never repeated to anybody. */
  readonly secret?: true
  readonly repeatable?: true
}

const ALL = ["repair", "inspect", "check", "locate"] as const
/** They look where a volume should be. */
const ONE_VOLUME = ["repair", "inspect", "check"] as const
const EVERY = [...ALL, "undo"] as const
const UNLOCKING = ["repair", "check"] as const
const REPAIR = ["repair"] as const

const file = { label: "FILE", kind: "text", from: "next" } as const
const size = { label: "SIZE", kind: "size", from: "next" } as const
/** A size that may be negative. */
const position = { label: "SIZE", kind: "position", from: "next" } as const
const count = { label: "N", kind: "count", from: "next" } as const

export const OPTIONS = {
  recoveryPassword: {
    names: ["recovery-password", "rp", "recoverypassword"],
    commands: UNLOCKING,
    group: "credentials",
    help: "the 48 digits; without a value you are asked for them",
    value: { label: "[DIGITS]", kind: "text", from: "next-if-digits" },
    secret: true,
    repeatable: true,
  },
  recoveryKey: {
    names: ["recovery-key", "rk", "recoverykey"],
    commands: UNLOCKING,
    group: "credentials",
    help: "a .BEK file, or a folder of them",
    value: file,
    repeatable: true,
  },
  password: {
    names: ["password", "pw"],
    commands: UNLOCKING,
    group: "credentials",
    help: "-pw asks for the password; --password VALUE and -pw:VALUE give it",
    value: { label: "[VALUE]", kind: "text", from: "next-after-two-dashes" },
    secret: true,
    repeatable: true,
  },
  vmk: {
    names: ["vmk"],
    commands: UNLOCKING,
    group: "credentials",
    help: "the volume master key: a file, or the key as text",
    value: { label: "KEY", kind: "text", from: "next" },
    secret: true,
    repeatable: true,
  },
  fvek: {
    names: ["fvek"],
    commands: UNLOCKING,
    group: "credentials",
    help: "the full volume encryption key: a file, or the key as text",
    value: { label: "KEY", kind: "text", from: "next" },
    secret: true,
    repeatable: true,
  },
  credentialsFile: {
    names: ["credentials-file"],
    commands: UNLOCKING,
    group: "credentials",
    help: "lines such as `password: …`, or the .TXT that Windows saved",
    value: file,
    repeatable: true,
  },
  keyPackage: {
    names: ["key-package", "kp", "keypackage"],
    commands: UNLOCKING,
    group: "credentials",
    help: "a key package (.KPG, AD DS export), or a folder: replaces destroyed metadata",
    value: file,
    repeatable: true,
  },

  volume: {
    names: ["volume"],
    commands: ONE_VOLUME,
    group: "volume",
    help: "which volume, when INPUT holds several: its number in `inspect`",
    value: count,
  },
  offset: {
    names: ["offset"],
    commands: ONE_VOLUME,
    group: "volume",
    help: "where the volume starts, in bytes: 1M, 0x100000; =-1M when before INPUT",
    value: position,
  },
  size: {
    names: ["size"],
    commands: ONE_VOLUME,
    group: "volume",
    help: "bytes in the volume, with --offset",
    value: size,
  },
  all: {
    names: ["all"],
    commands: ["locate"],
    group: "volume",
    help: "search to the end, and at every byte instead of every sector",
  },
  scanState: {
    names: ["scan-state"],
    commands: ["locate"],
    group: "volume",
    help: "keep the state of the search in this file, and go on from it",
    value: file,
  },

  force: {
    names: ["force", "f"],
    commands: REPAIR,
    group: "output",
    help: "overwrite an existing OUTPUT",
  },
  range: {
    names: ["range"],
    commands: REPAIR,
    group: "output",
    help: "only this part of the volume: START:LENGTH, or START-END (END excluded)",
    value: { label: "RANGE", kind: "range", from: "next" },
  },
  keepZeros: {
    names: ["keep-zeros"],
    commands: REPAIR,
    group: "output",
    help: "sectors that are all zeros stay so: trimmed areas of an SSD would decrypt to noise",
  },
  noSparse: {
    names: ["no-sparse"],
    commands: REPAIR,
    group: "output",
    help: "write zeros instead of leaving holes in the image",
  },
  fullSize: {
    names: ["full-size"],
    commands: REPAIR,
    group: "output",
    help: "extend the output of a truncated image to the volume's own size",
  },
  hash: {
    names: ["hash"],
    commands: REPAIR,
    group: "output",
    help: "the checksum of OUTPUT: sha256",
    value: { label: "sha256", kind: "text", from: "next" },
  },
  dryRun: {
    names: ["dry-run"],
    commands: ["repair", "undo"],
    group: "output",
    help: "unlock, print the plan or the patch, write nothing",
  },
  lanes: {
    names: ["lanes"],
    commands: ["repair", "locate"],
    group: "output",
    help: "how many workers; chosen from the processors otherwise",
    value: count,
  },
  noOutputVolume: {
    names: ["no-output-volume", "nov", "nooutputvolume"],
    commands: REPAIR,
    group: "in-place",
    help: "make INPUT itself open again: writes only what is destroyed, after asking; no OUTPUT then",
  },
  yesWriteTo: {
    names: ["yes-write-to"],
    commands: REPAIR,
    group: "in-place",
    help: "answers the question: the first eight characters of a key ID of the volume",
    value: { label: "KEYID", kind: "text", from: "next" },
  },
  undoFile: {
    names: ["undo-file"],
    commands: REPAIR,
    group: "in-place",
    help: "where to save what is replaced; a new file in the current folder otherwise",
    value: file,
  },

  logFile: {
    names: ["log-file", "lf", "logfile"],
    commands: EVERY,
    group: "report",
    help: "write a log, or continue one",
    value: file,
  },
  json: { names: ["json"], commands: EVERY, group: "report", help: "for scripts; see docs/json.md" },
  quiet: {
    names: ["quiet", "q"],
    commands: EVERY,
    group: "report",
    help: "no progress: only the result, and what is damaged",
  },
  help: { names: ["help", "?", "h"], commands: EVERY, group: "report", help: "this text" },
  version: { names: ["version"], commands: EVERY, group: "report", help: "the version of this program" },
} as const satisfies Record<string, Option>

export type OptionKey = keyof typeof OPTIONS

/** The table with its rows seen alike. */
export const OPTION_ROWS: Readonly<Record<OptionKey, Option>> = OPTIONS

export const OPTION_KEYS = Object.keys(OPTIONS) as readonly OptionKey[]

/** @param name without dashes, in any letter case */
export function findOption(name: string): OptionKey | undefined {
  const wanted = name.toLowerCase()
  return OPTION_KEYS.find((key) => OPTION_ROWS[key].names.includes(wanted))
}

/** `--recovery-password`: the spelling for messages. */
export function spell(key: OptionKey): string {
  return `--${OPTION_ROWS[key].names[0]}`
}
