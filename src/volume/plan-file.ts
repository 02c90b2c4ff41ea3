/**
 * A plan as a text file: what a trial decided is kept beside the output, so that a run that goes on later, or another
 * machine, does not decide it twice, and so that anybody can see what was done. JSON, one run a line, under a SHA-256 over
 * the very text of the plan: a file that was cut or edited is refused, never half believed.
 */
import { fromHex, toHex } from "../bytes/hex.ts"
import type { Crypto } from "../crypto/crypto.ts"
import { isEncryptionMethod } from "../crypto/method.ts"
import { endOf, extent } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import type { Run, Substitution, VolumePlan } from "./volume-plan.ts"

const FORMAT = "repair-bde plan"
const VERSION = 1

type Digest = Pick<Crypto, "sha256">

/** Names the plan: equal plans have equal digests. In hex. */
export function planDigest(plan: VolumePlan, crypto: Digest): string {
  return digestOf(serializeBody(plan), crypto)
}

/** What a plan that was decided by trial says beside the runs. */
export interface PlanDecision {
  /** Names the stored volume that it was decided for. In hex. */
  readonly of: string
  /** What the decision rests on, and where it could not be made. */
  readonly findings: readonly Finding[]
}

export function serializePlan(plan: VolumePlan, crypto: Digest, decision?: PlanDecision): string {
  const body = serializeBody(plan)
  const decided = serializeDecision(decision)
  const sha256 = digestOf(body + decided, crypto)
  return `{"format":"${FORMAT}","version":${VERSION},"sha256":"${sha256}","plan":${body}${decided}}\n`
}

/** Whether we wrote it, whole or not. */
export function isPlanFile(text: string): boolean {
  return text.startsWith(`{"format":"${FORMAT}",`)
}

/** What cannot be read is said in a sentence: the caller knows the name of the file. */
export type ParsedPlan =
  | { readonly plan: VolumePlan; readonly decision?: PlanDecision }
  | { readonly fault: string }

export function parsePlan(text: string, crypto: Digest): ParsedPlan {
  const document = parseJson(text)
  if (!isObject(document) || document.format !== FORMAT) return { fault: "is no plan of repair-bde" }
  if (document.version !== VERSION)
    return { fault: `is a plan of version ${String(document.version)}, not of ${VERSION}` }
  const plan = readPlan(document.plan)
  const decision = readDecision(document.decided)
  // Written once more it must be what the digest was made of: whatever differs was not written by us.
  if (!plan || digestOf(serializeBody(plan) + serializeDecision(decision), crypto) !== document.sha256)
    return { fault: "was changed or cut: its SHA-256 is wrong" }
  return { plan, ...(decision && { decision }) }
}

function serializeDecision(decision: PlanDecision | undefined): string {
  if (!decision) return ""
  const findings = decision.findings.map((finding) => JSON.stringify(finding)).join(",\n")
  return `,"decided":{"of":${JSON.stringify(decision.of)},"findings":[\n${findings}\n]}`
}

/** The digest vouches for what is in the findings, so that their shape is all that is looked at. */
function readDecision(value: unknown): PlanDecision | undefined {
  if (!isObject(value) || typeof value.of !== "string" || !Array.isArray(value.findings)) return undefined
  const { of, findings } = value
  return findings.every(isFinding) ? { of, findings } : undefined
}

function isFinding(value: unknown): value is Finding {
  return isObject(value) && [value.code, value.severity, value.text].every((part) => typeof part === "string")
}

/** `start, length, kind`, and of the head where it is stored. */
type RunLine = readonly [number, number, string, number?]

function serializeBody({ size, sectorSize, method, runs, substitutions }: VolumePlan): string {
  const head = JSON.stringify({ size, sectorSize, ...(method !== undefined && { method }) }).slice(0, -1)
  const lines = (values: readonly unknown[]): string =>
    values.length === 0 ? "[]" : `[\n${values.map((value) => JSON.stringify(value)).join(",\n")}\n]`
  const shown = substitutions.map(({ at, bytes }) => [at, toHex(bytes)])
  return `${head},"runs":${lines(runs.map(toLine))},"substitutions":${lines(shown)}}`
}

function toLine(run: Run): RunLine {
  const { start, length } = run.extent
  return run.kind === "relocated"
    ? [start, length, `relocated ${run.stored}`, run.from]
    : [start, length, run.kind]
}

function digestOf(body: string, crypto: Digest): string {
  return toHex(crypto.sha256(new TextEncoder().encode(body)))
}

function readPlan(value: unknown): VolumePlan | undefined {
  if (!isObject(value) || !Array.isArray(value.runs) || !Array.isArray(value.substitutions)) return undefined
  const { size, sectorSize, method } = value
  const runs = value.runs.map(readRun)
  const substitutions = value.substitutions.map(readSubstitution)
  if (!isPosition(size) || !isPosition(sectorSize) || !(method === undefined || isMethod(method)))
    return undefined
  if (!allThere(runs) || !allThere(substitutions) || !isTiling(runs, size)) return undefined
  return { size, sectorSize, ...(method !== undefined && { method }), runs, substitutions }
}

function readRun(line: unknown): Run | undefined {
  if (!Array.isArray(line)) return undefined
  const [start, length, kind, from] = line as unknown[]
  if (!isPosition(start) || !isPosition(length)) return undefined
  const place = extent(start, length)
  switch (kind) {
    case "plain":
    case "encrypted":
    case "zeroed":
    case "unreadable":
      return { kind, extent: place }
    case "relocated plain":
    case "relocated encrypted":
      if (!isPosition(from)) return undefined
      return {
        kind: "relocated",
        extent: place,
        from,
        stored: kind === "relocated plain" ? "plain" : "encrypted",
      }
    default:
      return undefined
  }
}

function readSubstitution(line: unknown): Substitution | undefined {
  if (!Array.isArray(line)) return undefined
  const [at, hex] = line as unknown[]
  const bytes = typeof hex === "string" ? fromHex(hex) : undefined
  return isPosition(at) && bytes ? { at, bytes } : undefined
}

function isTiling(runs: readonly Run[], size: number): boolean {
  const end = runs.reduce((at, run) => (run.extent.start === at ? endOf(run.extent) : NaN), 0)
  return end === size
}

function allThere<T>(values: readonly (T | undefined)[]): values is readonly T[] {
  return values.every((value) => value !== undefined)
}

const isPosition = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isMethod = (value: unknown): value is NonNullable<VolumePlan["method"]> =>
  typeof value === "number" && isEncryptionMethod(value)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
