/**
 * docs/damage.md from the results of a run: what came of each damaged volume in our program and in others, as measured.
 *
 *   SLOW=1 REPAIR_BDE_DAMAGE_RESULTS=results.json npm test -- test/damage
 *   node scripts/damage-table.mjs results.json
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PACKAGE_ROOT } from "./package-root.mjs"

const DOCUMENT = join(PACKAGE_ROOT, "docs/damage.md")
const SIGNS = { right: "✔", losses: "✔⁻", refused: "–", wrong: "✘" }
/** What the tally and the peers' judge say, in the words of this table. */
const WORDS = {
  right: "right",
  "right with losses": "losses",
  refused: "refused",
  "refused needlessly": "refused",
  wrong: "wrong",
  "wrong bytes": "wrong",
}
const PROGRAMS = ["repair-bde", "dislocker", "libbde"]

const { records, combinations, inPlace } = JSON.parse(readFileSync(process.argv[2], "utf8"))
const scenarios = records.filter(({ kind }) => kind === "scenario")
writeFileSync(DOCUMENT, document())

function document() {
  const volumes = [...new Set(scenarios.map(({ volume }) => volume))]
  const names = [...new Set(scenarios.map(({ name }) => name))].toSorted((a, b) => a.localeCompare(b))
  const find = (name, volume) => scenarios.find((one) => one.name === name && one.volume === volume)
  return `# Damaged volumes, program by program

Written by \`scripts/damage-table.mjs\` from a run of all scenarios in [test/damage/](../test/damage/): ${scenarios.length} damaged volumes, each given to
three programs with the same startup key (ours also gets the key package where the scenario has one). An oracle, which knows the
undamaged volume and what the injury left of it, judges every byte.

${SIGNS.right} every byte that can still be known is right · ${SIGNS.losses} the same, and what is lost beyond that is reported, or bytes that could be known are given up and
listed · ${SIGNS.refused} refused · ${SIGNS.wrong} wrong bytes. The others are not blamed for losses that they do not report. A refusal of ours that the oracle calls
needless counts as refused.

${table([
  ["", ...PROGRAMS],
  ...Object.keys(SIGNS).map((word) => [
    `${SIGNS[word]} ${word}`,
    ...PROGRAMS.map((program) => count(program, word)),
  ]),
])}

${wrongWithExit0()} ${combinations.cases} random combinations of three injuries, ours alone: ${combinations.right} right, ${combinations.rightWithLosses} with losses, ${combinations.refused} refused where the oracle
says so, ${combinations.refusedNeedlessly} refused needlessly, ${combinations.wrong} wrong (${combinations.wrongWithExit0} of them with exit code 0).

${inPlaceText()}
## Scenario by scenario

Three signs a cell: repair-bde, dislocker, libbde. An empty cell: the scenario does not apply to the volume.

${table([["scenario", ...volumes], ...names.map((name) => [name, ...volumes.map((volume) => cell(find(name, volume)))])])}
`
}

function wordOf(record, program) {
  return WORDS[program === "repair-bde" ? record.count : record.peers[program]]
}

function count(program, word) {
  return String(scenarios.filter((record) => wordOf(record, program) === word).length)
}

function cell(record) {
  return record ? PROGRAMS.map((program) => SIGNS[wordOf(record, program)]).join(" ") : ""
}

function wrongWithExit0() {
  const silent = scenarios.filter(
    ({ count: result, exitCode }) => result === "wrong" && exitCode === 0,
  ).length
  return `Wrong bytes of ours with exit code 0: ${silent}.`
}

function inPlaceText() {
  if (inPlace.length === 0) return ""
  const opened = inPlace.filter(({ result }) => result === "opens again")
  const undone = opened.filter(({ isUndone }) => isUndone).length
  return `In place (\`-nov\`): of ${inPlace.length} damaged volumes ${opened.length} open again in dislocker, libbde and cryptsetup as they did before the damage
(but for a program that refuses what had to be left out: the scenario names it in \`refusedBy\`), and
${inPlace.length - opened.length} are refused and left untouched. Of ${undone} that were written to, the undo file gave the damaged image back bit for bit; the others needed no
write.
`
}

function table([head, ...rows]) {
  const line = (cells) => `| ${cells.join(" | ")} |`
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")
}
