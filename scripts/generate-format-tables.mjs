/**
 * Writes the tables of `docs/format/` from the declarations of `src/fve`, so that document and parser cannot disagree. A
 * table stands between `<!-- table: NameOfTheDeclaration -->` and `<!-- end -->`; the prose around it is written by hand.
 * With `--check` nothing is written: a table that is out of date is named, and the exit code is 1.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { PACKAGE_ROOT } from "./package-root.mjs"

const FOLDER = join(PACKAGE_ROOT, "docs", "format")
const DECLARATIONS = join(PACKAGE_ROOT, "dist", "fve", "index.js")
const TABLE = /(<!-- table: (\w+) -->\n).*?(<!-- end -->)/gs

if (!existsSync(DECLARATIONS)) {
  console.error("the package is not built: run `npm run build` first")
  process.exit(1)
}
const structs = await import(pathToFileURL(DECLARATIONS).href)
const isCheck = process.argv.includes("--check")
const pages = readdirSync(FOLDER).filter((name) => name.endsWith(".md"))
const shown = new Set()
const stale = pages.filter((name) => !isCurrent(name))
const declared = Object.keys(structs).filter((name) => structs[name]?.layout)
const missing = declared.filter((name) => !shown.has(name))

for (const name of stale) console.log(`docs/format/${name}: ${isCheck ? "out of date" : "written"}`)
for (const name of missing) console.error(`${name} is declared, but in no page of docs/format`)
console.log(
  `${shown.size} tables in ${pages.length} pages, ${stale.length} ${isCheck ? "out of date" : "written"}`,
)
process.exitCode = missing.length > 0 || (isCheck && stale.length > 0) ? 1 : 0

function isCurrent(page) {
  const path = join(FOLDER, page)
  const text = readFileSync(path, "utf8")
  const wanted = text.replace(TABLE, (_, head, name, end) => `${head}\n${tableOf(name)}\n${end}`)
  if (wanted !== text && !isCheck) writeFileSync(path, wanted)
  return wanted === text
}

function tableOf(name) {
  const struct = structs[name]
  if (!struct?.layout) throw new Error(`docs/format names ${name}, which is no declaration of src/fve`)
  shown.add(name)
  const rows = struct.layout.map(({ name: field, offset, field: { type, size, doc, expect } }) =>
    row(hex(offset), size, `\`${field}\``, type, meaning(doc, expect)),
  )
  return [
    row("Offset", "Size", "Field", "Type", "Meaning"),
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n")
}

function meaning(doc, expect) {
  if (expect === undefined) return doc
  const value = typeof expect === "string" ? `\`${JSON.stringify(expect).slice(1, -1)}\`` : String(expect)
  return doc === value ? doc : `${doc}; always ${value}`
}

function row(...cells) {
  return `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`
}

function hex(offset) {
  return `0x${offset.toString(16).padStart(2, "0")}`
}
