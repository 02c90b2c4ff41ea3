/**
 * The options as data: the parser, the help and the tests read this one table.
 *
 * Every name goes with one dash or two and in any letter case, so Microsoft's spellings (`-rp`, `-RecoveryPassword`) and
 * GNU's (`--recovery-password`) are rows of one list. The first name is the one that messages use.
 */
import { type CommandName, type Program, programOf } from "./commands.ts"

/** What the text of a value is turned into. */
export type ValueKind = "text" | "size" | "position" | "count" | "range"

/**
 * How an option comes to its value. `-x:VALUE` and `--x=VALUE` always carry one. Of the argument that follows:
 * - `next` takes it, whatever it is;
 * - `next-if-digits` takes it when it can only be meant as a recovery password (`looksLikeRecoveryPassword`);
 * - `next-if-count` takes it when it is a whole number;
 * - `next-after-two-dashes` takes it after `--password`, never after Microsoft's `-pw`, which asks.
 * Where a value may be missing, the person is asked for it.
 */
export type ValueFrom = "next" | "next-if-digits" | "next-if-count" | "next-after-two-dashes"

export interface Option {
  readonly names: readonly [string, ...string[]]
  readonly commands: readonly CommandName[]
  readonly group:
    | "credentials"
    | "places"
    | "directory"
    | "volume"
    | "output"
    | "failing"
    | "in-place"
    | "report"
  readonly help: string
  /** Absent: a switch. */
  readonly value?: { readonly label: string; readonly kind: ValueKind; readonly from: ValueFrom }
  /** The value is a secret, or may be one: it is never repeated to anybody. */
  readonly secret?: true
  readonly repeatable?: true
}

const ALL = ["repair", "inspect", "check", "locate"] as const
/** They look where a volume should be. */
const MANAGE_BDE = ["status", "protectors get", "keypackage"] as const
const ONE_VOLUME = [
  "repair",
  "inspect",
  "check",
  "keys find",
  "keys clinic",
  "keys reveal",
  ...MANAGE_BDE,
] as const
const EVERY = [
  ...ALL,
  "undo",
  "keys find",
  "keys clinic",
  "keys backup",
  "keys reveal",
  ...MANAGE_BDE,
] as const
const UNLOCKING = ["repair", "check", "keys backup", "keys reveal", ...MANAGE_BDE] as const
const CLINIC = ["keys clinic"] as const
const FIND = ["keys find"] as const
/** They take the names of places. */
const SEARCHING = ["keys find", "repair", "check"] as const
const REPAIR = ["repair"] as const

const file = { label: "FILE", kind: "text", from: "next" } as const
const place = { label: "PLACE", kind: "text", from: "next" } as const
const size = { label: "SIZE", kind: "size", from: "next" } as const
/** A size that may be negative. */
const position = { label: "SIZE", kind: "position", from: "next" } as const
const count = { label: "N", kind: "count", from: "next" } as const
const seconds = { label: "SECONDS", kind: "count", from: "next" } as const
const folder = { label: "FOLDER", kind: "text", from: "next" } as const
const keyId = { label: "KEYID", kind: "text", from: "next" } as const

