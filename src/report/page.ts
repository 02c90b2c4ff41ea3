/**
 * The report as one page: nothing is loaded, nothing runs, and the same page prints. The owner reads the top, an engineer all
 * of it; the JSON that it was drawn from is in it.
 */
import type { ReportDocument } from "./document.ts"
import { type Html, dataBlock, html, verbatim } from "./html.ts"
import { decisions, findings, identities, keys, metadataCopies, timings } from "./records.ts"
import { keyFigures, lossTable, nextSteps, openingGuides, trust, volumeMap } from "./sections.ts"
import { STYLE } from "./style.ts"
import { time } from "./words.ts"

/** How every page begins: what may be replaced by another report. */
export const PAGE_START = "<!doctype html>\n<!-- repair-bde report -->\n"

/** Nothing may be loaded and nothing may run, whatever a label says. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

const PARTS: readonly ((document: ReportDocument) => Html | undefined)[] = [
  nextSteps,
  openingGuides,
  volumeMap,
  trust,
  lossTable,
  findings,
  decisions,
  keys,
  metadataCopies,
  identities,
  timings,
]

export function renderPage(document: ReportDocument): string {
  const { headline, summary, tool, outcome, finished } = document
  const isBad = outcome === "ended-early" || outcome === "noise"
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${headline} &ndash; repair-bde report</title>
<style>${verbatim(STYLE)}</style>
</head>
<body>
<header>
<p class="brand"><strong>repair-bde</strong> report, ${time("/finished", finished)}</p>
<h1${isBad && verbatim(' class="bad"')}>${headline}</h1>
<p class="summary">${summary}</p>
${keyFigures(document)}
</header>
<main>
${PARTS.map((part) => part(document))}
</main>
<footer>${tool.name} ${tool.version}. This page loads nothing and runs nothing, and holds no password and no key.</footer>
<script type="application/json" id="report">${dataBlock(document)}</script>
</body>
</html>
`
  return PAGE_START + page.html
}
