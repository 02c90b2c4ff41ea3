/**
 * The command line: Microsoft's spellings and GNU's, in any case, before or after the paths, until `--`.
 *
 * Three rules keep it safe. An argument is never guessed away: each command takes an exact number of paths, so an argument
 * that was taken for a value, or not taken, always ends in an error that says so. A secret is never repeated: messages
 * name options and count arguments, and `redacted` is the only copy of the command line that leaves this file. And
 * nothing starts with a slash that may be a path: `/rp` is an option on Windows only, `/?` everywhere.
 */
import { UsageError } from "../errors.ts"
import { COMMANDS, type Program, commandsAfter, findCommand, spellCommand, wordsOf } from "./commands.ts"
import type { Given, Invocation, Parsed } from "./invocation.ts"
import { refuseNoVerb, withCommandWords } from "./manage-bde-verbs.ts"
import { nearest } from "./nearest.ts"
import { OPTION_ROWS, findOption, optionsOf, spell, type OptionKey, type ValueFrom } from "./options.ts"
import { withoutLogin } from "./place-login.ts"
import { parseCount } from "./quantities.ts"
import { refuseWhatDoesNotFit } from "./refusals.ts"

/** @throws UsageError @throws UnsupportedError for what comes later */
export function parse(
  argv: readonly string[],
  platform: NodeJS.Platform,
  program: Program = "repair-bde",
): Parsed {
  if (argv.length === 0) return { action: "usage" }
  const isManageBde = program === "manage-bde"
  const { words, given, redacted } = readArguments(isManageBde ? withCommandWords(argv) : argv, {
    platform,
    program,
  })
  const commandWords = words.map(({ text, mayBeCommand }) => (mayBeCommand ? text : ""))
  const command = findCommand(commandWords, program)
  if (given.some(({ key }) => key === "help")) return { action: "help", ...(command && { command }) }
  if (given.some(({ key }) => key === "version")) return { action: "version" }

  if (!command && isManageBde) refuseNoVerb()
  if (!command) refuseHalfACommand(commandWords[0])
  const positionals = words.slice(command ? wordsOf(command).length : 0).map(({ text }) => text)
  const invocation = { command: command ?? "repair", positionals, given, redacted } satisfies Invocation
  refuseWhatDoesNotFit(invocation)
  return { action: "run", ...invocation }
}

/** The first word of commands of two, without a second one that makes it a command. */
function refuseHalfACommand(word = ""): void {
  const commands = commandsAfter(word, "repair-bde")
  if (commands.length === 0) return
  throw new UsageError("unknown-command", `${word.toLowerCase()} is half a command`, {
    next: [
      ...commands.map((name) => `write ${spellCommand(name)} ${COMMANDS[name].positionals.join(" ")}`),
      `write ./${word.toLowerCase()} when a file is meant`,
    ],
  })
}

/**
 * Whether the argument after `-rp` is meant as its value. Most of its letters and digits are digits, and nothing in it
 * belongs to a path or a file name with an extension: `111111-222222`, and `11111l-222222` with a letter in it, but neither
 * `disk.img` nor `/dev/sdb2` nor `E:`.
 */
export function looksLikeRecoveryPassword(text: string): boolean {
  if (/[./\\:]/.test(text)) return false
  const digits = text.match(/\p{Nd}/gu)?.length ?? 0
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  return digits >= 6 && digits > letters
}

interface Word {
  readonly text: string
  readonly mayBeCommand: boolean
}

/** Whose spellings are understood. */
interface Speaker {
  readonly platform: NodeJS.Platform
  readonly program: Program
}

