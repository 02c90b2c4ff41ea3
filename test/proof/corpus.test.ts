/**
 * Real volumes of Windows: their users' data was zeroed, so what was free, or zeroed, decrypts to noise. Most kept the first
 * records of $MFT or $MFTMirr and are proven; none may be called noise, unless the key is wrong.
 */
import { describe, expect, it } from "vitest"
import {
  Secret,
  checkCredentials,
  openPlaintext,
  password,
  recoveryPassword,
  startupKey,
} from "../../dist/index.js"
import { proveVolume } from "../../src/proof/index.ts"
import { type CorpusEntry, corpusEntry, corpusFile, hasCorpus, unpackCorpus } from "../suites/corpus.ts"

/** One of each kind; the others differ in their keys. `named`: nothing beyond the boot sector is left. */
const VERDICTS = [
  ["bitlk-aes-cbc-elephant-128", "proven"],
  ["bitlk-aes-xts-128-4k", "proven"],
  ["bitlk-togo-aes-cbc-128", "named"],
  ["bitlk-partially-encrypted-aes-cbc-128", "named"],
  ["aes_256", "proven"],
  ["eow_partial", "proven"],
  ["vista", "named"],
  ["suspended", "proven"],
  ["decrypted", "proven"],
] as const

function firstCredential({ credentials }: CorpusEntry) {
  if (credentials.recoveryPasswords) return [recoveryPassword(credentials.recoveryPasswords[0]!)]
  if (credentials.startupKey) return [startupKey(corpusFile(credentials.startupKey))]
  return credentials.password ? [password(credentials.password)] : []
}

describe.skipIf(!hasCorpus)("the plaintext of real volumes", () => {
  it.each(VERDICTS)("%s is %s", async (name, verdict) => {
    const input = { path: await unpackCorpus(name) }
    const { plaintext } = await openPlaintext({ input, credentials: firstCredential(corpusEntry(name)) })
    const proof = await proveVolume(plaintext)
    await plaintext.close()
    expect(proof.verdict).toBe(verdict)
    expect(proof.sentence).toMatch(
      /^the plaintext (is|begins as) an? (NTFS|FAT16) volume of \d+ bytes, serial /,
    )
  })

  it.each([
    ["bitlk-aes-xts-128", 32],
    ["bitlk-aes-cbc-128", 16],
    ["aes_256", 32],
  ])("%s is noise with a wrong key of %i bytes", async (name, length) => {
    const text = Secret.ofText("5a".repeat(length))
    const { opens, tries } = await checkCredentials({
      input: { path: await unpackCorpus(name) },
      credentials: [{ kind: "fvek", text, origin: "a test" }],
    })
    expect(opens).toBe(false)
    expect(JSON.stringify(tries)).toContain("looks like noise")
  })
})
