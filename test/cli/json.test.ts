/**
 * The schemas in `docs/schema/` against what the program really prints: the JSON in the transcripts. Readers are told to ignore
 * what they do not know; here a property that no schema names is a fault.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js"
import { describe, expect, it } from "vitest"

const SCHEMAS = fileURLToPath(new URL("../../docs/schema/", import.meta.url))
const TRANSCRIPTS = fileURLToPath(new URL("transcripts/", import.meta.url))

/** Commands whose answer is one document, and its schema; the others write lines. */
const DOCUMENTS: readonly (readonly [string, string])[] = [
  ["repair-bde inspect", "inspect"],
  ["repair-bde check", "check"],
  ["repair-bde undo", "undo"],
  ["repair-bde keys find", "keys-find"],
  ["repair-bde keys backup", "keys-backup"],
  ["manage-bde -status", "status"],
  ["manage-bde -protectors", "protectors"],
  ["manage-bde -KeyPackage", "key-package"],
]

/** Those whose answer is a line for each event. */
const CLINIC = ["repair-bde keys clinic", "keys-clinic-event"] as const

const ajv = new Ajv2020({ allErrors: true, strictTypes: false, formats: { "date-time": isTime } })
for (const name of readdirSync(SCHEMAS)) {
  ajv.addSchema(closed(JSON.parse(readFileSync(join(SCHEMAS, name), "utf8"))) as AnySchemaObject)
}

interface Printed {
  readonly transcript: string
  readonly schema: string
  readonly document: unknown
}

const printed = readdirSync(TRANSCRIPTS).flatMap(documentsOf)

describe("what --json prints", () => {
  it("is there for each command, with errors and each type of event", () => {
    expect(new Set(printed.map(({ schema }) => schema))).toEqual(
      new Set(
        [...DOCUMENTS.map(([, schema]) => schema), "repair-event", CLINIC[1], "error"].map(
          (name) => `${name}.schema.json`,
        ),
      ),
    )
    const types = new Set(printed.map(({ document }) => (document as { type?: string }).type))
    for (const type of [
      "phase",
      "finding",
      "notice",
      "volume",
      "opened",
      "plan",
      "patch",
      "result",
      "error",
    ]) {
      expect(types, type).toContain(type)
    }
  })

  it.each(printed)("$schema holds in $transcript", ({ schema, document }) => {
    const validate = ajv.getSchema(schema)!
    const errors = validate(document) ? [] : validate.errors
    expect(errors).toEqual([])
  })

  it("is refused when it is wrong", () => {
    const validate = ajv.getSchema("repair-event.schema.json")!
    expect(validate({ type: "phase", phase: "lunch" })).toBe(false)
    expect(validate({ type: "phase", phase: "plan", secret: 1 })).toBe(false)
  })
})

/** Progress depends on the time and is in no transcript. */
it("a progress line has the form of the schema", () => {
  const line = { type: "progress", phase: "decrypt", done: 1, total: 2, unreadable: 0 }
  expect(ajv.getSchema("repair-event.schema.json")!(line)).toBe(true)
})

function documentsOf(transcript: string): Printed[] {
  const text = readFileSync(join(TRANSCRIPTS, transcript), "utf8")
  const line = /^\$ (.*)/m.exec(text)?.[1] ?? ""
  const stdout = /^--- stdout\n(.*?)(?=^--- stderr|(?![\s\S]))/ms.exec(text)?.[1] ?? ""
  if (!text.includes("--json") || !stdout.startsWith("{")) return []
  const [, documentSchema] = DOCUMENTS.find(([command]) => line.startsWith(command)) ?? []
  const texts = documentSchema ? [stdout] : stdout.trim().split("\n")
  return texts.map((one) => {
    const document: unknown = JSON.parse(one)
    const isError = (document as { type?: string }).type === "error"
    const eventSchema = line.startsWith(CLINIC[0]) ? CLINIC[1] : "repair-event"
    const schema = isError ? "error" : (documentSchema ?? eventSchema)
    return { transcript, schema: `${schema}.schema.json`, document }
  })
}

/** The schema, with every object that lists its properties closed to others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== "object" || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]))
  const lists = "required" in inner && "properties" in inner
  return lists ? { ...inner, additionalProperties: false } : inner
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text))
}
