/**
 * The commands whose purpose is to show keys: they show them to who asked, on standard output, and to nobody else. Everything
 * around them, standard error, the log and what is read back, is held to the rule of all others.
 */
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { qrCode } from "../../src/cli/qr-code.ts"
import type { Case } from "./cases.ts"
import { notationsOf } from "./notations.ts"
import { RECOVERY_PASSWORD } from "./scene.ts"
import { setStage, type Stage } from "./stage.ts"

/** Without its types, which ask for those of a browser. */
const DECODER = new URL("../../node_modules/qr/decode.js", import.meta.url).href
const SCHEMAS = new URL("../../docs/schema/", import.meta.url)

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage.dispose())

const REVEAL: Case = { name: "reveal", line: "keys reveal volume.img --yes-reveal -pw", stdin: "{PW}\n" }
const PROTECTORS: Case = {
  name: "protectors",
  program: "manage-bde",
  line: "-protectors -get volume.img -pw",
  stdin: "{PW}\n",
}

describe("keys reveal", () => {
  it("shows every key in the notations of other programs", async () => {
    const { exitCode, stdout } = await stage.play(REVEAL)
    const text = stdout.toString()
    expect(exitCode).toBe(0)
    const { vmk, fvek } = stage.scene
    for (const shown of [RECOVERY_PASSWORD, vmk, fvek, `0480${fvek}${"00".repeat(32)}`, `${fvek}:${fvek}`]) {
      expect(text).toContain(shown)
    }
  })

  it("prints JSON of its schema", async () => {
    const { stdout } = await stage.play({ ...REVEAL, line: `${REVEAL.line} --json --bek more-packages` })
    const document: unknown = JSON.parse(stdout.toString())
    expect(document).toMatchObject({
      recoveryPasswords: [{ digits: RECOVERY_PASSWORD }],
      vmk: stage.scene.vmk,
      fvek: { hex: stage.scene.fvek },
    })
    const ajv = new Ajv2020({ allErrors: true, strictTypes: false, formats: { "date-time": true } })
    for (const name of readdirSync(SCHEMAS)) {
      ajv.addSchema(JSON.parse(readFileSync(new URL(name, SCHEMAS), "utf8")) as AnySchemaObject)
    }
    const validate = ajv.getSchema("keys-reveal.schema.json")!
    expect(validate(document) ? [] : validate.errors).toEqual([])
  })

  it("draws the QR code of the recovery password that is meant", async () => {
    const { stdout } = await stage.play({ ...REVEAL, line: `${REVEAL.line} --qr afb9c56c` })
    const text = stdout.toString()
    const code = qrCode(RECOVERY_PASSWORD)
    expect(text).toContain(code.join("\n"))
    const other = await stage.play({ ...REVEAL, line: `${REVEAL.line} --qr 00000000` })
    expect(other).toMatchObject({ exitCode: 2, stdout: Buffer.alloc(0) })
  })
})

describe("manage-bde -protectors -get", () => {
  it("shows the recovery password of a volume that a credential opens, in JSON too", async () => {
    const { exitCode, stdout } = await stage.play(PROTECTORS)
    expect(exitCode).toBe(0)
    expect(stdout.toString()).toContain(`      Password:\n        ${RECOVERY_PASSWORD}\n`)
    const { stdout: json } = await stage.play({ ...PROTECTORS, line: `${PROTECTORS.line} --json` })
    expect(json.toString()).toContain(`"recoveryPassword": "${RECOVERY_PASSWORD}"`)
  })
})

describe("no secret", () => {
  it.each([REVEAL, PROTECTORS])("of $name is in the log, or on standard error", async (one) => {
    const log = `${one.name}.log`
    const { stderr, stdout } = await stage.play({ ...one, line: `${one.line} -lf ${log}` })
    const text = readFileSync(join(stage.scene.folder, log), "utf8")
    expect(stdout.toString()).toContain(RECOVERY_PASSWORD)
    expect(text).toContain("the answer shows keys: it is not in the log")
    for (const secret of stage.secrets.flatMap(notationsOf)) {
      expect(text).not.toContain(secret)
      expect(stderr).not.toContain(secret)
    }
  })
})

describe("a QR code", () => {
  it("reads as the text that it was made of", async () => {
    const { default: decode } = (await import(DECODER)) as { default: (picture: Picture) => string }
    expect(decode(pictureOf(qrCode(RECOVERY_PASSWORD)))).toBe(RECOVERY_PASSWORD)
  })
})

interface Picture {
  readonly width: number
  readonly height: number
  /** Red, green, blue and opacity. */
  readonly data: Uint8Array
}

/** What a camera sees of a dark terminal: four pixels for each half of a character. */
function pictureOf(lines: readonly string[]): Picture {
  const scale = 4
  const width = lines[0]!.length * scale
  const height = lines.length * 2 * scale
  const data = new Uint8Array(width * height * 4)
  for (let y = 0; y < height; y++) {
    const line = lines[Math.floor(y / scale / 2)]!
    const isUpper = Math.floor(y / scale) % 2 === 0
    for (let x = 0; x < width; x++) {
      const isLit = (isUpper ? "█▀" : "█▄").includes(line[Math.floor(x / scale)]!)
      data.fill(isLit ? 255 : 0, 4 * (y * width + x), 4 * (y * width + x) + 3)
      data[4 * (y * width + x) + 3] = 255
    }
  }
  return { width, height, data }
}
