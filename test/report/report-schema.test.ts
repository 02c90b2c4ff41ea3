/** Every report against its schema, where a property that the schema does not name is a fault, and the page against its data. */
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020.js"
import { describe, expect, it } from "vitest"
import { reportText } from "../../src/job/report-collector.ts"
import { DOCUMENTS } from "./documents.ts"

const SCHEMAS = fileURLToPath(new URL("../../docs/schema/", import.meta.url))

const ajv = new Ajv2020({ allErrors: true, strictTypes: false, formats: { "date-time": true } })
for (const name of readdirSync(SCHEMAS)) {
  ajv.addSchema(closed(JSON.parse(readFileSync(join(SCHEMAS, name), "utf8"))) as AnySchemaObject)
}
const validate = ajv.getSchema("report-file.schema.json")!

/** The schema, with every object that lists its properties closed to others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== "object" || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]))
  return "required" in inner && "properties" in inner ? { ...inner, additionalProperties: false } : inner
}

describe.each(Object.keys(DOCUMENTS))("the report of a run that ended as: %s", (name) => {
  const document = DOCUMENTS[name]!

  it("has the form of its schema", () => {
    const errors = validate(JSON.parse(reportText(document, "json"))) ? [] : validate.errors
    expect(errors).toEqual([])
  })

  it("has the same data in its page", () => {
    const page = reportText(document, "html")
    const block = /<script type="application\/json" id="report">(.*?)<\/script>/s.exec(page)![1]!
    expect(JSON.parse(block)).toEqual(JSON.parse(reportText(document, "json")))
  })
})

it("a report that lacks something is refused", () => {
  const { tool: _tool, ...rest } = DOCUMENTS["recovered"]!
  expect(validate(rest)).toBe(false)
  expect(validate({ ...DOCUMENTS["recovered"]!, secret: 1 })).toBe(false)
})
