/** What a benchmark run is asked for. */
import { tmpdir } from "node:os"
import { parseArgs } from "node:util"
import { METHODS, type MethodName } from "./methods.ts"

export interface BenchOptions {
  /** Bytes of the large volumes. */
  readonly size: number
  /** Medians are taken over so many runs. */
  readonly runs: number
  readonly methods: readonly MethodName[]
  /** Where the volumes and outputs lie: a folder on the disk to be measured. */
  readonly folder: string
  /** Where the figures go as JSON. */
  readonly json: string | undefined
}

export const USAGE = `npm run bench -- [--size 1G] [--runs 5] [--methods ${METHODS.map(({ name }) => name).join(",")}]
                [--dir FOLDER] [--json FILE]

Times repair-bde, dislocker-file, bdemount + copy and dd on volumes made for it. FOLDER, the folder for temporary
files unless given, needs three times the size; the volumes are removed at the end.`

export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: "string", default: "1G" },
      runs: { type: "string", default: "5" },
      methods: { type: "string" },
      dir: { type: "string", default: tmpdir() },
      json: { type: "string" },
    },
  })
  return {
    size: parseSize(values.size),
    runs: parseRuns(values.runs),
    methods: values.methods ? values.methods.split(",").map(parseMethod) : METHODS.map(({ name }) => name),
    folder: values.dir,
    json: values.json,
  }
}

function parseSize(text: string): number {
  const match = /^(\d+)([MG])$/.exec(text)
  if (!match) throw new Error(`--size ${text}: a number with M or G is needed, such as 1G`)
  return Number(match[1]) * (match[2] === "G" ? 1024 ** 3 : 1024 ** 2)
}

function parseRuns(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--runs ${text}: a number from 1 is needed`)
  return Number(text)
}

function parseMethod(text: string): MethodName {
  const method = METHODS.find(({ name }) => name === text)
  if (!method) throw new Error(`--methods ${text}: known are ${METHODS.map(({ name }) => name).join(", ")}`)
  return method.name
}
