/**
 * Writes key packages: the chosen key protector's datum, the FVEK and the description, in any of the variants that
 * `parseKeyPackages` reads. The variant `dataset` is what Windows is expected to write, and what exports have.
 */
import { concatBytes } from "../bytes/concat.ts"
import { type Dataset, type DatasetFields, serializeDataset } from "./dataset.ts"
import { DatumRole } from "./datum-layout.ts"
import { type Datum, serializeDatum } from "./datum.ts"
import type { KeyPackageVariant } from "./key-package.ts"
import { readKeyProtector } from "./key-protector.ts"
import { type MetadataBlockParts, serializeMetadataBlock } from "./serialize-metadata-block.ts"

export interface KeyPackageContents {
  readonly dataset: DatasetFields
  /** In the order in which they are written. */
  readonly datums: readonly Uint8Array[]
}

/** What each variant has around its datums. */
export type KeyPackageForm =
  | { readonly variant: Extract<KeyPackageVariant, "dataset" | "bare-datums"> }
  | { readonly variant: "prefixed-dataset"; readonly prefix: Uint8Array }
  | ({ readonly variant: "metadata-block" } & Omit<MetadataBlockParts, keyof KeyPackageContents>)

const EXPORTED: KeyPackageForm = { variant: "dataset" }

export function serializeKeyPackage(
  { dataset, datums }: KeyPackageContents,
  form: KeyPackageForm = EXPORTED,
): Uint8Array {
  switch (form.variant) {
    case "dataset":
      return serializeDataset(dataset, datums)
    case "prefixed-dataset":
      return concatBytes([form.prefix, serializeDataset(dataset, datums)])
    case "metadata-block":
      return serializeMetadataBlock({ ...form, dataset, datums })
    case "bare-datums":
      return concatBytes(datums)
  }
}

/**
 * What a package of this key protector holds.
 * @param protectorId GUID, as `KeyProtector` has it
 * @returns undefined when the dataset has no such key protector, or no FVEK
 */
export function keyPackageContents(
  { header, datums }: Dataset,
  protectorId: string,
): KeyPackageContents | undefined {
  const chosen = datums.find((datum) => readKeyProtector(datum)?.id === protectorId)
  const fveks = datums.filter(({ role }) => role === DatumRole.fvek)
  const descriptions = datums.filter(({ role }) => role === DatumRole.description)
  if (!chosen || fveks.length === 0) return undefined
  return { dataset: header, datums: [...descriptions, chosen, ...fveks].map(datumBytes) }
}

function datumBytes({ role, type, flags, body }: Datum): Uint8Array {
  return serializeDatum({ role, type, flags, body: [body] })
}
