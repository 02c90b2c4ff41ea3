/**
 * Whether decrypted bytes are the volume they should be. Structures decide: a boot sector whose next structures hold proves
 * the key and the geometry. Entropy alone never condemns; it speaks only where nothing at all was recognised, because
 * archives, ReFS and whatever the future brings look as random as a wrong key does.
 */
import { type Extent, contains, extent } from "../extents/extent.ts"
import {
  type Check,
  type CheckName,
  type FileSystem,
  judgeSamples,
  nameOf,
  nameStructure,
  recogniseFileSystem,
} from "../filesystem/index.ts"
import type { Finding } from "../findings.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { findFileRecord } from "./find-file-record.ts"
import { findingsOf } from "./findings-of.ts"

/**
 * `proven`: a file system whose structures hold. `named`: recognised, but nothing beyond the first sign could be confirmed.
 * `empty`: zeros, or nothing that could be read. `noise`: nothing recognised, and every sample looks random.
 */
export type Verdict = "proven" | "named" | "empty" | "noise"

export interface Proof {
  readonly verdict: Verdict
  /** `the plaintext is an NTFS volume of 104857088 bytes, serial 1234-ABCD` */
  readonly sentence: string
  readonly fileSystem?: FileSystem
  readonly checks: readonly Check[]
  readonly findings: readonly Finding[]
}

export interface ProofOptions {
  /**
   * The extents of the volume that came out of the cipher: a wrong key makes noise of them and of nothing else, and only
   * structures in them speak for the key. Absent or empty: all.
   */
  readonly decrypted?: readonly Extent[]
}

/** Structures that lie apart from the boot sector and cannot come right by chance, as a short directory can. */
const CONFIRMING: ReadonlySet<CheckName> = new Set(["mft-record", "mft-mirror-record", "fat-head"])

/** Reads at most 1 MiB of the plaintext. @throws SourceError when the source is gone. */
export async function proveVolume(source: ByteSource, options: ProofOptions = {}): Promise<Proof> {
  const decrypted = options.decrypted?.length ? options.decrypted : [extent(0, source.size)]
  const fileSystem = await recogniseFileSystem(source)
  if (fileSystem) return judgeFileSystem(source, fileSystem, decrypted)
  const name = await nameStructure(source)
  if (name) return withoutFileSystem("named", `the plaintext is ${name}`)
  const record = await findFileRecord(source)
  if (record)
    return withoutFileSystem(
      "named",
      `the plaintext is NTFS without a boot sector: a FILE record stands at ${record}`,
    )
  return judgeSampled(source, decrypted)
}

async function judgeFileSystem(
  source: ByteSource,
  fileSystem: FileSystem,
  decrypted: readonly Extent[],
): Promise<Proof> {
  const what = `${nameOf(fileSystem.type)} of ${fileSystem.sizeBytes} bytes, serial ${fileSystem.serial}`
  const cameFromCipher = (at: number): boolean => decrypted.some((e) => contains(e, at))
  const proof = (verdict: Verdict, sentence: string): Proof => ({
    verdict,
    sentence,
    fileSystem,
    checks: fileSystem.checks,
    findings: findingsOf(fileSystem, source.size),
  })

  const right = fileSystem.checks.filter(({ outcome }) => outcome === "right")
  if (right.some(({ name, at }) => CONFIRMING.has(name) && cameFromCipher(at))) {
    return proof("proven", `the plaintext is ${what}`)
  }
  if (right.some(({ name }) => name !== "backup-boot-sector"))
    return proof("named", `the plaintext is ${what}`)
  // A boot sector that was never encrypted, as Vista's, says nothing about the key: what was decrypted has to.
  const isDisproven =
    !cameFromCipher(fileSystem.bootSectorAt) &&
    fileSystem.checks.some(({ outcome, at }) => outcome === "wrong" && cameFromCipher(at)) &&
    (await judgeSampled(source, decrypted)).verdict === "noise"
  return isDisproven
    ? proof("noise", `the boot sector is that of ${what}, but what was decrypted looks like noise`)
    : proof("named", `the plaintext begins as ${what}, but none of its next structures could be confirmed`)
}

/** The judgement where no structure was recognised. */
async function judgeSampled(source: ByteSource, decrypted: readonly Extent[]): Promise<Proof> {
  const { taken, unreadable, random, structured } = await judgeSamples(source, decrypted)
  if (unreadable === taken)
    return withoutFileSystem("empty", "nothing of the plaintext could be read and judged")
  if (structured > 0) {
    const share = `${structured} of ${taken} samples have structure`
    return withoutFileSystem(
      "named",
      `the plaintext has no file system that we know, but is not noise: ${share}`,
    )
  }
  if (random === 0)
    return withoutFileSystem("empty", `the plaintext is empty: nothing is written in ${taken} samples`)
  const share = `${random} of ${taken} samples look random, and none has structure`
  return withoutFileSystem("noise", `the plaintext looks like noise: ${share}`)
}

function withoutFileSystem(verdict: Verdict, sentence: string): Proof {
  return { verdict, sentence, checks: [], findings: [] }
}
