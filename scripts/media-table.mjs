/**
 * The table of failing drives in docs/failing-drives.md from the results of a run: what came of each in our program, and in
 * GNU ddrescue with dislocker on its image, as measured. As root, with nbdkit, nbdfuse, ddrescue and dislocker; four minutes.
 *
 *   REPAIR_BDE_MEDIA_RESULTS=results.json npm test -- test/media/outcomes.test.ts
 *   node scripts/media-table.mjs results.json
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PACKAGE_ROOT } from "./package-root.mjs"

const DOCUMENT = join(PACKAGE_ROOT, "docs/failing-drives.md")
const [BEGIN, END] = ["<!-- scripts/media-table.mjs: begin -->", "<!-- scripts/media-table.mjs: end -->"]
const HEAD = [
  "The drive",
  "Ours",
  "ddrescue, then dislocker",
  "Reads, ours",
  "Reads, ddrescue",
  "Seconds, ours",
  "Seconds, theirs",
]

const measured = JSON.parse(readFileSync(process.argv[2], "utf8"))
const text = readFileSync(DOCUMENT, "utf8")
const [before, rest] = text.split(BEGIN)
const after = rest?.split(END)[1]
if (after === undefined) throw new Error(`${DOCUMENT} has no place for the table`)
writeFileSync(DOCUMENT, `${before}${BEGIN}\n\n${table([HEAD, ...measured.map(rowOf)])}\n\n${END}${after}`)

function rowOf({ name, size, ours, peers }) {
  return [
    name,
    outcomeOf(ours, size, endOfOurs(ours)),
    outcomeOf(peers, size, endOfPeers(peers)),
    readsOf(ours),
    readsOf(peers),
    ours.seconds.toFixed(1),
    peers.seconds.toFixed(1),
  ]
}

/** Of a run that ended early. */
function endOfOurs({ ended }) {
  const [code, error] = ended.split(" ")
  return error && `exit code ${code}, \`${error}\``
}

function endOfPeers({ ended }) {
  const signal = /dislocker-file (SIG\w+)/.exec(ended)?.[1]
  return signal && `dislocker ends with ${signal}`
}

function outcomeOf({ right, listed, unlisted }, size, end) {
  if (right === 0) return end ?? "nothing"
  const share = right === size ? "all of it" : `all but ${count(listed + unlisted)} bytes`
  const silent = unlisted > 0 ? `, ${count(unlisted)} of them wrong and on no list` : ""
  return `${end ? `${end}: ` : ""}${share}${silent}`
}

function readsOf({ readCount, failedCount }) {
  return `${count(readCount)} (${count(failedCount)})`
}

function count(number) {
  return number.toLocaleString("en")
}

function table([head, ...rows]) {
  const line = (cells) => `| ${cells.join(" | ")} |`
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")
}
