/** The parts of the page for the file: identities, keys, findings, decisions, times. */
import type { ReportDocument } from "./document.ts"
import { type Html, html } from "./html.ts"
import { capitalised, section, table } from "./sections.ts"
import { FILE_SYSTEM_WORDS, count, duration, position, size, time } from "./words.ts"

type Fact = readonly [string, Html | string | undefined]

export function findings({ findings: found, notices }: ReportDocument): Html | undefined {
  const order = ["damage", "notice", "good"] as const
  const sorted = found
    .map((finding, i) => ({ ...finding, i }))
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
  const rows = sorted.map(({ severity, text, code, extent, i }) => {
    const tag = severity === "good" ? "good" : severity === "damage" ? "bad" : ""
    const where = extent && position(`/findings/${i}/extent/start`, extent.start)
    return html`<tr>
      <td class="fixed"><span class="tag ${tag}">${severity}</span></td>
      <td>${capitalised(text)}<small class="mono">${code}</small></td>
      <td class="fixed">${where}</td>
    </tr>`
  })
  const notes = notices.map(
    ({ text, code }) =>
      html`<tr>
        <td class="fixed"><span class="tag">note</span></td>
        <td>${capitalised(text)}<small class="mono">${code}</small></td>
        <td></td>
      </tr>`,
  )
  if (rows.length + notes.length === 0) return undefined
  return section("findings", "What was found", table(["Kind", "Finding", "At"], [...rows, ...notes]))
}

export function decisions({ decisions: made }: ReportDocument): Html | undefined {
  if (made.length === 0) return undefined
  const rows = made.map(
    ({ about, choice, reason }) =>
      html`<tr>
        <th scope="row">${capitalised(about)}</th>
        <td>${choice}</td>
        <td>${reason}</td>
      </tr>`,
  )
  return section("decisions", "What was decided, and why", table(["About", "Choice", "Reason"], rows))
}

export function identities(document: ReportDocument): Html {
  const { source, volume, output, proof, tool, started, finished } = document
  const fileSystem = proof?.fileSystem
  return section(
    "identities",
    "What this report is about",
    html`<dl class="facts">
      ${facts([
        ["Input", source && html`<span class="mono">${source.path}</span>`],
        ["Its kind", source?.kind],
        ["Its size", source && size("/source/size", source.size)],
        ["Its sectors", source && html`${count("/source/sectorSize", source.sectorSize)} bytes`],
        ["Volume", volume?.where],
        ["Starts at", volume && position("/volume/offset", volume.offset)],
        ["Size", volume && size("/volume/size", volume.size)],
        ["Identifier", volume?.volumeId && html`<span class="mono">${volume.volumeId}</span>`],
        ["Description", volume?.description],
        ["Encrypted since", volume?.created && time("/volume/created", volume.created)],
        ["By", volume?.windowsBuild && `Windows ${volume.windowsBuild}`],
        ["Layout", volume?.layout],
        ["Encryption", volume?.method?.name],
        ["State", volume?.state],
        [
          "Output",
          output && html`<span class="mono">${output.path === "-" ? "standard output" : output.path}</span>`,
        ],
        ["Begins at", output && output.start > 0 ? position("/output/start", output.start) : undefined],
        [
          "SHA-256",
          output?.sha256 && html`<span class="mono" data-from="/output/sha256">${output.sha256}</span>`,
        ],
        ["File system", fileSystem && `${FILE_SYSTEM_WORDS[fileSystem.type]}, serial ${fileSystem.serial}`],
        ["Its size", fileSystem && size("/proof/fileSystem/size", fileSystem.size)],
        ["Its clusters", fileSystem && size("/proof/fileSystem/clusterSize", fileSystem.clusterSize)],
        ["Program", `${tool.name} ${tool.version}, ${tool.runtime}, ${tool.system}`],
        ["Began", time("/started", started)],
        ["Ended", time("/finished", finished)],
        ["Exit code", count("/exitCode", document.exitCode)],
      ])}
    </dl>`,
  )
}

export function keys({ volume, openedBy }: ReportDocument): Html | undefined {
  if (!volume) return undefined
  const rows = volume.protectors.map(
    ({ id, label, name, opensWith }) =>
      html`<tr>
        <td class="fixed mono">${id.slice(0, 8)}</td>
        <td>${capitalised(label)}${name !== undefined && ` “${name}”`}<small class="mono">${id}</small></td>
        <td>${openedBy?.protectorId === id && html`<span class="tag good">opened it</span> `}${opensWith}</td>
      </tr>`,
  )
  const opening =
    openedBy &&
    html`<p>
      Opened by: ${openedBy.credential}${openedBy.form !== undefined && ` (${openedBy.form})`}. The secret
      itself is in no report.
    </p>`
  const list = rows.length > 0 && table(["Key ID", "Key protector", "Opens with"], rows)
  return section("keys", "Key protectors", html`${opening}${list}`)
}

export function metadataCopies({ volume }: ReportDocument): Html | undefined {
  if (!volume || volume.metadataCopies.length === 0) return undefined
  const rows = volume.metadataCopies.map(
    ({ copy, offset, health, chosen, reason }, i) =>
      html`<tr>
        <th scope="row">${copy}</th>
        <td>${position(`/volume/metadataCopies/${i}/offset`, offset)}</td>
        <td class="fixed">
          <span class="tag ${health === "intact" ? "good" : "bad"}">${health}</span>${chosen && " used"}
        </td>
        <td>${reason}</td>
      </tr>`,
  )
  return section("metadata", "Copies of BitLocker’s metadata", table(["Copy", "At", "Health", "Why"], rows))
}

export function timings({ phases }: ReportDocument): Html | undefined {
  if (phases.length === 0) return undefined
  const rows = phases.map(
    ({ phase, elapsedMs }, i) =>
      html`<tr>
        <th scope="row">${capitalised(phase)}</th>
        <td>${duration(`/phases/${i}/elapsedMs`, elapsedMs)}</td>
      </tr>`,
  )
  return section("timings", "How long each part took", table(["Part", "Time"], rows))
}

function facts(rows: readonly Fact[]): Html[] {
  return rows.flatMap(([name, value]) =>
    value === undefined || value === ""
      ? []
      : [
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
        ],
  )
}
