/**
 * The volume's head out of a key backup, where BitLocker's own one is destroyed: it is kept in one place only, and file systems
 * have copies of little more than their boot sector. The backup may be older than the volume is now, so it only ever gives
 * what is lost, and only where a file system begins with it.
 */
import type { SectorCipher } from "../crypto/sector-cipher.ts"
import { type Extent, contains, extent, intersect, totalLength } from "../extents/extent.ts"
import { recogniseFileSystem } from "../filesystem/index.ts"
import type { Finding } from "../findings.ts"
import type { KeyBackup } from "../fve/index.ts"
import type { OriginalBoot } from "../repair/index.ts"
import type { ByteSource } from "../source/byte-source.ts"
import { structuresOf } from "./open-key-backup.ts"
import type { OpenVolume, VolumeMetadata } from "./open-volume.ts"

export interface HeadQuestion {
  readonly volume: OpenVolume
  readonly metadata: VolumeMetadata
  /** The plaintext by the plan so far. */
  readonly view: ByteSource
  readonly cipher: SectorCipher | undefined
}

/** The same when no backup is of this volume, or when none is needed. */
export async function completeHead(original: OriginalBoot, question: HeadQuestion): Promise<OriginalBoot> {
  if (original.state === "intact") return original
  for (const backup of question.volume.backups) {
    if (backup.volume.id !== question.metadata.facts.volumeId) continue
    const head = await readHead(backup, question)
    if (head) return withHead(original, head, backup, question.metadata.sectorSize)
  }
  return original
}

/** In plaintext: it was stored encrypted, or, while the volume was being converted, not yet. */
async function readHead(
  backup: KeyBackup,
  { metadata, view, cipher }: HeadQuestion,
): Promise<Uint8Array | undefined> {
  const [kept] = structuresOf(backup, "head")
  const start = metadata.facts.headBackup?.start
  if (!kept || start === undefined || kept.at[0] !== start) return undefined
  if (kept.bytes.length % metadata.sectorSize !== 0) return undefined
  const decrypted = kept.bytes.slice()
  cipher?.decrypt(decrypted, start)
  for (const head of cipher ? [decrypted, kept.bytes] : [kept.bytes]) {
    if ((await recogniseFileSystem(startingWith(head, view)))?.bootSectorAt === 0) return head
  }
  return undefined
}

function startingWith(head: Uint8Array, view: ByteSource): ByteSource {
  return {
    ...view,
    async read(at, into, signal) {
      const unreadable = await view.read(at, into, signal)
      const inHead = intersect(extent(at, into.length), extent(0, head.length))
      into.set(head.subarray(inHead.start, inHead.start + inHead.length), inHead.start - at)
      return unreadable.filter((e) => e.start >= head.length)
    },
  }
}

function withHead(
  original: OriginalBoot,
  head: Uint8Array,
  { created }: KeyBackup,
  sectorSize: number,
): OriginalBoot {
  // The file system's own copy of its boot sector is newer than any backup; one that was made up is not.
  const known = original.state === "restored" ? original.substitutions : []
  const substitutions: OriginalBoot["substitutions"][number][] = [...known]
  for (let at = 0; at + sectorSize <= head.length; at += sectorSize) {
    const isLost = original.lost.some((e) => contains(e, at)) || (at === 0 && known.length === 0)
    if (isLost && !known.some((one) => one.at === at)) {
      substitutions.push({ at, bytes: head.subarray(at, at + sectorSize) })
    }
  }
  const given = substitutions.slice(known.length)
  const size = totalLength(given.map(({ at, bytes }) => extent(at, bytes.length)))
  const isWhole = original.lost.every((e) => isCovered(e, substitutions, sectorSize))
  const finding: Finding = {
    code: "head-from-backup",
    severity: "notice",
    text: `${size} bytes of the volume's first sectors are lost on the drive and taken from the key backup of ${created.toISOString().slice(0, 10)}`,
    evidence: { created: created.toISOString(), bytes: size },
  }
  return {
    state: "restored",
    substitutions,
    lost: original.lost,
    findings: [...(isWhole ? original.findings.filter(isNoLoss) : original.findings), finding],
  }
}

function isCovered(lost: Extent, substitutions: OriginalBoot["substitutions"], sectorSize: number): boolean {
  const sectors = Array.from({ length: lost.length / sectorSize }, (_, i) => lost.start + i * sectorSize)
  return sectors.every((at) => substitutions.some((one) => one.at === at))
}

const isNoLoss = ({ severity, code }: Finding): boolean =>
  severity !== "damage" && code !== "boot-sector-synthesised"
