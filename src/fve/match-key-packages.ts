/**
 * Which of the key packages at hand are for this volume. A package that names another volume is out, unless it shares a key
 * protector: their identifiers are made by chance, so no two volumes have one in common, and headers can be damaged.
 *
 * Of a package that names no volume only decryption can tell. Its tags prove nothing here: a complete package of another
 * volume opens with that volume's credential, and every tag in it verifies.
 */
import type { KeyPackage } from "./key-package.ts"

export interface VolumeIdentity {
  /** As the metadata names it. Absent when no copy that can be trusted names it: a damaged one would refuse the right package. */
  readonly volumeId?: string | undefined
  /** Of all key protectors that were found on the volume. */
  readonly protectorIds?: readonly string[]
}

export interface MatchedKeyPackages<P extends KeyPackage> {
  readonly fitting: readonly P[]
  /** Either the package or the volume has no name: the plaintext must prove it. */
  readonly undecided: readonly P[]
  /** Of other volumes: never to be mixed with this one's metadata. */
  readonly foreign: readonly P[]
}

export function matchKeyPackages<P extends KeyPackage>(
  packages: readonly P[],
  { volumeId, protectorIds = [] }: VolumeIdentity,
): MatchedKeyPackages<P> {
  const verdict = (candidate: P): keyof MatchedKeyPackages<P> => {
    if (candidate.protectors.some(({ id }) => protectorIds.includes(id))) return "fitting"
    if (volumeId === undefined || candidate.volumeId === undefined) return "undecided"
    return candidate.volumeId === volumeId ? "fitting" : "foreign"
  }
  const of = (wanted: keyof MatchedKeyPackages<P>): P[] =>
    packages.filter((candidate) => verdict(candidate) === wanted)
  return { fitting: of("fitting"), undecided: of("undecided"), foreign: of("foreign") }
}
