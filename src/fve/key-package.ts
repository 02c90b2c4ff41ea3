/**
 * Key packages: VMK and FVEK of a volume, still wrapped, saved outside of it (`manage-bde -KeyPackage`, the directory
 * attribute `msFVE-KeyPackage`). They replace lost metadata as far as keys go; of the volume's geometry they know nothing.
 *
 * Unconfirmed: the layout. Microsoft documents what a package is for, not its bytes, and no genuine one is public. Expected
 * is a dataset, as `.BEK` files are; accepted is whatever holds a VMK info or an FVEK datum, and the layout met is told, so
 * that a report from the field can settle it. A metadata copy found elsewhere serves as well.
 */
import { parseUtf16 } from "../bytes/utf16.ts"
import type { Finding } from "../findings.ts"
import type { DatasetHeader } from "./dataset.ts"
import { DatumRole, DatumType } from "./datum-layout.ts"
import type { Datum } from "./datum.ts"
import {
  allowanceOfFile,
  type Contents,
  type KeyPackageVariant,
  readContents,
} from "./key-package-contents.ts"
import { type KeyPackageEncoding, readingsOf } from "./key-package-encodings.ts"
import { type KeyProtector, readKeyProtector } from "./key-protector.ts"
import type { MetadataBlock } from "./metadata-block.ts"

export type { KeyPackageEncoding, KeyPackageVariant }

export interface KeyPackage {
  readonly variant: KeyPackageVariant
  readonly encoding: KeyPackageEncoding
  /** Of the volume it is for, where it says so. */
  readonly volumeId?: string
  /** "COMPUTER VOLUMELABEL DATE". */
  readonly description?: string
  /** As the dataset header names it: a hint, and 0 where there is none. */
  readonly methodNumber: number
  readonly datums: readonly Datum[]
  readonly protectors: readonly KeyProtector[]
  /** Present for the variant `metadata-block`: it carries the geometry too. */
  readonly block?: MetadataBlock
  /** Positions in their texts are those in the package. */
  readonly findings: readonly Finding[]
}

/**
 * Every key package in a file, of any variant and encoding. Never throws; takes time and memory in proportion to the file.
 * @returns none when no reading of the file holds a VMK info or an FVEK
 */
export function parseKeyPackages(file: Uint8Array): KeyPackage[] {
  const allowance = allowanceOfFile()
  let partial: KeyPackage[] = []
  for (const { encoding, pieces } of readingsOf(file)) {
    const packages: KeyPackage[] = []
    for (const { bytes, volumeId } of pieces) {
      for (const contents of readContents(bytes, allowance)) {
        packages.push(describe(contents, encoding, volumeId))
      }
    }
    if (packages.some(isComplete)) return packages
    // An FVEK may show in a wrong reading too: UTF-8 leaves the bytes of its header as they are.
    if (partial.length === 0) partial = packages
  }
  return partial
}

function isComplete({ protectors, datums }: KeyPackage): boolean {
  return protectors.length > 0 && datums.some(({ role }) => role === DatumRole.fvek)
}

function describe(contents: Contents, encoding: KeyPackageEncoding, named: string | undefined): KeyPackage {
  const { variant, header, datums, block, findings } = contents
  const protectors = datums.map(readKeyProtector).filter((protector) => protector !== undefined)
  const volumeId = named ?? volumeIdOf(header, protectors)
  const description = datums.find(
    ({ role, type }) => role === DatumRole.description && type === DatumType.unicode,
  )
  return {
    variant,
    encoding,
    ...(volumeId && { volumeId }),
    ...(description && { description: parseUtf16(description.body) }),
    methodNumber: header?.method ?? 0,
    datums,
    protectors,
    ...(block && { block }),
    findings: findings.map(withoutExtent),
  }
}

/** Extents of findings are those of the volume. */
function withoutExtent({ code, severity, text, evidence }: Finding): Finding {
  return { code, severity, text, ...(evidence && { evidence }) }
}

const NO_GUID = "00000000-0000-0000-0000-000000000000"

/** In a `.BEK` file a dataset is named after its key protector, and a key package may be so too. */
function volumeIdOf(
  header: DatasetHeader | undefined,
  protectors: readonly KeyProtector[],
): string | undefined {
  if (!header || header.id === NO_GUID) return undefined
  return protectors.some(({ id }) => id === header.id) ? undefined : header.id
}
