/** From what a person gave to credentials that can be tried: parses texts, reads key files. */
import { readFile, readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { CredentialError } from "../errors.ts"
import {
  type Credential,
  parseFvek,
  parsePassword,
  parseRecoveryPassword,
  parseStartupKey,
  parseVmk,
} from "../credential/index.ts"
import type { LabelledCredential } from "../unlock/index.ts"
import { rememberCredential } from "./remember-secrets.ts"
import type { CredentialInput, JobContext } from "./requests.ts"

/** Key files have at most some hundred bytes; whatever is larger is another file. */
const LARGEST_KEY_FILE = 1 << 16

/** @throws UsageError for a text that cannot be right, CredentialError for a file that holds no key */
export async function loadCredentials(
  inputs: readonly CredentialInput[],
  context: Pick<JobContext, "remember">,
): Promise<LabelledCredential[]> {
  const loaded = (await Promise.all(inputs.map(load))).flat()
  for (const { credential } of loaded) rememberCredential(credential, context)
  return loaded
}

async function load(input: CredentialInput): Promise<LabelledCredential[]> {
  switch (input.kind) {
    case "recovery-password":
      return [
        {
          label: `recovery password (${input.origin})`,
          credential: parseRecoveryPassword(input.text.revealText()),
        },
      ]
    case "password":
      return [{ label: `password (${input.origin})`, credential: parsePassword(input.text.revealText()) }]
    case "startup-key":
      return loadStartupKeys(input.path)
    case "found":
      return [{ label: input.origin, credential: input.credential }]
    case "public-key": {
      const content = await readKeyFile(input.path)
      const label = `certificate (${input.path})`
      // Loaded only for those who have one.
      const { openCertificateFile } = await import("./open-certificate-file.ts")
      return (await openCertificateFile({ ...input, content })).map((credential) => ({ label, credential }))
    }
    case "vmk":
    case "fvek": {
      const text = "text" in input ? input.text.revealText() : await readKeyFile(input.path)
      const credential: Credential = input.kind === "vmk" ? parseVmk(text) : parseFvek(text)
      return [{ label: `${input.kind.toUpperCase()} (${input.origin})`, credential }]
    }
  }
}

/** A file is the key; of a folder, such as a USB stick, every `.BEK` file that holds one. */
async function loadStartupKeys(path: string): Promise<LabelledCredential[]> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause)
  })
  if (!facts.isDirectory()) return [labelled(path, parseStartupKey(await readKeyFile(path), path))]
  const names = (await readdir(path)).filter((name) => name.toLowerCase().endsWith(".bek")).sort()
  const loaded = await Promise.all(names.map(async (name) => tryStartupKey(join(path, name))))
  const keys = loaded.filter((key) => key !== undefined)
  if (keys.length > 0) return keys
  throw new CredentialError(
    "startup-key-not-found",
    `no .BEK file with a startup key in the folder ${path}`,
    {
      next: ["look at hidden files: Windows hides .BEK files", "name the .BEK file itself"],
      data: { path, files: names.length },
    },
  )
}

async function tryStartupKey(path: string): Promise<LabelledCredential | undefined> {
  try {
    return labelled(path, parseStartupKey(await readKeyFile(path), path))
  } catch (error) {
    // One broken file in a folder of them does not hide the others.
    if (error instanceof CredentialError) return undefined
    throw error
  }
}

const labelled = (path: string, credential: Credential): LabelledCredential => ({
  label: `startup key (${path})`,
  credential,
})

async function readKeyFile(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size <= LARGEST_KEY_FILE) return await readFile(path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
  throw new CredentialError("key-file-too-large", `${path} is too large for a key file`, {
    next: ["name the file that holds the key itself"],
    data: { path },
  })
}

function unreadable(path: string, cause: unknown): CredentialError {
  return new CredentialError("key-file-unreadable", `cannot read the key file ${path}`, {
    next: ["check its path, and that you may read it"],
    data: { path },
    cause,
  })
}
