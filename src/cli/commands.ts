/**
 * The commands as data: the dispatcher, the help and the tests read this one table. Two programs share it: `manage-bde` spells its
 * commands as options, as Microsoft's does.
 */

export type Program = "repair-bde" | "manage-bde"

export const COMMANDS = {
  repair: {
    positionals: ["INPUT", "OUTPUT"],
    summary: "decrypt the volume in INPUT to OUTPUT: an image file, a device, or - for standard output",
    examples: [
      "repair-bde disk.img out.img -rp",
      "repair-bde /dev/sdb2 out.img -rk F:/1A2B3C4D-0000-0000-0000-000000000000.BEK -lf log.txt",
      "repair-bde repair disk.img - --json --credentials-file keys.txt >out.img",
      "repair-bde /dev/sdb2 -nov -rp --dry-run",
    ],
  },
  inspect: {
    positionals: ["INPUT"],
    summary: "what is on INPUT, and which key opens it: needs no credential, writes nothing",
    examples: ["repair-bde inspect /dev/sdb", "repair-bde inspect disk.img --json"],
  },
  check: {
    positionals: ["INPUT"],
    summary: "do these credentials open INPUT, and if not, why: writes nothing",
    examples: ["repair-bde check disk.img -pw", "repair-bde check disk.img --credentials-file keys.txt"],
  },
  undo: {
    positionals: ["FILE", "INPUT"],
    summary: "put back what -nov replaced on INPUT; FILE is the undo file that it saved",
    examples: ["repair-bde undo repair-bde-1A2B3C4D-20240131-235959.undo /dev/sdb2"],
  },
  locate: {
    positionals: ["INPUT"],
    summary: "search all of INPUT for volumes whose boot sector or partition is gone: writes nothing",
    examples: ["repair-bde locate /dev/sdb", "repair-bde locate disk.img --all --scan-state scan.json"],
  },
  "keys find": {
    positionals: ["INPUT"],
    summary: "look for the keys that INPUT asks for, in files, folders and directories: writes nothing",
    examples: [
      "repair-bde keys find /dev/sdb2 --in /media/stick --in ad-export.ldif",
      "repair-bde keys find disk.img --in keys.csv --json",
    ],
  },
  "keys clinic": {
    positionals: ["INPUT"],
    summary: "find the recovery password that a mistyped one was meant to be: writes nothing",
    examples: [
      "repair-bde keys clinic disk.img -rp",
      "repair-bde keys clinic /dev/sdb2 -rp --search-state search.json",
    ],
  },
  "keys backup": {
    positionals: ["INPUT…"],
    summary: "save what each volume on INPUT is lost without, while it is well, into a file of its own",
    examples: [
      "repair-bde keys backup /dev/sdb /dev/sdc --to /safe --credentials-file keys.txt",
      "repair-bde keys backup disk.img --to /escrow --escrow-only",
    ],
  },
  "keys reveal": {
    positionals: ["INPUT"],
    summary: "show all keys of a volume that one credential opens: writes nothing to INPUT",
    examples: [
      "repair-bde keys reveal /dev/sdb2 -pw",
      "repair-bde keys reveal disk.img -rp --bek /media/stick",
    ],
  },

  status: {
    program: "manage-bde",
    positionals: ["[VOLUME]"],
    summary: "size, conversion, method and protection of the volumes on VOLUME, or on all drives",
    examples: ["manage-bde -status /dev/sdb", "manage-bde -status disk.img -p"],
  },
  "protectors get": {
    program: "manage-bde",
    positionals: ["VOLUME"],
    summary: "the key protectors; with a credential that opens the volume, recovery passwords too",
    examples: [
      "manage-bde -protectors -get /dev/sdb2 -pw",
      "manage-bde -protectors -get disk.img -Type recoverypassword",
    ],
  },
  keypackage: {
    program: "manage-bde",
    positionals: ["VOLUME"],
    summary: "export the key package of a recovery password or external key, for a repair",
    examples: ["manage-bde -KeyPackage /dev/sdb2 -id {1A2B3C4D-0000-0000-0000-000000000000} -path /safe -pw"],
  },
} as const satisfies Record<string, Command>

export interface Command {
  /** `repair-bde` when absent. */
  readonly program?: Program
  /** `[NAME]` may be left out, `NAME…` may come several times. */
  readonly positionals: readonly string[]
  readonly summary: string
  readonly examples: readonly string[]
}

export type CommandName = keyof typeof COMMANDS

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[]

const ROWS: Readonly<Record<CommandName, Command>> = COMMANDS

export function programOf(name: CommandName): Program {
  return ROWS[name].program ?? "repair-bde"
}

export function commandsOf(program: Program): CommandName[] {
  return COMMAND_NAMES.filter((name) => programOf(name) === program)
}

/** As it is typed: `repair-bde keys find`, `manage-bde -protectors -get`. */
export function spellCommand(name: CommandName): string {
  const dash = programOf(name) === "manage-bde" ? "-" : ""
  const words = wordsOf(name).map((word) => dash + (VERBS[word] ?? word))
  return [programOf(name), ...words].join(" ")
}

/** Microsoft's letter case, where it has one. */
const VERBS: Readonly<Record<string, string>> = { keypackage: "KeyPackage" }

/** The command that the words begin with; of some it has two. */
export function findCommand(words: readonly string[], program: Program): CommandName | undefined {
  return commandsOf(program).find((name) =>
    wordsOf(name).every((word, i) => word === words[i]?.toLowerCase()),
  )
}

/** The commands of two words of which this is the first: `keys` of `keys find`. */
export function commandsAfter(first: string, program: Program): CommandName[] {
  return commandsOf(program).filter(
    (name) => wordsOf(name).length > 1 && wordsOf(name)[0] === first.toLowerCase(),
  )
}

export function wordsOf(name: string): string[] {
  return name.split(" ")
}
