/**
 * Every relative link in the package's documents leads to a file that is there, and its #anchor to a heading in it. Links
 * to other machines are not followed: a check must give the same answer without a network.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { PACKAGE_ROOT } from "./package-root.mjs"

const documents = ["README.md", ...markdownBelow("docs"), ...markdownBelow("changelog")]
const links = documents.flatMap(linksOf)
const dead = links.filter((link) => !leadsSomewhere(link))

for (const { from, target } of dead) console.error(`${from}: ${target} leads nowhere`)
console.log(`${links.length} links in ${documents.length} documents, ${dead.length} dead`)
process.exitCode = dead.length > 0 ? 1 : 0

function markdownBelow(folder) {
  return readdirSync(join(PACKAGE_ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name))
}

function linksOf(from) {
  const text = readFileSync(join(PACKAGE_ROOT, from), "utf8").replaceAll(/^```.*?^```/gms, "")
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => ({ from, target: match[1] }))
    .filter(({ target }) => !/^[a-z]+:/.test(target))
}

function leadsSomewhere({ from, target }) {
  const [path, anchor] = target.split("#")
  const file = path === "" ? join(PACKAGE_ROOT, from) : join(PACKAGE_ROOT, dirname(from), path)
  if (relative(PACKAGE_ROOT, file).startsWith("..") || !existsSync(file)) return false
  return !anchor || anchorsOf(readFileSync(file, "utf8")).has(anchor)
}

/** Headings become anchors as code hosts make them: lower case, spaces to hyphens, punctuation gone. */
function anchorsOf(text) {
  const headings = [...text.matchAll(/^#+ +(.+)$/gm)].map((match) => match[1])
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    ),
  )
}
