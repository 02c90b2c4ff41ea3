/** The commands as data: the dispatcher, the help and the tests read this one table. */

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
} as const satisfies Record<string, Command>

export interface Command {
  readonly positionals: readonly string[]
  readonly summary: string
  readonly examples: readonly string[]
}

export type CommandName = keyof typeof COMMANDS

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[]

/** The command that the words begin with; of some it has two. */
export function findCommand(words: readonly string[]): CommandName | undefined {
  return COMMAND_NAMES.find((name) => wordsOf(name).every((word, i) => word === words[i]?.toLowerCase()))
}

/** The commands of two words of which this is the first: `keys` of `keys find`. */
export function commandsAfter(first: string): CommandName[] {
  return COMMAND_NAMES.filter((name) => wordsOf(name).length > 1 && wordsOf(name)[0] === first.toLowerCase())
}

export function wordsOf(name: string): string[] {
  return name.split(" ")
}
