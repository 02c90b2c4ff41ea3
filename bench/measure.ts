/**
 * What one run of a command costs. The wall time is ours; processor time and peak memory are what the system charged to the
 * process and its threads, which Node does not tell of a child: GNU time does.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface Cost {
  readonly wallMs: number
  /** User and system time together. */
  readonly cpuMs: number
  readonly peakBytes: number
}

const GNU_TIME = "/usr/bin/time"

/** @throws Error with what the command said, when it fails */
export function measure(command: readonly string[]): Cost {
  const folder = mkdtempSync(join(tmpdir(), "repair-bde-cost-"))
  try {
    const account = join(folder, "cost")
    const start = performance.now()
    runOrThrow([GNU_TIME, "--format=%U %S %M", `--output=${account}`, ...command])
    const wallMs = performance.now() - start
    const [user = 0, system = 0, peakKib = 0] = readFileSync(account, "utf8").split(" ").map(Number)
    return { wallMs, cpuMs: (user + system) * 1000, peakBytes: peakKib * 1024 }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function runOrThrow(command: readonly string[]): string {
  const [program = "", ...args] = command
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" })
  if (status === 0) return stdout
  throw new Error(`${command.join(" ")} ended with ${status ?? error?.message}:\n${stdout}${stderr}`)
}

/** Costs of steps that follow each other. */
export function sum(...costs: readonly Cost[]): Cost {
  return {
    wallMs: costs.reduce((total, cost) => total + cost.wallMs, 0),
    cpuMs: costs.reduce((total, cost) => total + cost.cpuMs, 0),
    peakBytes: Math.max(...costs.map((cost) => cost.peakBytes)),
  }
}

/** The median of each figure by itself; the peak is the highest seen. */
export function median(costs: readonly Cost[]): Cost {
  return {
    wallMs: medianOf(costs.map((cost) => cost.wallMs)),
    cpuMs: medianOf(costs.map((cost) => cost.cpuMs)),
    peakBytes: Math.max(...costs.map((cost) => cost.peakBytes)),
  }
}

function medianOf(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
