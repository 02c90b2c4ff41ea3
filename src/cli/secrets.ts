/**
 * The credentials of a command line, wherever their secrets come from: the command line (with a warning), a prompt, one
 * line of standard input each, a file, the environment. From here on they are `Secret`s, which print as `<redacted>`.
 */
import { UsageError } from "../errors.ts"
import { Secret, type CredentialInput } from "../job/requests.ts"
import { parseCredentialsFile, type FileCredential } from "./credentials-file.ts"
import type { Given, Invocation } from "./invocation.ts"

/** Where secrets come from; the tests have their own. */
export interface SecretSources {
  readonly env: Record<string, string | undefined>
  /** Absent without a terminal. */
  readonly prompt?: (question: string) => Promise<string>
  /** One line of standard input, `undefined` at its end. */
  readonly readLine: () => string | undefined
  readonly readFile: (path: string) => Uint8Array
  readonly exists: (path: string) => boolean
  /** A path in a credentials file is one from the folder of that file. */
  readonly besides: (file: string, path: string) => string
  readonly warn: (text: string) => void
  /** Told each secret, before anything can fail with it in hand. */
  readonly remember: (secret: string) => void
}

const VARIABLES = [
  ["REPAIR_BDE_RECOVERY_PASSWORD", "recovery-password"],
  ["REPAIR_BDE_PASSWORD", "password"],
] as const

const QUESTIONS = {
  "recovery-password": "Recovery password (48 digits): ",
  password: "Password: ",
  pin: "Password of the certificate's file: ",
}

/** In the order of the command line, then those of the environment. @throws UsageError */
export async function collectCredentials(
  { given }: Invocation,
  sources: SecretSources,
): Promise<CredentialInput[]> {
  const credentials: CredentialInput[] = []
  if (given.some((option) => isSecretOnCommandLine(option, sources))) {
    sources.warn(
      "others on this machine can see a secret on the command line: use -rp or -pw alone, or --credentials-file",
    )
  }
  for (const option of given) credentials.push(...(await credentialsOf(option, sources)))
  credentials.push(...(await certificatesOf(given, sources)))
  for (const [name, kind] of VARIABLES) {
    const text = sources.env[name]
    if (text) credentials.push(secret(kind, text, name, sources))
    // What this process starts need not know it.
    delete sources.env[name]
  }
  return credentials
}

async function credentialsOf(option: Given, sources: SecretSources): Promise<CredentialInput[]> {
  const { key, typed, value } = option
  switch (key) {
    case "recoveryPassword":
      return [await typedSecret("recovery-password", option, sources)]
    case "password":
      return [await typedSecret("password", option, sources)]
    case "recoveryKey":
      return [{ kind: "startup-key", path: value!, origin: typed }]
    case "vmk":
    case "fvek":
      return [
        isKeyText(option, sources)
          ? secret(key, value!, typed, sources)
          : { kind: key, path: value!, origin: typed },
      ]
    case "credentialsFile":
      return fromFile(value!, sources)
    default:
      return []
  }
}

/** All of them with the same password: who has several files has it from one export. */
async function certificatesOf(given: readonly Given[], sources: SecretSources): Promise<CredentialInput[]> {
  const option = given.find(({ key }) => key === "pin")
  const pin = option && (await askFor("pin", option, sources))
  if (pin) sources.remember(pin.text)
  return given.flatMap(({ key, value, typed }) =>
    key === "certificateFile"
      ? [{ kind: "public-key", path: value!, origin: typed, ...(pin && { pin: Secret.ofText(pin.text) }) }]
      : [],
  )
}

async function typedSecret(kind: "recovery-password" | "password", option: Given, sources: SecretSources) {
  const { text, origin } = await askFor(kind, option, sources)
  return secret(kind, text, origin, sources)
}

async function askFor(
  what: keyof typeof QUESTIONS,
  option: Given,
  sources: SecretSources,
): Promise<{ text: string; origin: string }> {
  if (option.value !== undefined) return { text: option.value, origin: option.typed }
  if (sources.prompt) return { text: await sources.prompt(QUESTIONS[what]), origin: `${option.typed}, typed` }
  const line = sources.readLine()
  if (line) return { text: line, origin: `${option.typed}, standard input` }
  throw new UsageError("no-secret", `${option.typed} has no value, and standard input has no line for it`, {
    next: [
      "write the secret to standard input, one line for each such option",
      "give --credentials-file FILE instead",
      "run it on a terminal to be asked",
    ],
  })
}

function fromFile(path: string, sources: SecretSources): CredentialInput[] {
  return parseCredentialsFile(sources.readFile(path), path).map((entry) => fromLine(entry, path, sources))
}

function fromLine(entry: FileCredential, file: string, sources: SecretSources): CredentialInput {
  const origin = `${file}, line ${entry.line}`
  if (!("path" in entry)) return secret(entry.kind, entry.text, origin, sources)
  const path = sources.besides(file, entry.path)
  return entry.kind === "startup-key"
    ? { kind: entry.kind, path, origin }
    : { kind: entry.kind, path, origin }
}

type TextKind = Extract<CredentialInput, { readonly text: Secret }>["kind"]

function secret(kind: TextKind, text: string, origin: string, { remember }: SecretSources): CredentialInput {
  remember(text)
  const fields = { text: Secret.ofText(text), origin }
  return kind === "vmk" || kind === "fvek" ? { kind, ...fields } : { kind, ...fields }
}

function isSecretOnCommandLine(option: Given, sources: SecretSources): boolean {
  if (option.value === undefined) return false
  if (option.key === "vmk" || option.key === "fvek") return isKeyText(option, sources)
  return option.key === "recoveryPassword" || option.key === "password" || option.key === "pin"
}

/** A file of this name is meant; without one, hexadecimal digits, long enough for a key, are the key itself. */
function isKeyText({ value = "" }: Given, { exists }: SecretSources): boolean {
  return !exists(value) && /^[0-9a-fx:,;\s-]{32,}$/i.test(value)
}
