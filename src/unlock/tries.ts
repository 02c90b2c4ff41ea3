/** The tries as people read them: one row for each credential on each key protector, however many versions and forms there were. */
import type { FoundProtector } from "../fve/index.ts"
import { type LabelledCredential, type VersionedProtector, isOfKind, saltsOf } from "./attempts.ts"
import { explainUntried, protectorLabel } from "./protector-words.ts"

export type TryOutcome = "opened" | "wrong-key" | "other-kind" | "damaged" | "impossible"

export interface Try {
  readonly credential: string
  /** The version that opened, or the best one. */
  readonly protector?: FoundProtector
  readonly outcome: TryOutcome
  readonly why: string
  /** The form of a password that was tried, when it is not the typed one. */
  readonly form?: string
}

/** A credential without a form has one. */
interface Row {
  readonly forms: Set<string>
  row: Try
}

export class TryLog {
  readonly #rows = new Map<string, Row>()

  add(row: Try): Try {
    const key = `${row.credential} ${row.protector?.id ?? ""}`
    const known = this.#rows.get(key)
    const forms = (known?.forms ?? new Set()).add(row.form ?? "")
    const { form: _, ...withoutForm } = row
    const kept = row.outcome === "opened" ? row : withoutForm
    const isWorse = known !== undefined && WEIGHT[known.row.outcome] > WEIGHT[row.outcome]
    this.#rows.set(key, { forms, row: isWorse ? known.row : kept })
    return row
  }

  tries(): Try[] {
    return [...this.#rows.values()].map(({ row, forms }) =>
      row.outcome === "wrong-key" && forms.size > 1
        ? { ...row, why: `${row.why}, in none of ${forms.size} forms` }
        : row,
    )
  }
}

/** What a row tells of several attempts: that it opened, else how far it came. */
const WEIGHT: Readonly<Record<TryOutcome, number>> = {
  "other-kind": 0,
  "wrong-key": 1,
  damaged: 2,
  impossible: 3,
  opened: 4,
}

/** Of a key that opened none of a protector's boxes. */
export function notOpened(credential: string, { versions }: VersionedProtector, form?: string): Try {
  const [protector] = versions
  const about = { credential, ...(protector && { protector }), ...(form !== undefined && { form }) }
  if (versions.every(({ wrappedVmk }) => wrappedVmk.length === 0)) {
    return { ...about, outcome: "damaged", why: "the key protector holds no wrapped key" }
  }
  const inAll = versions.length > 1 ? `, of which there are ${versions.length} versions: it is damaged` : ""
  return { ...about, outcome: "wrong-key", why: `the key does not open this key protector${inAll}` }
}

/** Key protectors that no credential was for, and what they would need. */
export function untried(
  protectors: readonly VersionedProtector[],
  credentials: readonly LabelledCredential[],
): Try[] {
  return protectors.flatMap((target): Try[] => {
    const protector = target.versions[0]!
    const given = credentials.filter(({ credential: { kind } }) =>
      kind === "vmk" || kind === "fvek" ? false : isOfKind(target, kind),
    )
    const needsSalt = protector.kind === "password" || protector.kind === "recovery-password"
    if (given.length > 0 && needsSalt && saltsOf(target).length === 0) {
      const why = "the key protector has lost the salt of its key stretch"
      return given.map(({ label }) => ({ credential: label, protector, outcome: "damaged", why }))
    }
    if (given.length > 0 || target.versions.some(({ clearKey }) => clearKey)) return []
    const { outcome, why } = explainUntried(protector.kind)
    return [{ credential: `none for ${protectorLabel(protector.kind)}`, protector, outcome, why }]
  })
}
