/** The report of a repair, as data and as a page. Pure. */
export type {
  Decision,
  Guide,
  Outcome,
  RangeState,
  ReportDocument,
  ReportedOutput,
  ToolIdentity,
} from "./document.ts"
export { guidesFor } from "./guides.ts"
export { PAGE_START, renderPage } from "./page.ts"
export { rangesOf, totalsOf } from "./ranges.ts"
