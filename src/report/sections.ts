/** The parts of the page for the owner, from the most urgent to the last. Each one is left out when there is nothing to say. */
import type { ReportDocument } from "./document.ts"
import { RANGE_STATES } from "./document.ts"
import { type Html, html } from "./html.ts"
import { drawMap } from "./map-drawing.ts"
import {
  FILE_SYSTEM_WORDS,
  REGION_WORDS,
  STATE_WORDS,
  count,
  duration,
  largeSize,
  position,
  share,
  size,
} from "./words.ts"

/** More than these are in the JSON alone. */
const LISTED_LOSSES = 200

export function keyFigures({ totals, output, proof, elapsedMs, outcome }: ReportDocument): Html | undefined {
  if (!output || outcome === "dry-run") return undefined
  const fileSystem = proof?.fileSystem
  const label = fileSystem?.label
  return html`<dl class="figures">
    <div class="figure">
      <dt>Output</dt>
      <dd>${largeSize("/output/size", output.size)}</dd>
    </div>
    <div class="figure${totals.lost > 0 && " bad"}">
      <dt>Lost</dt>
      <dd>${largeSize("/totals/lost", totals.lost)}</dd>
    </div>
    ${
      fileSystem &&
      html`<div class="figure">
        <dt>File system</dt>
        <dd>
          ${FILE_SYSTEM_WORDS[fileSystem.type]}<small
            >${label === undefined ? "without a name" : `“${label}”`}</small
          >
        </dd>
      </div>`
    }
    <div class="figure">
      <dt>Took</dt>
      <dd>${duration("/elapsedMs", elapsedMs)}</dd>
    </div>
  </dl>`
}

export function nextSteps({ next, error }: ReportDocument): Html | undefined {
  const steps = error ? error.next : next
  if (steps.length === 0) return undefined
  return section(
    "next",
    "What to do next",
    html`<ol class="steps">
      ${steps.map((step) => html`<li>${capitalised(step)}.</li>`)}
    </ol>`,
  )
}

export function openingGuides({ guides, output }: ReportDocument): Html | undefined {
  if (guides.length === 0 || !output) return undefined
  const shown = guides.map(
    ({ system, commands, notes }) =>
      html`<div class="guide">
        <h3>${system}</h3>
        <div>
          ${commands.length > 0 && html`<pre><code>${commands.join("\n")}</code></pre>`}
          ${notes.map((note) => html`<p>${withCode(note)}</p>`)}
        </div>
      </div>`,
  )
  return section(
    "open",
    "Open the recovered volume",
    html`<p>
        Open it read-only and copy your files to a third place. A check of the file system belongs on a copy
        of this output, never on the drive that failed.
      </p>
      <div class="guides">${shown}</div>`,
  )
}

export function volumeMap({ ranges, totals, output, outcome }: ReportDocument): Html | undefined {
  if (!output || ranges.length === 0) return undefined
  const present = RANGE_STATES.filter((state) => totals[state] > 0)
  const described = present.map((state) => `${STATE_WORDS[state].name}: ${totals[state]} bytes`)
  const keys = present.map(
    (state) =>
      html`<li>
        <i class="${state}"></i
        ><span
          >${STATE_WORDS[state].name}, ${size(`/totals/${state}`, totals[state])}
          <small>${STATE_WORDS[state].meaning}</small></span
        >
      </li>`,
  )
  const what = outcome === "dry-run" ? "as it would be written" : "from its first byte to its last"
  return section(
    "map",
    "The volume, drawn",
    html`<p>
        The output ${what}, left to right and top to bottom. A cell shows the most serious thing in it.
      </p>
      ${drawMap(ranges, `Map of the output. ${described.join(". ")}.`)}
      <ul class="key">
        ${keys}
      </ul>`,
  )
}

export function trust({ proof }: ReportDocument): Html | undefined {
  if (!proof || proof.regions.length === 0) return undefined
  const rows = proof.regions.map((region, i) => {
    const at = `/proof/regions/${i}`
    const judged = region.verdict !== "unproven"
    const tag = region.verdict === "proven" ? "good" : judged ? "bad" : ""
    return html`<tr>
      <th scope="row">${REGION_WORDS[region.region]}</th>
      <td class="fixed"><span class="tag ${tag}">${judged ? region.verdict : "nothing to prove"}</span></td>
      <td class="fixed">
        ${
          judged &&
          html`${region.sampled && "at least "}${share(`${at}/confidence`, region.confidence)}
            <span class="bar"
              ><span style="width:${Math.round(region.confidence * 1000) / 10}%"></span
            ></span>`
        }
      </td>
      <td>${capitalised(region.sentence)}<small>${counts(region, at)}</small></td>
    </tr>`
  })
  return section(
    "trust",
    "How far it can be trusted",
    html`<p>
        The structures of the file system were looked for where they have to be. With a wrong key, none of
        them would be there. Of what was only sampled, the share is the lower end of an interval of 95 %.
      </p>
      ${table(["Region", "Verdict", "Right", "Why"], rows)}`,
  )
}

function counts(region: NonNullable<ReportDocument["proof"]>["regions"][number], at: string): Html {
  const kinds = ["right", "wrong", "zeros", "unreadable", "other"] as const
  return html`${kinds.map((kind, i) => html`${i > 0 && " · "}${kind} ${count(`${at}/${kind}`, region[kind])}`)}`
}

export function lossTable({ ranges, totals, proof }: ReportDocument): Html | undefined {
  const lost = ranges.flatMap((range, i) => (range.state === "lost" ? [{ ...range, i }] : []))
  if (lost.length === 0) return undefined
  const losses = proof?.losses
  const owners =
    losses &&
    html`<p>
      Of these, ${size("/proof/losses/free", losses.free)} belonged to no file,
      ${size("/proof/losses/used", losses.used)} to files or to the file system itself, and of
      ${size("/proof/losses/unknown", losses.unknown)} nothing tells.
    </p>`
  const rows = lost.slice(0, LISTED_LOSSES).map(
    ({ start, length, i }) =>
      html`<tr>
        <td>${position(`/ranges/${i}/start`, start)}</td>
        <td>${size(`/ranges/${i}/length`, length)}</td>
      </tr>`,
  )
  const more = lost.length - rows.length
  return section(
    "lost",
    "What was lost",
    html`<p>
        ${size("/totals/lost", totals.lost)} could not be read. Nothing was invented in its place: the fill
        pattern stands there.
      </p>
      ${owners} ${table(["At, in the output", "Length"], rows)}
      ${more > 0 && html`<p>And ${more} more places, which the JSON lists.</p>`}`,
  )
}

export function section(id: string, title: string, content: Html): Html {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${content}
  </section>`
}

/** A table that scrolls by itself is a place that the keyboard has to reach. */
export function table(head: readonly string[], rows: readonly Html[]): Html {
  const cells = head.map((name) => html`<th scope="col">${name}</th>`)
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${head.join(", ")}">
    <table>
      <thead>
        <tr>
          ${cells}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}

export function capitalised(text: string): string {
  return /^[a-z][a-z ]/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text
}

/** Text between back-quotes is what is typed. */
function withCode(text: string): Html {
  return html`${text.split("`").map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part))}`
}