export const OPTIONS = {
  recoveryPassword: {
    names: ["recovery-password", "rp", "recoverypassword"],
    commands: [...UNLOCKING, ...CLINIC],
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
  certificateFile: {
    names: ["certificate-file", "cf", "certificatefile"],
    commands: UNLOCKING,
    group: "credentials",
    help: "a certificate with its private key: .pfx, .p12 or .pem",
    value: file,
    repeatable: true,
  },
  certificate: {
    names: ["certificate", "cert"],
    commands: UNLOCKING,
    group: "credentials",
    help: "as manage-bde has it before -cf; says nothing by itself",
  },
  pin: {
    names: ["pin"],
    commands: UNLOCKING,
    group: "credentials",
    help: "asks for the password of that file; --pin VALUE and -pin:VALUE give it",
    value: { label: "[VALUE]", kind: "text", from: "next-after-two-dashes" },
    secret: true,
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
    commands: [...UNLOCKING, ...CLINIC],
    group: "credentials",
    help: "lines such as `password: …`, or the .TXT that Windows saved",
    value: file,
    repeatable: true,
  },
  keyPackage: {
    names: ["key-package", "kp", "keypackage"],
    commands: ["repair", "check", "keys reveal"],
    group: "credentials",
    help: "a key package (.KPG), a key backup, or a folder: replaces destroyed metadata",
    value: file,
    repeatable: true,
  },
  keyId: {
    names: ["key-id"],
    commands: CLINIC,
    group: "credentials",
    help: "which recovery password of the volume is meant: the start of its key ID",
    value: { label: "ID", kind: "text", from: "next" },
  },
  thorough: {
    names: ["thorough"],
    commands: CLINIC,
    group: "credentials",
    help: "also what is less likely: every value of each group in turn",
  },
  searchState: {
    names: ["search-state"],
    commands: CLINIC,
    group: "credentials",
    help: "keep the state of the search in this file, and go on from it",
    value: file,
  },

  in: {
    names: ["in"],
    commands: FIND,
    group: "places",
    help: "look for keys there",
    value: place,
    repeatable: true,
  },
  keys: {
    names: ["keys"],
    commands: ["repair", "check"],
    group: "places",
    help: "use the keys for INPUT that lie there: see `keys find`",
    value: place,
    repeatable: true,
  },
  ldapUser: {
    names: ["ldap-user"],
    commands: SEARCHING,
    group: "directory",
    help: "who asks AD DS: name@example.com or EXAMPLE\\name; you are asked for the password",
    value: { label: "NAME", kind: "text", from: "next" },
  },
  ldapPasswordFile: {
    names: ["ldap-password-file"],
    commands: SEARCHING,
    group: "directory",
    help: "the password is the first line of this file; or set REPAIR_BDE_LDAP_PASSWORD",
    value: file,
  },
  ldapCa: {
    names: ["ldap-ca"],
    commands: SEARCHING,
    group: "directory",
    help: "the certificate (PEM or DER) that the domain controller's is signed by",
    value: file,
  },
  insecureTls: {
    names: ["insecure-tls"],
    commands: SEARCHING,
    group: "directory",
    help: "do not check who the domain controller is: whoever answers learns the password",
  },
  kerberos: {
    names: ["kerberos"],
    commands: SEARCHING,
    group: "directory",
    help: "ask AD DS with the Kerberos ticket of kinit instead, by the program ldapsearch",
  },
  entraTenant: {
    names: ["entra-tenant"],
    commands: SEARCHING,
    group: "directory",
    help: "which organisation in Entra ID: example.com or a GUID",
    value: { label: "NAME", kind: "text", from: "next" },
  },
  entraClient: {
    names: ["entra-client"],
    commands: SEARCHING,
    group: "directory",
    help: "log in to Entra ID through this app registration",
    value: { label: "ID", kind: "text", from: "next" },
  },

  volume: {
    names: ["volume"],
    commands: [...ONE_VOLUME, "keys backup"],
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
  inputMap: {
    names: ["input-map"],
    commands: ONE_VOLUME,
    group: "volume",
    help: "the mapfile with which ddrescue made INPUT: what is not finished in it counts as unreadable",
    value: file,
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
    help: "start afresh, over an existing OUTPUT",
  },
  resume: {
    names: ["resume"],
    commands: REPAIR,
    group: "output",
    help: "go on with what an earlier run left, or fail; without it, go on where there is something",
  },
  map: {
    names: ["map"],
    commands: REPAIR,
    group: "output",
    help: "the mapfile of OUTPUT, as GNU ddrescue writes it; OUTPUT.map until all is done otherwise",
    value: file,
  },
  sourceMap: {
    names: ["source-map"],
    commands: REPAIR,
    group: "output",
    help: "write the same in positions of INPUT",
    value: file,
  },
  mapInterval: {
    names: ["map-interval"],
    commands: REPAIR,
    group: "output",
    help: "seconds from a write until it is on its medium and in the map; 5 otherwise",
    value: count,
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
  forceNoise: {
    names: ["force-noise"],
    commands: REPAIR,
    group: "output",
    help: "go on where the plaintext looks like noise",
  },
  dryRun: {
    names: ["dry-run"],
    commands: ["repair", "undo", ...CLINIC],
    group: "output",
    help: "print the plan, the patch or the length of the search, and stop",
  },
  lanes: {
    names: ["lanes"],
    commands: ["repair", "locate"],
    group: "output",
    help: "how many workers; chosen from the processors otherwise",
    value: count,
  },
  fill: {
    names: ["fill"],
    commands: REPAIR,
    group: "failing",
    help: "what stands where nothing could be read, repeated; zeros otherwise",
    value: { label: "TEXT", kind: "text", from: "next" },
  },
  retries: {
    names: ["retries"],
    commands: REPAIR,
    group: "failing",
    help: "read bad sectors so many times more, in the end",
    value: count,
  },
  reverse: {
    names: ["reverse"],
    commands: REPAIR,
    group: "failing",
    help: "read from the end to the start",
  },
  maxErrors: {
    names: ["max-errors"],
    commands: REPAIR,
    group: "failing",
    help: "stop at more bad areas than these",
    value: count,
  },
  readTimeout: {
    names: ["read-timeout"],
    commands: REPAIR,
    group: "failing",
    help: "a read of a device that takes longer counts as failed; 60 otherwise",
    value: seconds,
  },
  wait: {
    names: ["wait"],
    commands: REPAIR,
    group: "failing",
    help: "wait for a device that goes away, and go on when it is back under any name",
    value: { label: "[SECONDS]", kind: "count", from: "next-if-count" },
  },
  despiteErrors: {
    names: ["despite-errors"],
    commands: REPAIR,
    group: "failing",
    help: "go on with a device that has read errors, without asking",
  },
  to: {
    names: ["to"],
    commands: ["keys backup"],
    group: "output",
    help: "where the backups go, one new file for each volume",
    value: folder,
  },
  escrowOnly: {
    names: ["escrow-only"],
    commands: ["keys backup"],
    group: "output",
    help: "leave recovery passwords and startup keys out: no credential is needed then",
  },
  startupKeyFolder: {
    names: ["bek"],
    commands: ["keys reveal"],
    group: "output",
    help: "write every startup key into this folder, as a .BEK file",
    value: folder,
  },
  autoUnlock: {
    names: ["auto-unlock"],
    commands: ["keys reveal"],
    group: "output",
    help: "with an export (.reg) of FVEAutoUnlock: also the keys of the volumes that this Windows unlocks",
    value: file,
    repeatable: true,
  },
  qrCode: {
    names: ["qr"],
    commands: ["keys reveal"],
    group: "output",
    help: "one recovery password, by the start of its key ID, as a QR code on the terminal",
    value: keyId,
  },
  yesReveal: {
    names: ["yes-reveal"],
    commands: ["keys reveal"],
    group: "output",
    help: "answers the question, for scripts",
  },
  protectorId: {
    names: ["id"],
    commands: ["keypackage", "protectors get"],
    group: "output",
    help: "the key protector, by its GUID, with or without braces",
    value: { label: "{GUID}", kind: "text", from: "next" },
  },
  packageFolder: {
    names: ["path"],
    commands: ["keypackage"],
    group: "output",
    help: "where the key package goes; the current folder otherwise",
    value: folder,
  },
  protectorType: {
    names: ["type", "t"],
    commands: ["protectors get"],
    group: "output",
    help: "only key protectors of this kind: recoverypassword, externalkey, password, tpm, …",
    value: { label: "TYPE", kind: "text", from: "next" },
  },
  protectionAsErrorLevel: {
    names: ["protection-as-error-level", "p", "protectionaserrorlevel"],
    commands: ["status"],
    group: "output",
    help: "the exit code is the answer: 0 protected, 1 not protected",
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
  report: {
    names: ["report"],
    commands: REPAIR,
    group: "report",
    help: "what was found and done: FILE.html to read and print, or FILE.json",
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

/** Those of a program: the other one may have the same name for something else. */
export function optionsOf(program: Program): OptionKey[] {
  return OPTION_KEYS.filter((key) => OPTION_ROWS[key].commands.some((name) => programOf(name) === program))
}

/** @param name without dashes, in any letter case */
export function findOption(name: string, program: Program): OptionKey | undefined {
  const wanted = name.toLowerCase()
  return optionsOf(program).find((key) => OPTION_ROWS[key].names.includes(wanted))
}

/** `--recovery-password`: the spelling for messages. */
export function spell(key: OptionKey): string {
  return `--${OPTION_ROWS[key].names[0]}`
}
