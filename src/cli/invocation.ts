/** A command line as it was understood, and the typed values in it. */
import type { Extent } from "../extents/extent.ts"
import { COMMANDS, type CommandName } from "./commands.ts"
import { OPTION_ROWS, type OptionKey } from "./options.ts"
import { parseCount, parsePosition, parseRange, parseSize } from "./quantities.ts"

export interface Given {
  readonly key: OptionKey
  /** As it was typed: `-rp`. */
  readonly typed: string
  /** Absent for a switch, and where the person is asked. */
  readonly value?: string
  /** The value was an argument of its own. */
  readonly separate: boolean
}

/** What was asked for. */
export type Parsed =
  | { readonly action: "usage" }
  | { readonly action: "version" }
  | { readonly action: "help"; readonly command?: CommandName }
  | ({ readonly action: "run" } & Invocation)

export interface Invocation {
  readonly command: CommandName
  readonly positionals: readonly string[]
  readonly given: readonly Given[]
  /** The arguments as typed, with `<redacted>` in the place of each secret. */
  readonly redacted: readonly string[]
}

/** The paths that it takes, as `Command.positionals` has them: a repair in place has no OUTPUT. */
export function positionalsOf(invocation: Pick<Invocation, "command" | "given">): readonly string[] {
  const names: readonly string[] = COMMANDS[invocation.command].positionals
  return isGiven(invocation, "noOutputVolume") ? names.slice(0, 1) : names
}

/** Whether INPUT itself may be written to. */
export function isInPlace(invocation: Pick<Invocation, "command" | "given">): boolean {
  return invocation.command === "undo" || isGiven(invocation, "noOutputVolume")
}

export function isGiven({ given }: Pick<Invocation, "given">, key: OptionKey): boolean {
  return given.some((option) => option.key === key)
}

/** The value of an option that is given once at most. */
export function textOf({ given }: Invocation, key: OptionKey): string | undefined {
  return given.find((option) => option.key === key)?.value
}

/** All values of an option that may be given several times. */
export function textsOf({ given }: Invocation, key: OptionKey): string[] {
  return given.flatMap((option) => (option.key === key && option.value !== undefined ? [option.value] : []))
}

/** Sizes and counts; their form has been checked. */
export function numberOf(invocation: Invocation, key: OptionKey): number | undefined {
  const text = textOf(invocation, key)
  if (text === undefined) return undefined
  const kind = OPTION_ROWS[key].value?.kind
  return kind === "count" ? parseCount(text) : kind === "position" ? parsePosition(text) : parseSize(text)
}

export function rangeOf(invocation: Invocation, key: OptionKey): Extent | undefined {
  const text = textOf(invocation, key)
  return text === undefined ? undefined : parseRange(text)
}
