/** The style sheet of the page: one accent, light and dark as the reader's system is, and a form for paper. */

export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1d2326; --soft: #566166; --line: #e2e0d9; --quiet: #f2f0ea;
  --accent: #0b6a72; --accent-soft: #d9ecec; --accent-mid: #79b8ba; --warn: #b3390c; --warn-soft: #fbe7dd;
  --neutral: #b9b6ad;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181a; --card: #1b2123; --ink: #e9ecea; --soft: #a5b0b1; --line: #30383a; --quiet: #232a2c;
    --accent: #6cc9c9; --accent-soft: #1d3a3c; --accent-mid: #35777b; --warn: #ff9a6b; --warn-soft: #432518;
    --neutral: #5d6566;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.6 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
main, header, footer { max-width: 62rem; margin: 0 auto; padding: 0 2rem; }
header { padding-top: 4rem; }
.brand { margin: 0 0 2.5rem; color: var(--soft); font-size: .875rem; letter-spacing: .02em; }
.brand strong { color: var(--accent); font-weight: 650; }
h1 { margin: 0; font-size: clamp(1.9rem, 5vw, 2.9rem); line-height: 1.15; letter-spacing: -.02em; font-weight: 680; text-wrap: balance; }
h1.bad { color: var(--warn); }
.summary { max-width: 44rem; margin: 1rem 0 0; color: var(--soft); font-size: 1.125rem; text-wrap: pretty; }
h2 { margin: 0 0 1.25rem; font-size: 1.375rem; line-height: 1.3; letter-spacing: -.01em; font-weight: 640; }
h3 { margin: 0 0 .5rem; font-size: 1rem; font-weight: 640; }
p { margin: 0 0 1rem; }
section { margin-top: 4rem; }
section > p { max-width: 44rem; color: var(--soft); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 1rem; margin: 2.5rem 0 0; }
.figure { padding: 1.25rem 1.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.figure dt { color: var(--soft); font-size: .875rem; }
.figure dd { margin: .25rem 0 0; font-size: 1.5rem; line-height: 1.25; font-weight: 640; letter-spacing: -.01em; overflow-wrap: anywhere; }
.figure dd small { display: block; margin-top: .2rem; color: var(--soft); font-size: .8125rem; font-weight: 400; letter-spacing: 0; }
.figure.bad { border-color: var(--warn); background: var(--warn-soft); }
.figure.bad dt, .figure.bad dd small { color: var(--ink); }
ol.steps { margin: 0; padding: 0; list-style: none; counter-reset: step; }
ol.steps li { position: relative; max-width: 46rem; padding: .15rem 0 1.1rem 3rem; counter-increment: step; }
ol.steps li::before {
  content: counter(step); position: absolute; left: 0; top: 0; width: 2rem; height: 2rem; border-radius: 50%;
  background: var(--accent-soft); color: var(--accent); font-weight: 650; text-align: center; line-height: 2rem;
}
.guides { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.guide { display: grid; grid-template-columns: 6rem 1fr; gap: 0 1.5rem; padding: 1.25rem 1.5rem; }
.guide + .guide { border-top: 1px solid var(--line); }
.guide > div { min-width: 0; }
.guide h3 { margin: 0; }
.guide p { max-width: 40rem; margin: 0; font-size: .9375rem; color: var(--soft); }
.guide p + p { margin-top: .5rem; }
pre { margin: 0 0 .75rem; padding: .65rem 1rem; background: var(--quiet); border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
code, pre, .mono { font: .875em/1.55 ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.mono { overflow-wrap: anywhere; }
.map { display: block; width: 100%; height: auto; }
.map .decrypted, .key .decrypted { fill: var(--accent); background: var(--accent); }
.map .plain, .key .plain { fill: var(--accent-mid); background: var(--accent-mid); }
.map .structure, .key .structure { fill: var(--neutral); background: var(--neutral); }
.map .lost, .key .lost { fill: var(--warn); background: var(--warn); }
.map .stroke { stroke: var(--paper); stroke-width: 1.6; stroke-linecap: round; }
.key { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .75rem 1.5rem; margin: 1.5rem 0 0; padding: 0; list-style: none; }
.key li { display: grid; grid-template-columns: 1rem 1fr; gap: .75rem; align-items: start; font-size: .9375rem; line-height: 1.4; }
.key i { width: 1rem; height: 1rem; margin-top: .15rem; border-radius: 3px; }
.key small { display: block; color: var(--soft); font-size: .8125rem; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
th, td { padding: .7rem 1.25rem .7rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--soft); font-size: .8125rem; font-weight: 560; white-space: nowrap; overflow-wrap: normal; }
td.fixed, th.fixed { white-space: nowrap; overflow-wrap: normal; }
td small { display: block; color: var(--soft); }
.tag { display: inline-block; padding: .1rem .6rem; border-radius: 99px; background: var(--quiet); color: var(--ink); font-size: .8125rem; white-space: nowrap; }
.tag.good { background: var(--accent-soft); color: var(--accent); }
.tag.bad { background: var(--warn-soft); color: var(--warn); }
.bar { display: block; width: 7rem; height: .4rem; margin-top: .35rem; border-radius: 99px; background: var(--line); overflow: hidden; }
.bar span { display: block; height: 100%; background: var(--accent); }
dl.facts { display: grid; grid-template-columns: minmax(8rem, 13rem) 1fr; gap: .6rem 2rem; margin: 0; font-size: .9375rem; }
dl.facts dt { color: var(--soft); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 5rem; padding-top: 1.5rem; padding-bottom: 4rem; color: var(--soft); font-size: .875rem; border-top: 1px solid var(--line); }
@media (max-width: 40rem) {
  main, header, footer { padding-left: 1.25rem; padding-right: 1.25rem; }
  header { padding-top: 2rem; }
  .guide { grid-template-columns: 1fr; gap: .75rem; }
  dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dd { margin-bottom: .75rem; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc; --quiet: #f3f3f3;
    --accent: #0b6a72; --accent-soft: #e3f0f0; --accent-mid: #79b8ba; --warn: #b3390c; --warn-soft: #fbe7dd; --neutral: #b9b6ad;
  }
  @page { margin: 18mm 16mm; }
  body { font-size: 10.5pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, header, footer { max-width: none; padding-left: 0; padding-right: 0; }
  header { padding-top: 0; }
  section { margin-top: 2.2rem; }
  h2 { break-after: avoid; }
  tr, li, .guide, .figure, .map { break-inside: avoid; }
  .scroll { overflow: visible; }
}
`
