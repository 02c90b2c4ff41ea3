/** The command line, above all the two promises of `parse.ts`: no path is swallowed silently, and no secret is repeated. */
import { describe, expect, it } from "vitest"
import { COMMANDS, COMMAND_NAMES, type Program, programOf } from "../../src/cli/commands.ts"
import { help } from "../../src/cli/help.ts"
import { isGiven, numberOf, rangeOf, textOf, type Invocation } from "../../src/cli/invocation.ts"
import { OPTION_KEYS, OPTION_ROWS, optionsOf, spell } from "../../src/cli/options.ts"
import { looksLikeRecoveryPassword, parse } from "../../src/cli/parse.ts"
import { AppError, UsageError } from "../../src/errors.ts"

const DIGITS = "110011-220022-330033-440044-550055-660066-000011-123453"

const PROGRAMS: readonly Program[] = ["repair-bde", "manage-bde"]

function invoke(
  line: string | readonly string[],
  platform: NodeJS.Platform = "linux",
  program?: Program,
): Invocation {
  const parsed = parse(typeof line === "string" ? line.split(" ") : line, platform, program)
  if (parsed.action !== "run") throw new Error(`understood as ${parsed.action}`)
  return parsed
}

function refusal(
  line: string | readonly string[],
  platform: NodeJS.Platform = "linux",
  program?: Program,
): AppError {
  try {
    invoke(line, platform, program)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error(`accepted: ${String(line)}`)
}

describe("commands", () => {
  it("are the first word, in any case, and repair when there is none", () => {
    expect(invoke("in out").command).toBe("repair")
    expect(invoke("repair in out")).toMatchObject({ command: "repair", positionals: ["in", "out"] })
    expect(invoke("INSPECT in")).toMatchObject({ command: "inspect", positionals: ["in"] })
    expect(invoke("--json check in")).toMatchObject({ command: "check", positionals: ["in"] })
  })

  it("are files when they are written as paths or after --", () => {
    expect(invoke("./check out")).toMatchObject({ command: "repair", positionals: ["./check", "out"] })
    expect(invoke("-- check out")).toMatchObject({ command: "repair", positionals: ["check", "out"] })
    expect(invoke("check ./check")).toMatchObject({ command: "check", positionals: ["./check"] })
  })

  it("print the usage, the help and the version", () => {
    expect(parse([], "linux")).toEqual({ action: "usage" })
    for (const word of ["--help", "-?", "/?", "-h", "-HELP"]) {
      expect(parse([word], "linux")).toEqual({ action: "help" })
      expect(parse(["in", "out", "-nov", word], "linux")).toEqual({ action: "help" })
      expect(parse(["check", word], "linux")).toEqual({ action: "help", command: "check" })
    }
    expect(parse(["--version"], "linux")).toEqual({ action: "version" })
  })
})

describe("Microsoft's command lines", () => {
  it.each([
    `C: D: -rp ${DIGITS}`,
    `C: D: -RecoveryPassword ${DIGITS}`,
    `-rp ${DIGITS} C: D:`,
    `C: -RP:${DIGITS} D:`,
    `C: --recovery-password=${DIGITS} D:`,
    `C: D: /rp ${DIGITS}`,
    `C: D: /RecoveryPassword:${DIGITS}`,
  ])("%s", (line) => {
    const invocation = invoke(line, "win32")
    expect(invocation.positionals).toEqual(["C:", "D:"])
    expect(textOf(invocation, "recoveryPassword")).toBe(DIGITS)
  })

  it("take a path with a colon after an option that takes one", () => {
    const invocation = invoke(String.raw`C: D: -rk F:\Key.bek -lf:Z:\log.txt -Force`, "win32")
    expect(textOf(invocation, "recoveryKey")).toBe(String.raw`F:\Key.bek`)
    expect(textOf(invocation, "logFile")).toBe(String.raw`Z:\log.txt`)
    expect(isGiven(invocation, "force")).toBe(true)
  })

  it("ask for the password, wherever -pw stands", () => {
    for (const line of ["-pw C: D:", "C: -PW D:", "C: D: -Password"]) {
      const invocation = invoke(line)
      expect(invocation.positionals).toEqual(["C:", "D:"])
      expect(isGiven(invocation, "password")).toBe(true)
      expect(textOf(invocation, "password")).toBeUndefined()
    }
  })

  it("know a slash as the start of a path, but on Windows", () => {
    expect(invoke("/rp /f").positionals).toEqual(["/rp", "/f"])
    expect(isGiven(invoke("a b /f", "win32"), "force")).toBe(true)
    expect(invoke("/dev/sdb2 /tmp/out", "win32").positionals).toEqual(["/dev/sdb2", "/tmp/out"])
  })
})

describe("the value of -rp", () => {
  it.each([
    DIGITS,
    DIGITS.replaceAll("-", ""),
    DIGITS.replaceAll("-", " "),
    "11001l-220022",
    "110011-220022",
  ])("is %s", (value) => {
    expect(looksLikeRecoveryPassword(value)).toBe(true)
    expect(textOf(invoke(["check", "in", "-rp", value]), "recoveryPassword")).toBe(value)
  })

  it.each(["disk.img", "/dev/sdb2", "E:", "out", "110011-220022.img", "1", "backup-output", "-"])(
    "is not %s, which is a path",
    (path) => {
      expect(looksLikeRecoveryPassword(path)).toBe(false)
      const invocation = invoke(["in", "-rp", path])
      expect(invocation.positionals).toEqual(["in", path])
      expect(textOf(invocation, "recoveryPassword")).toBeUndefined()
    },
  )

  it("never swallows a path silently: what it took is named by position", () => {
    const error = refusal("disk.img -rp 20260101")
    expect(error.code).toBe("missing-argument")
    expect(error.next[0]).toBe("the argument after -rp was taken for its value: put -rp last")
  })

  it("says so when what follows was not taken", () => {
    expect(refusal("check disk.img -rp abcdef").next[0]).toContain("was not taken for its value")
    expect(refusal("check disk.img -pw hunter2").next[0]).toContain("write -pw:VALUE")
  })

  it("is asked for before another option", () => {
    const invocation = invoke("check in -rp -pw")
    expect(invocation.given.map(({ key, value }) => [key, value])).toEqual([
      ["recoveryPassword", undefined],
      ["password", undefined],
    ])
  })
})

describe("values", () => {
  it("are sizes, counts and ranges", () => {
    expect(numberOf(invoke("check in --offset 0x100000"), "offset")).toBe(1 << 20)
    expect(numberOf(invoke("check in --offset 1M --size:2GiB"), "size")).toBe(2 ** 31)
    expect(numberOf(invoke("check in --offset=-1M"), "offset")).toBe(-(1 << 20))
    expect(numberOf(invoke("check in --volume 2"), "volume")).toBe(2)
    expect(rangeOf(invoke("in out --range 1K:512"), "range")).toEqual({ start: 1024, length: 512 })
  })

  it("keep several credentials in their order", () => {
    const invocation = invoke("check in -rk a.bek --vmk v --rk b.bek")
    expect(invocation.given.map(({ value }) => value)).toEqual(["a.bek", "v", "b.bek"])
  })

  it("may begin with a dash when they are attached", () => {
    expect(textOf(invoke("check in --password=-x-"), "password")).toBe("-x-")
    expect(textOf(invoke("check in -rk:-key.bek"), "recoveryKey")).toBe("-key.bek")
  })

  it.each([
    ["check in --volume 0", "bad-value"],
    ["check in --offset 12X", "bad-value"],
    ["check in --offset=--1", "bad-value"],
    ["check in --offset 1M --size=-1M", "bad-value"],
    ["check in --offset 9007199254740993", "bad-value"],
    ["in out --range 5-5", "bad-value"],
    ["in out --hash md5", "bad-value"],
    ["in out --lanes two", "bad-value"],
    ["check in -rk", "missing-value"],
    ["check in -rk --json", "missing-value"],
    ["check in --vmk:", "missing-value"],
    ["check in --json=yes", "unexpected-value"],
    ["check in --volume 1 --volume 2", "option-twice"],
    ["check in --volume 1 --offset 0", "option-conflict"],
    ["check in --size 1M", "option-conflict"],
    ["in out --range 0:1 --full-size", "option-conflict"],
    ["inspect in -pw", "not-for-command"],
    ["check in --force", "not-for-command"],
    ["check", "missing-argument"],
    ["in", "missing-argument"],
    ["in out more", "too-many-arguments"],
    ["check in --frobnicate", "unknown-option"],
  ])("%s is refused: %s", (line, code) => {
    const error = refusal(line)
    expect(error).toBeInstanceOf(UsageError)
    expect(error).toMatchObject({ code, exitCode: 2 })
    expect(error.next.length).toBeGreaterThan(0)
  })

  it("refuses an empty path and an empty value, as scripts leave them", () => {
    expect(refusal(["in", ""]).code).toBe("empty-argument")
    expect(refusal(["check", "in", "-rp", ""]).code).toBe("missing-value")
  })
})

describe("an unknown option", () => {
  it.each([
    ["--recovery-pasword", "--recovery-password"],
    ["-recoverykye", "--recoverykey"],
    ["-frce", "--force"],
    ["--josn", "--json"],
  ])("%s is told the nearest one", (typed, meant) => {
    expect(refusal(["check", "in", typed]).next[0]).toBe(`write ${meant}`)
  })

  it("is told nothing when nothing is near", () => {
    expect(refusal(["check", "in", "--xyzzy"]).next).toHaveLength(1)
  })
})

describe("secrets", () => {
  it("are no part of the command line that goes into a log", () => {
    const line = [
      "check",
      "in",
      "-rp",
      DIGITS,
      "-pw:hunter2",
      "--password",
      "hunter3",
      "--vmk=00ff",
      "-lf",
      "log",
    ]
    expect(invoke(line).redacted).toEqual(
      ["check", "in", "-rp", "<redacted>", "-pw:<redacted>", "--password", "<redacted>"].concat([
        "--vmk=<redacted>",
        "-lf",
        "log",
      ]),
    )
  })

  it.each([
    "check in -pwhunter2",
    `check in -rp${DIGITS}`,
    "check in --pasword=hunter2",
    "check in -pw hunter2",
    "in out -rp hunter2",
    `check in -${DIGITS}`,
    "check in --volume hunter2",
  ])("are not repeated by the refusal of: %s", (line) => {
    const error = refusal(line)
    expect(JSON.stringify([error.message, error.next, error.data])).not.toMatch(/hunter|110011|220022/)
  })
})

describe("manage-bde", () => {
  const manage = (line: string, platform?: NodeJS.Platform): Invocation =>
    invoke(line, platform, "manage-bde")

  it("takes its commands as Microsoft spells them, in any case", () => {
    expect(manage("-status")).toMatchObject({ command: "status", positionals: [] })
    expect(manage("-STATUS C: -P")).toMatchObject({ command: "status", positionals: ["C:"] })
    expect(manage("/status C:", "win32")).toMatchObject({ command: "status", positionals: ["C:"] })
    expect(manage("-protectors -get E: -Type RecoveryPassword")).toMatchObject({
      command: "protectors get",
      positionals: ["E:"],
    })
    const exported = manage("-KeyPackage E: -ID {0} -Path /safe")
    expect(exported).toMatchObject({ command: "keypackage", positionals: ["E:"] })
    expect([textOf(exported, "protectorId"), textOf(exported, "packageFolder")]).toEqual(["{0}", "/safe"])
  })

  it("says which command or option is missing", () => {
    const refused = (line: string): AppError => refusal(line, "linux", "manage-bde")
    expect(refused("E:").code).toBe("unknown-command")
    expect(refused("-KeyPackage E:")).toMatchObject({ code: "missing-argument", message: "--id is missing" })
    expect(refused("-protectors -get").code).toBe("missing-argument")
    expect(refused("-status E: F:").code).toBe("too-many-arguments")
    expect(refused("-status E: -path x").next[0]).toContain("-KeyPackage")
  })

  it.each([
    "-on E:",
    "-off E:",
    "-unlock E: -rp",
    "/lock E:",
    "-protectors -add E: -tpm",
    "-protectors -delete E:",
  ])("refuses what would change a drive: %s", (line) => {
    expect(refusal(line, "win32", "manage-bde")).toMatchObject({ code: "manage-bde-changes", exitCode: 14 })
  })

  it("keeps its options to itself, and so does repair-bde", () => {
    expect(refusal("in out -id x").code).toBe("unknown-option")
    expect(refusal("-status E: -nov", "linux", "manage-bde").code).toBe("unknown-option")
  })
})

describe("keys backup", () => {
  it("takes any number of inputs, and needs a folder", () => {
    expect(invoke("keys backup a b c --to d").positionals).toEqual(["a", "b", "c"])
    expect(refusal("keys backup --to d").code).toBe("missing-argument")
    expect(refusal("keys backup a").message).toBe("--to is missing")
  })
})

describe("the table of options", () => {
  it("has each name once, in lower case, and a sentence for each", () => {
    for (const program of PROGRAMS) {
      const names = optionsOf(program).flatMap((key) => OPTION_ROWS[key].names)
      expect(new Set(names).size).toBe(names.length)
      for (const name of names) expect(name).toMatch(/^[a-z?][a-z-]*$/)
    }
    for (const key of OPTION_KEYS) expect(OPTION_ROWS[key].help).not.toBe("")
  })

  it("is the help: each option of a command is in it, and no line is too wide", () => {
    for (const command of COMMAND_NAMES) {
      const text = help(programOf(command), command)
      for (const key of OPTION_KEYS) {
        const row = OPTION_ROWS[key]
        const isInHelp = new RegExp(`${spell(key)}(?![a-z-])`).test(text)
        expect(isInHelp, `${spell(key)} in the help of ${command}`).toBe(
          (row.commands as readonly string[]).includes(command),
        )
      }
    }
    const texts = COMMAND_NAMES.map((command) => help(programOf(command), command))
    for (const text of [...PROGRAMS.map((program) => help(program)), ...texts]) {
      expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(118)
    }
  })

  it("understands the examples of the help", () => {
    for (const name of COMMAND_NAMES) {
      for (const example of COMMANDS[name].examples) {
        const words = example.split(" ").filter((word) => !word.startsWith(">"))
        expect(words[0]).toBe(programOf(name))
        expect(invoke(words.slice(1), "linux", programOf(name)).command).toBe(name)
      }
    }
  })
})