function readArguments(argv: readonly string[], speaker: Speaker) {
  const words: Word[] = []
  const given: Given[] = []
  const redacted: string[] = []

  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!
    if (argument === "--") {
      redacted.push(...argv.slice(i))
      words.push(...argv.slice(i + 1).map((text) => ({ text, mayBeCommand: false })))
      break
    }
    const named = nameOf(argument, speaker)
    if (!named) {
      redacted.push(argument)
      words.push({ text: argument, mayBeCommand: true })
      continue
    }
    const option = readOption(named, argv[i + 1], speaker)
    given.push(option)
    const shown = OPTION_ROWS[option.key].secret ? "<redacted>" : option.value && withoutLogin(option.value)
    if (option.separate) redacted.push(named.typed, shown!)
    else redacted.push(option.value === undefined ? named.typed : `${named.typed}${named.joint}${shown}`)
    if (option.separate) i++
  }
  return { words, given, redacted }
}

interface Named {
  readonly typed: string
  readonly name: string
  /** `:` or `=`, when a value is attached. */
  readonly joint?: string
  readonly attached?: string
}

/** `undefined`: not an option but a path. A lone `-` is standard output. */
function nameOf(argument: string, { platform, program }: Speaker): Named | undefined {
  const match = /^(--?|\/)([^:=]+)(?:([:=])(.*))?$/s.exec(argument)
  if (!match) return undefined
  const [, prefix, name, joint, attached] = match as unknown as [string, string, string, string?, string?]
  const isPath = prefix === "/" && name !== "?" && !(platform === "win32" && findOption(name, program))
  if (isPath) return undefined
  return {
    typed: prefix + name,
    name,
    ...(joint !== undefined && attached !== undefined && { joint, attached }),
  }
}

function readOption(named: Named, next: string | undefined, speaker: Speaker): Given {
  const key = findOption(named.name, speaker.program)
  if (!key) throw unknownOption(named, speaker.program)
  const { typed, attached } = named
  const { value } = OPTION_ROWS[key]
  if (!value) {
    if (attached === undefined) return { key, typed, separate: false }
    throw new UsageError("unexpected-value", `${typed} is a switch and takes no value`, {
      next: [`write ${typed} alone`],
    })
  }
  if (attached !== undefined) {
    if (attached !== "") return { key, typed, value: attached, separate: false }
    throw new UsageError("missing-value", `the value of ${typed} is empty`, { next: [`write ${usage(key)}`] })
  }
  const isOption = next !== undefined && next !== "-" && nameOf(next, speaker) !== undefined
  if (next !== undefined && !isOption && takes(value.from, typed, next)) {
    if (next !== "") return { key, typed, value: next, separate: true }
    throw new UsageError("missing-value", `the value of ${typed} is empty`, { next: [`write ${usage(key)}`] })
  }
  if (value.from !== "next") return { key, typed, separate: false }
  throw new UsageError("missing-value", `${typed} needs a value`, {
    next: [
      `write ${usage(key)}`,
      ...(isOption ? [`write ${typed}:VALUE when the value begins with a dash`] : []),
    ],
  })
}

function takes(from: ValueFrom, typed: string, next: string): boolean {
  if (from === "next-if-digits") return next === "" || looksLikeRecoveryPassword(next)
  if (from === "next-if-count") return parseCount(next) !== undefined
  return from === "next" || typed.startsWith("--")
}

function usage(key: OptionKey): string {
  return `${spell(key)} ${OPTION_ROWS[key].value?.label ?? ""}`.trim()
}

/** Names the option that was probably meant. What may be a secret glued to its option is cut off. */
function unknownOption({ typed, name }: Named, program: Program): UsageError {
  const known = optionsOf(program).flatMap((key) => OPTION_ROWS[key].names)
  const meant = nearest(name.toLowerCase(), known)
  const glued = /^--?(rp|pw)/i.exec(typed)?.[0]
  const letters = /^-*[a-z?-]*/i.exec(typed)![0]
  const cut = glued ?? letters
  const shown = cut.length < typed.length ? `${cut}…` : cut
  return new UsageError("unknown-option", `unknown option ${shown}`, {
    next: [
      ...(glued ? [`write ${glued}:VALUE when the value follows without a space`] : []),
      ...(meant && !glued ? [`write ${meant.length > 3 ? "--" : "-"}${meant}`] : []),
      `see \`${program} --help\`; put \`--\` before a path that begins with a dash`,
    ],
  })
}
