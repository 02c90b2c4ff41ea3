/** The help texts, made from the tables of commands and options. */
import { COMMANDS, type CommandName, type Program, commandsOf, spellCommand } from "./commands.ts"
import { OPTION_KEYS, OPTION_ROWS, type Option } from "./options.ts"

const GROUPS: readonly (readonly [Option["group"], string])[] = [
  ["credentials", "Credentials (several may be given: each is tried on each key protector of its kind)"],
  [
    "places",
    "Where keys may lie (a PLACE is a file, or a folder with all below it; texts, tables, LDIF, JSON, .BEK, .KPG)",
  ],
  [
    "directory",
    "Directories (a PLACE may be ldaps://dc.example.com, ldap://… by StartTLS, or entra:; with ?computer=NAME, ?device=ID)",
  ],
  ["volume", "Which volume"],
  ["output", "Output"],
  ["failing", "A drive that fails"],
  ["in-place", "In place: INPUT itself is written to"],
  ["report", "Reports"],
]

const SECRETS = `\
Without a terminal, -rp and -pw without a value read one line each from standard input, in their order.
REPAIR_BDE_RECOVERY_PASSWORD and REPAIR_BDE_PASSWORD are read too. A value on the command line works, but others on
this machine can see it. The argument after -rp is its value when it consists mostly of digits; -pw takes none.
Without any credential the clear key of a suspended volume is looked for; it is always tried first.`

const EXIT_CODES: Readonly<Record<Program, string>> = {
  "repair-bde": `\
0 done; 3 done, but something is unreadable or looks like noise; 2 usage; 10 source; 11 no BitLocker; 12 metadata;
13 no credential opens it; 14 not possible, or not yet; 16 output; 129, 130, 143 stopped by a signal; 1 our own bug`,
  "manage-bde": `\
0 done, and with -status -p: protected; 1 with -status -p: not protected; 2 usage; 10 source; 11 no BitLocker;
12 metadata; 13 no credential opens it; 14 not possible; 16 output; 129, 130, 143 stopped by a signal; 255 our bug`,
}

/** For the program's name alone. */
export function shortUsage(program: Program): string {
  return program === "manage-bde" ? MANAGE_BDE_USAGE : REPAIR_BDE_USAGE
}

const MANAGE_BDE_USAGE = `\
usage: manage-bde -status [VOLUME] [-p]
       manage-bde -protectors -get VOLUME [-Type TYPE] [-ID {GUID}] [-rp [DIGITS] | -rk FILE | -pw]
       manage-bde -KeyPackage VOLUME -ID {GUID} [-Path FOLDER] {-rp [DIGITS] | -rk FILE | -pw}
VOLUME, an image or a device, is only ever read. See \`manage-bde -?\`.`

const REPAIR_BDE_USAGE = `\
usage: repair-bde INPUT OUTPUT {-rp [DIGITS] | -rk FILE | -pw} [OPTIONS]
       repair-bde inspect INPUT
       repair-bde check INPUT {-rp [DIGITS] | -rk FILE | -pw}
       repair-bde locate INPUT
       repair-bde INPUT -nov [OPTIONS]
INPUT is only ever read, but for -nov, which asks first. Start with \`repair-bde inspect INPUT\`: it says which key is needed.
See \`repair-bde --help\`.`

const INTRODUCTIONS: Readonly<Record<Program, string>> = {
  "repair-bde":
    "repair-bde decrypts and repairs BitLocker drives. INPUT, an image or a device, is only read, but for -nov and undo.",
  "manage-bde":
    "manage-bde shows BitLocker drives, and exports their key packages. VOLUME, an image or a device, is only read.",
}

const COMMANDS_TITLES: Readonly<Record<Program, string>> = {
  "repair-bde": "Commands (repair when none is named; ./check is a file)",
  "manage-bde": "Commands",
}

/** The whole help, or that of one command. */
export function help(program: Program, command?: CommandName): string {
  const commands = command ? [command] : commandsOf(program)
  const examples = commands.flatMap((name) => COMMANDS[name].examples)
  const intro = command ? `${spellCommand(command)}: ${COMMANDS[command].summary}` : INTRODUCTIONS[program]
  const groups = GROUPS.map(([group, title]) => ({ title, rows: optionRows(group, commands) }))
  return [
    intro,
    section("Usage", commands.flatMap(usageLines)),
    ...(command ? [] : [section(COMMANDS_TITLES[program], table(commands.map(commandRow)))]),
    ...groups.filter(({ rows }) => rows.length > 0).map(({ title, rows }) => section(title, table(rows))),
    "Names go with one dash or two, in any letter case, before or after the paths. Sizes: 4096, 0x1000, 4K, 1M, 2G, 1T.",
    ...(optionRows("credentials", commands).length > 0 ? [SECRETS] : []),
    section("Examples", examples),
    section("Exit codes", EXIT_CODES[program].split("\n")),
  ].join("\n\n")
}

function usageLines(name: CommandName): string[] {
  const words = name === "repair" ? "repair-bde [repair]" : spellCommand(name)
  const line = `${words} ${COMMANDS[name].positionals.join(" ")} [OPTIONS]`
  return name === "repair" ? [line, "repair-bde [repair] INPUT -nov [OPTIONS]"] : [line]
}

function commandRow(name: CommandName): readonly [string, string] {
  return [spellCommand(name).split(" ").slice(1).join(" "), COMMANDS[name].summary]
}

function optionRows(group: Option["group"], commands: readonly CommandName[]): (readonly [string, string])[] {
  return OPTION_KEYS.map((key) => OPTION_ROWS[key])
    .filter((row) => row.group === group)
    .filter((row) => row.commands.some((name) => commands.includes(name)))
    .map((row) => [spellings(row), row.help] as const)
}

/** `-rp, --recovery-password [DIGITS]`; Microsoft's long name differs from ours by hyphens only and is left out. */
function spellings({ names: [long, ...others], value }: Option): string {
  const short = others.filter((name) => name.length <= 3).map((name) => `-${name}`)
  return [...short, `--${long}`].join(", ") + (value ? ` ${value.label}` : "")
}

function section(title: string, lines: readonly string[]): string {
  return [`${title}:`, ...lines.map((line) => `  ${line}`)].join("\n")
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`)
}
