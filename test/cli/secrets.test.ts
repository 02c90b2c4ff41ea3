/** Where credentials come from, and that they are `Secret`s from there on. */
import { inspect } from "node:util"
import { describe, expect, it } from "vitest"
import type { Invocation } from "../../src/cli/invocation.ts"
import { parse } from "../../src/cli/parse.ts"
import { collectCredentials, type SecretSources } from "../../src/cli/secrets.ts"
import type { CredentialInput } from "../../src/job/requests.ts"

const DIGITS = "110011-220022-330033-440044-550055-660066-000011-123453"
const HEX = "00112233445566778899aabbccddeeff"

interface Scene extends Partial<SecretSources> {
  /** What waits on standard input. */
  readonly lines?: readonly string[]
}

async function collect(line: string, scene: Scene = {}) {
  const lines = [...(scene.lines ?? [])]
  const warnings: string[] = []
  const remembered: string[] = []
  const sources: SecretSources = {
    env: {},
    readLine: () => lines.shift(),
    readFile: () => Buffer.from(`password: filed\nstartup-key: a.BEK\n${DIGITS}`),
    exists: () => false,
    besides: (file, path) => `beside ${file}: ${path}`,
    warn: (text) => void warnings.push(text),
    remember: (secret) => void remembered.push(secret),
    ...scene,
  }
  const credentials = await collectCredentials(parse(line.split(" "), "linux") as Invocation, sources)
  return { credentials, warnings, remembered, linesLeft: lines }
}

const shown = (credential: CredentialInput): string[] => [
  credential.kind,
  valueOf(credential),
  credential.origin,
]

function valueOf(credential: CredentialInput): string {
  if ("text" in credential) return credential.text.revealText()
  return "path" in credential ? `file ${credential.path}` : "found"
}

describe("credentials", () => {
  it("come from the command line, with one warning", async () => {
    const { credentials, warnings } = await collect(
      `check in -rp ${DIGITS} -pw:hunter2 -rk a.BEK --vmk ${HEX}`,
    )
    expect(credentials.map(shown)).toEqual([
      ["recovery-password", DIGITS, "-rp"],
      ["password", "hunter2", "-pw"],
      ["startup-key", "file a.BEK", "-rk"],
      ["vmk", HEX, "--vmk"],
    ])
    expect(warnings).toHaveLength(1)
  })

  it("come without a warning when no secret is on the command line", async () => {
    const { credentials, warnings } = await collect("check in -rk a.BEK --vmk key.bin --fvek:other.bin")
    expect(credentials.map(shown)).toEqual([
      ["startup-key", "file a.BEK", "-rk"],
      ["vmk", "file key.bin", "--vmk"],
      ["fvek", "file other.bin", "--fvek"],
    ])
    expect(warnings).toEqual([])
    const named = await collect(`check in --vmk ${HEX}`, { exists: () => true })
    expect(shown(named.credentials[0]!)).toEqual(["vmk", `file ${HEX}`, "--vmk"])
  })

  it("are asked for on a terminal", async () => {
    const questions: string[] = []
    const prompt = async (question: string): Promise<string> => `answer ${questions.push(question)}`
    const { credentials } = await collect("check in -pw -rp", { prompt, lines: ["not read"] })
    expect(questions).toEqual(["Password: ", "Recovery password (48 digits): "])
    expect(credentials.map(shown)).toEqual([
      ["password", "answer 1", "-pw, typed"],
      ["recovery-password", "answer 2", "-rp, typed"],
    ])
  })

  it("are one line of standard input each without a terminal", async () => {
    const { credentials, linesLeft } = await collect("check in -rp -pw", { lines: [DIGITS, " a b ", "rest"] })
    expect(credentials.map(shown)).toEqual([
      ["recovery-password", DIGITS, "-rp, standard input"],
      ["password", " a b ", "-pw, standard input"],
    ])
    expect(linesLeft).toEqual(["rest"])
  })

  it("are missed where standard input has none", async () => {
    await expect(collect("check in -pw")).rejects.toMatchObject({ code: "no-secret", exitCode: 2 })
    await expect(collect("check in -pw", { lines: [""] })).rejects.toMatchObject({ code: "no-secret" })
  })

  it("come from a file, whose paths are beside it", async () => {
    const { credentials, warnings } = await collect("check in --credentials-file keys.txt")
    expect(credentials.map(shown)).toEqual([
      ["password", "filed", "keys.txt, line 1"],
      ["startup-key", "file beside keys.txt: a.BEK", "keys.txt, line 2"],
      ["recovery-password", DIGITS, "keys.txt, line 3"],
    ])
    expect(warnings).toEqual([])
  })

  it("come from the environment last, and are gone from it", async () => {
    const env = { REPAIR_BDE_PASSWORD: "secret", REPAIR_BDE_RECOVERY_PASSWORD: DIGITS, HOME: "/home" }
    const { credentials } = await collect("check in -rk a.BEK", { env })
    expect(credentials.map(({ origin }) => origin)).toEqual([
      "-rk",
      "REPAIR_BDE_RECOVERY_PASSWORD",
      "REPAIR_BDE_PASSWORD",
    ])
    expect(env).toEqual({ HOME: "/home" })
  })

  it("are remembered for the crash report and print as nothing", async () => {
    const { credentials, remembered } = await collect("check in -pw", { lines: ["hunter2"] })
    expect(remembered).toEqual(["hunter2"])
    expect(inspect(credentials) + JSON.stringify(credentials)).not.toContain("hunter2")
  })
})
