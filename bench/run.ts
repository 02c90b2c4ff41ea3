/**
 * The benchmark: our program and its peers on the same volumes, alternating, medians. A figure is printed only for an
 * output that was removed before its run and equalled the plaintext image after it. Inputs are in the page cache, so that
 * the programs are compared and not the disk.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus } from "node:os"
import { join } from "node:path"
import { timeClinic } from "./clinic.ts"
import { timeDecryption } from "./decryption.ts"
import { timeLocate } from "./locate.ts"
import { METHODS } from "./methods.ts"
import { parseOptions, USAGE } from "./options.ts"
import { timeShortCommands } from "./short-commands.ts"
import { renderReport } from "./render.ts"
import type { Report } from "./report.ts"

const args = process.argv.slice(2)
if (args.includes("--help")) console.log(USAGE)
else await run()

async function run(): Promise<void> {
  const options = parseOptions(args)
  mkdirSync(options.folder, { recursive: true })
  const folder = mkdtempSync(join(options.folder, "repair-bde-bench-"))
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1))

  const decryption = []
  for (const { name, method } of METHODS.filter(({ name }) => options.methods.includes(name))) {
    console.error(`${name} ...`)
    decryption.push({ method: name, timings: await timeDecryption(folder, method, options) })
  }
  console.error("short commands ...")
  const short = await timeShortCommands(folder, options)
  console.error("locate ...")
  const report: Report = {
    machine: { node: process.version, processor: cpus()[0]?.model ?? "", cores: availableParallelism() },
    size: options.size,
    runs: options.runs,
    decryption,
    short,
    locate: await timeLocate(folder, options),
    clinic: await timeClinic(folder, options),
  }
  console.log(renderReport(report))
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`)
}
