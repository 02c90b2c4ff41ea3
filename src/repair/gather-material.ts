/** Key protectors and wrapped FVEKs from everything that may be this volume's, best proof first. */
import {
  type KeyMaterial,
  type MaterialSource,
  type MetadataBlock,
  collectKeyMaterial,
  matchKeyPackages,
} from "../fve/index.ts"
import { crossDatums } from "./cross-datums.ts"
import { type Candidate, nonceCounterOf } from "./intact-blocks.ts"
import { type MetadataEvidence, type Witness, type Witnesses, packageName } from "./witnesses.ts"

/** The name of a combination. */
export const TOGETHER = "the copies together"

export function gatherMaterial(
  { own }: Witnesses,
  alternatives: readonly Candidate[],
  { packages = [], strays = [] }: MetadataEvidence,
): KeyMaterial {
  const [best] = alternatives
  const isOlder = (block: MetadataBlock): boolean =>
    best !== undefined && block.dataset.header.nonceCounter < nonceCounterOf(best)
  const combined = alternatives.filter(({ parts }) => parts.length > 0)
  const { fitting, undecided } = fittingPackages(own, best, packages)
  const sources: MaterialSource[] = [
    ...own
      .filter(({ copy, isDisplaced }) => copy !== undefined || isDisplaced)
      .map(({ name, block, mayBeForeign = false }) => ({
        name,
        datums: block?.dataset.datums ?? [],
        isOlder: block !== undefined && isOlder(block),
        mayBeForeign,
      })),
    ...combined.map(({ block }) => ({
      name: TOGETHER,
      isDerived: true,
      datums: block.dataset.datums,
      isOlder: isOlder(block),
    })),
    {
      name: "pieces of several copies",
      isDerived: true,
      datums: crossDatums(own.filter(({ block }) => !block || !isOlder(block))),
    },
    ...packages.flatMap((one, i) => {
      const isFitting = fitting.includes(one)
      if (!isFitting && !undecided.includes(one)) return []
      return [{ name: packageName(i), datums: one.datums, mayBeForeign: !isFitting }]
    }),
    ...(strays.length > 0 ? [{ name: "stray datums", datums: strays, mayBeForeign: true }] : []),
  ]
  const methods = [
    ...own.flatMap(({ block }) => block?.dataset.header.method ?? []),
    ...packages.map((p) => p.methodNumber),
  ]
  return collectKeyMaterial(sources, methods[0] ?? 0)
}

export function fittingPackages(
  own: readonly Witness[],
  best: Candidate | undefined,
  packages: NonNullable<MetadataEvidence["packages"]>,
): ReturnType<typeof matchKeyPackages> {
  const datums = own.flatMap(({ block }) => block?.dataset.datums ?? [])
  const protectorIds = collectKeyMaterial([{ name: "", datums }], 0).protectors.map(({ id }) => id)
  return matchKeyPackages(packages, { protectorIds, volumeId: best?.block.dataset.header.id })
}
