/** What a command line cannot mean: options of another command, given twice, at odds with each other, or paths too many. */
import { UsageError } from "../errors.ts"
import { type CommandName, programOf, spellCommand } from "./commands.ts"
import { OPTION_ROWS, spell, type OptionKey } from "./options.ts"
import { isGiven, positionalsOf, type Given, type Invocation } from "./invocation.ts"
import { parseCount, parsePosition, parseRange, parseSize } from "./quantities.ts"

/** What only an output has. */
const OF_OUTPUT = [
  "range",
  "fullSize",
  "keepZeros",
  "noSparse",
  "hash",
  "lanes",
  "forceNoise",
  "report",
  "resume",
  "map",
  "sourceMap",
  "mapInterval",
] as const

/** How to read a source that fails; a repair in place reads little. */
const FAILING = ["fill", "retries", "reverse", "maxErrors", "readTimeout", "wait", "despiteErrors"] as const

/** Pairs that do not go together, and why. */
const CONFLICTS: readonly (readonly [OptionKey, OptionKey, string])[] = [
  ["volume", "offset", "both say which volume"],
  ["range", "fullSize", "the range decides the size of the output"],
  ["force", "resume", "one starts afresh, the other goes on"],
  ["dryRun", "hash", "a dry run has no output to sum"],
  ["noOutputVolume", "inputMap", "an image with holes is no drive to be repaired"],
  ["kerberos", "ldapUser", "the ticket says who asks"],
  ["kerberos", "ldapPasswordFile", "the ticket is the proof"],
  ["kerberos", "insecureTls", "the ticket proves who the server is, without a certificate"],
  ...[...OF_OUTPUT, ...FAILING].map(
    (key) => ["noOutputVolume", key, "nothing is decrypted to an output"] as const,
  ),
]

/** Options that mean nothing without another one, and what to do instead. */
const NEEDS: readonly (readonly [OptionKey, OptionKey, string])[] = [
  ["size", "offset", "give --offset too, or --volume alone"],
  ["yesWriteTo", "noOutputVolume", "give -nov too, or leave it out: INPUT is only read then"],
  [
    "certificate",
    "certificateFile",
    "name the file with -cf: certificates of a system's store are out of reach",
  ],
  [
    "pin",
    "certificateFile",
    "give -cf too: it is the password of that file; for a drive's password there is -pw",
  ],
  ["undoFile", "noOutputVolume", "give -nov too, or leave it out: INPUT is only read then"],
]

/** Options that a command is nothing without. */
const REQUIRED: Readonly<Partial<Record<CommandName, readonly OptionKey[]>>> = {
  "keys backup": ["to"],
  keypackage: ["protectorId"],
}

const VALUE_FORMS = {
  text: { holds: (text: string) => text.length > 0, form: "is empty" },
  size: {
    holds: (text: string) => parseSize(text) !== undefined,
    form: "is no size: write bytes as 1048576, 0x100000, 1024K or 1M",
  },
  position: {
    holds: (text: string) => parsePosition(text) !== undefined,
    form: "is no size: write bytes as 1048576, 0x100000, 1024K or 1M, with a minus before it where it is negative",
  },
  count: {
    holds: (text: string) => parseCount(text) !== undefined,
    form: "is no number: write 1 or more",
  },
  range: {
    holds: (text: string) => parseRange(text) !== undefined,
    form: "is no range: write START:LENGTH, or START-END with END beyond START",
  },
}

/** @throws UsageError @throws UnsupportedError */
export function refuseWhatDoesNotFit(invocation: Invocation): void {
  for (const option of invocation.given) refuseOption(invocation, option)
  for (const [one, other, why] of CONFLICTS) {
    if (!isGiven(invocation, one) || !isGiven(invocation, other)) continue
    throw new UsageError("option-conflict", `${spell(one)} and ${spell(other)} do not go together: ${why}`, {
      next: ["leave one of them out"],
    })
  }
  for (const [one, other, instead] of NEEDS) {
    if (!isGiven(invocation, one) || isGiven(invocation, other)) continue
    throw new UsageError("option-conflict", `${spell(one)} means nothing without ${spell(other)}`, {
      next: [instead],
    })
  }
  refusePaths(invocation)
  for (const key of REQUIRED[invocation.command] ?? []) {
    if (isGiven(invocation, key)) continue
    throw new UsageError("missing-argument", `${spell(key)} is missing`, {
      next: [`add ${spell(key)} ${OPTION_ROWS[key].value?.label ?? ""}`.trimEnd()],
    })
  }
}

function refuseOption({ command, given }: Invocation, { key, typed, value }: Given): void {
  const row = OPTION_ROWS[key]
  if (!row.commands.includes(command)) {
    const fitting = row.commands.filter((name) => programOf(name) === programOf(command)).map(wordOf)
    throw new UsageError("not-for-command", `${typed} is no option of ${wordOf(command)}`, {
      next: [`leave it out, or use \`${fitting.join("` or `")}\``, `see \`${spellCommand(command)} --help\``],
    })
  }
  if (!row.repeatable && row.value && given.filter((other) => other.key === key).length > 1) {
    throw new UsageError("option-twice", `${typed} is given twice`, { next: ["leave one of them out"] })
  }
  if (value === undefined || !row.value) return
  const { holds, form } = VALUE_FORMS[row.value.kind]
  if (!holds(value)) {
    throw new UsageError("bad-value", `the value of ${typed} ${form}`, {
      next: [`see \`${spellCommand(command)} --help\``],
    })
  }
  if (key === "hash" && value.toLowerCase() !== "sha256") {
    throw new UsageError("bad-value", `the value of ${typed} is no checksum of this version`, {
      next: ["write --hash sha256"],
    })
  }
}

/** Paths are counted, never repeated: one of them may be a password that was typed after `-pw`. */
function refusePaths(invocation: Invocation): void {
  const { command, positionals, given } = invocation
  const wanted = positionalsOf(invocation)
  if (positionals.some((path) => path === "")) {
    throw new UsageError("empty-argument", "a path is empty", {
      next: ["look for a variable without a value in your script"],
    })
  }
  const least = wanted.filter((name) => !name.startsWith("[")).length
  const most = wanted.some((name) => name.endsWith("…")) ? Infinity : wanted.length
  if (positionals.length >= least && positionals.length <= most) return
  const takers = given.filter(({ key, separate }) => separate && OPTION_ROWS[key].value?.from !== "next")
  const askers = given.filter(({ key, value }) => value === undefined && OPTION_ROWS[key].value)
  const words = [...wanted, ...(isGiven(invocation, "noOutputVolume") ? ["-nov"] : [])]
  const usage = `${spellCommand(command)} ${words.join(" ")} [OPTIONS]`

  if (positionals.length < least) {
    const missing = wanted.slice(positionals.length).join(" and ")
    throw new UsageError("missing-argument", `${missing} is missing`, {
      next: [
        ...takers.map(
          ({ typed }) => `the argument after ${typed} was taken for its value: put ${typed} last`,
        ),
        `write ${usage}`,
      ],
    })
  }
  const counts = `${positionals.length} paths where ${wordOf(command)} takes ${wanted.length}`
  throw new UsageError("too-many-arguments", `${counts}: ${wanted.join(" ")}`, {
    next: [
      ...askers.map(
        ({ typed }) => `the argument after ${typed} was not taken for its value: write ${typed}:VALUE`,
      ),
      `write ${usage}; put quotes around a path with spaces`,
    ],
  })
}

/** A command without its program: `keys find`, `-status`. */
function wordOf(command: CommandName): string {
  return spellCommand(command).split(" ").slice(1).join(" ")
}
