/**
 * `--report`: the whole run as one file, when it is over, however it ended. An existing file is replaced when it is a report of
 * ours and refused when it is anything else, before the job begins. It is written aside first: what stands there is whole.
 */
import { closeSync, openSync, readSync, renameSync, statSync, writeFileSync, type Stats } from "node:fs"
import { dirname, extname } from "node:path"
import { SinkError, UsageError } from "../errors.ts"
import {
  type ReportDocument,
  type ReportFormat,
  type ToolIdentity,
  collectReport,
  isReport,
  reportText,
} from "../job/report-collector.ts"
import type { RepairReport } from "../job/reports.ts"
import type { Reporter } from "./reporters.ts"

const START_LENGTH = 64

export interface ReportFileOptions {
  readonly path: string
  /** INPUT and OUTPUT: never the report. */
  readonly paths: readonly string[]
  readonly tool: ToolIdentity
  readonly now: () => number
  readonly warn: (text: string) => void
}

/** @throws UsageError, SinkError when no report can go there */
export function reportFile({ path, paths, tool, now, warn }: ReportFileOptions): Reporter {
  const format = formatOf(path)
  refuseWhatCannotBe(path, paths)
  const collector = collectReport({ tool, now })
  const write = (document: ReportDocument): void => {
    const aside = `${path}.part`
    try {
      writeFileSync(aside, reportText(document, format))
      renameSync(aside, path)
    } catch (cause) {
      throw unwritable(path, cause)
    }
  }
  return {
    event: (event) => collector.event(event),
    warning() {},
    // Only `repair` has the option, and this is its report.
    result: ({ document }) => write(collector.result(document as RepairReport)),
    failure({ error }) {
      try {
        write(collector.failure(error))
      } catch (second) {
        // What ended the run is told by the others, and matters more.
        warn((second as Error).message)
      }
    },
    close() {},
  }
}

function formatOf(path: string): ReportFormat {
  const extension = extname(path).toLowerCase()
  if (extension === ".html" || extension === ".htm") return "html"
  if (extension === ".json") return "json"
  throw new UsageError("bad-value", "the value of --report names no form of a report", {
    next: ["write --report FILE.html for a page, or --report FILE.json"],
  })
}

function refuseWhatCannotBe(path: string, paths: readonly string[]): void {
  if (!statOf(dirname(path))?.isDirectory()) {
    throw new SinkError(
      "report-unwritable",
      `the report ${path} cannot be written: its folder does not exist`,
      {
        next: ["name a file in a folder that exists"],
      },
    )
  }
  const stat = statOf(path)
  if (!stat) return
  if (paths.some((other) => isSame(stat, statOf(other)))) {
    throw new SinkError("report-is-other-file", `${path} is INPUT or OUTPUT and cannot be the report too`, {
      next: ["name another file for --report"],
    })
  }
  if (stat.isFile() && isReport(startOf(path))) return
  throw new SinkError("report-is-other-file", `${path} exists and is no report of repair-bde`, {
    next: ["name another file for --report, or remove this one"],
  })
}

function startOf(path: string): string {
  let handle: number
  try {
    handle = openSync(path, "r")
  } catch (cause) {
    throw unwritable(path, cause)
  }
  const start = Buffer.alloc(START_LENGTH)
  const length = readSync(handle, start, 0, start.length, 0)
  closeSync(handle)
  return start.toString("latin1", 0, length)
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

function isSame(a: Stats, b: Stats | undefined): boolean {
  return b !== undefined && a.dev === b.dev && a.ino === b.ino
}

function unwritable(path: string, cause: unknown): SinkError {
  return new SinkError(
    "report-unwritable",
    `the report ${path} cannot be written: ${(cause as Error).message}`,
    {
      next: ["name a file in a folder that you may write to", "leave --report out"],
      cause,
    },
  )
}
