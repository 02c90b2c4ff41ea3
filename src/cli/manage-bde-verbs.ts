/**
 * Microsoft's manage-bde spells its commands as options: `-status`, `-protectors -get`. Here they become words, as the other
 * program has them; those that change a drive are refused by name.
 */
import { UnsupportedError, UsageError } from "../errors.ts"

const READING: ReadonlySet<string> = new Set(["status", "protectors", "keypackage"])

/** What else Microsoft's program does, and what a person may do instead. */
const OTHERS: Readonly<Record<string, string>> = {
  on: "encrypt the drive in Windows",
  off: "decrypt the drive in Windows, or write its plaintext elsewhere with `repair-bde VOLUME OUTPUT`",
  unlock: "write its plaintext elsewhere with `repair-bde VOLUME OUTPUT`; `repair-bde check` tries a key",
  ...Object.fromEntries(
    [
      "pause",
      "resume",
      "lock",
      "autounlock",
      "setidentifier",
      "forcerecovery",
      "changepassword",
      "changepin",
      "changekey",
      "upgrade",
      "wipefreespace",
      "w",
      "tpm",
    ].map((name) => [name, "use Windows for it"]),
  ),
}

const VERB = /^(?:--?|\/)([a-z]+)$/i

/** The arguments with the words of the command in front, where they begin with one. @throws UnsupportedError, UsageError */
export function withCommandWords(argv: readonly string[]): readonly string[] {
  const [first = "", second = ""] = argv
  const verb = VERB.exec(first)?.[1]?.toLowerCase() ?? ""
  if (verb in OTHERS) throw changes(first, OTHERS[verb]!)
  if (!READING.has(verb)) return argv
  if (verb !== "protectors") return [verb, ...argv.slice(1)]
  const action = VERB.exec(second)?.[1]?.toLowerCase() ?? ""
  if (action === "get") return [verb, action, ...argv.slice(2)]
  if (["", "h", "help"].includes(action)) return [verb, "get", ...argv.slice(1)]
  throw changes(`${first} ${second}`, "use Windows for it; -protectors -get shows what there is")
}

/** @throws UsageError for a command line that begins with no command */
export function refuseNoVerb(): never {
  throw new UsageError("unknown-command", "manage-bde begins with its command", {
    next: ["write manage-bde -status VOLUME", "see `manage-bde -?`"],
  })
}

function changes(typed: string, instead: string): UnsupportedError {
  return new UnsupportedError("manage-bde-changes", `${typed} changes a drive: this manage-bde only reads`, {
    next: [instead],
  })
}
