/**
 * Proof on both sides of the work: whether the key makes sense before the first byte of the output, and what the output is
 * worth at the end.
 */
import { ProofError } from "../errors.ts"
import { type Extent, extent, hex, intersect, overlaps } from "../extents/extent.ts"
import type { FileSystem } from "../filesystem/index.ts"
import type { Finding } from "../findings.ts"
import {
  type Proof,
  type VolumeRegions,
  hasNoise,
  judgeKey,
  proveRegions,
  proveVolume,
} from "../proof/index.ts"
import type { SinkSpec } from "../sink/index.ts"
import { type ByteSource, openSource, readBytes, resolveSource } from "../source/index.ts"
import { plainView } from "../volume/index.ts"
import { type PlanStep, decryptedExtents } from "./plan-step.ts"
import type { ReachedPlan } from "./reach-plan.ts"
import type { FileSystemReport, ProofReport } from "./reports.ts"
import type { RepairRequest } from "./requests.ts"

/** Nothing of the output exists yet, so a wrong key costs nobody a disk. @throws ProofError when the plaintext is noise */
export async function judgeBeforehand(
  { volume, planned, keys }: ReachedPlan,
  { forceNoise }: RepairRequest,
): Promise<void> {
  const { plan, cipher } = planned
  const decrypted = decryptedExtents(plan)
  if (forceNoise || decrypted.length === 0) return
  // What an SSD trimmed is zeros here; with any key it would decrypt to noise.
  const view = plainView(volume.source, plan, cipher, { keepZeros: true })
  const { verdict, sentence } = await judgeKey(view, { decrypted })
  if (verdict !== "noise") return
  const isKeyProven = keys?.vmk !== undefined
  throw new ProofError("plaintext-is-noise", `stopped before anything was written: ${sentence}`, {
    next: [
      isKeyProven
        ? "the key is proven, so something else stands where the volume was: look for it with `locate --all`"
        : "this FVEK is not the volume's: give another one, or a credential that can be checked",
      "--force-noise decrypts it all the same",
    ],
    data: { sentence, isKeyProven },
  })
}

export interface ResultProof {
  readonly proof: Proof
  readonly report: ProofReport
}

/**
 * Of what was written, where it can be read back whole; else of the same plan over the source.
 * @param unreadable what the output lacks, in its positions
 */
export async function proveResult(
  { volume, planned }: ReachedPlan,
  output: Extent,
  spec: SinkSpec,
  unreadable: readonly Extent[],
): Promise<ResultProof> {
  const { plan, cipher } = planned
  const isWhole = output.length === plan.size
  const readsBack = isWhole && (spec.kind === "image" || spec.kind === "device")
  // What was just written is in memory: many small reads, none of them worth a thread's while.
  const blocking = spec.kind === "image"
  const written = readsBack ? await openSource(await resolveSource(spec.path), { blocking }) : undefined
  const source = written ? withLosses(written, unreadable) : plainView(volume.source, plan, cipher)
  try {
    const proof = await proveVolume(source, { decrypted: decryptedExtents(plan) })
    const { fileSystem } = proof
    const regions = isWhole && fileSystem ? await proveRegions(source, fileSystem, unreadable) : undefined
    const noise = await storedNoise(regions?.noise ?? [], volume.source, planned)
    const findings = [...proof.findings, ...noiseFinding(noise)]
    return { proof: { ...proof, findings }, report: describeProof(proof, regions, unreadable.length > 0) }
  } finally {
    await written?.close()
  }
}

/** Without what is stored as zeros, which a trimmed SSD has and which decrypts to noise with any key: it is told by itself. */
async function storedNoise(
  noise: readonly Extent[],
  stored: ByteSource,
  { plan, cipher }: PlanStep,
): Promise<Extent[]> {
  const decrypted = decryptedExtents(plan)
  const view = plainView(stored, plan, cipher, { keepZeros: true })
  const found: Extent[] = []
  for (const e of noise.filter((one) => decrypted.some((other) => overlaps(one, other)))) {
    if (hasNoise((await readBytes(view, e.start, e.length)).bytes)) found.push(e)
  }
  return found
}

function noiseFinding(noise: readonly Extent[]): Finding[] {
  const [first] = noise
  if (!first) return []
  const what =
    noise.length === 1
      ? "a structure of the file system is"
      : `${noise.length} structures of the file system are`
  return [
    {
      code: "plaintext-has-noise",
      severity: "damage",
      text: `${what} noise, the first one at ${hex(first.start)}: what is stored there is not what was encrypted, and the same may hold for files`,
      extent: first,
      evidence: { count: noise.length },
    },
  ]
}

/** The output holds the fill where nothing could be read: nobody's bytes. */
function withLosses(source: ByteSource, losses: readonly Extent[]): ByteSource {
  return {
    size: source.size,
    sectorSize: source.sectorSize,
    close: () => source.close(),
    async read(at, into, signal) {
      const unreadable = await source.read(at, into, signal)
      const asked = extent(at, into.length)
      const lost = losses.map((e) => intersect(e, asked)).filter((e) => e.length > 0)
      return [...unreadable, ...lost]
    },
  }
}

function describeProof(proof: Proof, regions: VolumeRegions | undefined, hasLosses: boolean): ProofReport {
  const { verdict, sentence, fileSystem } = proof
  return {
    verdict,
    sentence,
    ...(fileSystem && { fileSystem: describeFileSystem(fileSystem, regions) }),
    regions: regions?.regions ?? [],
    ...(regions && hasLosses && { losses: regions.losses }),
  }
}

function describeFileSystem(
  { type, label, serial, sizeBytes, sectorSize, clusterSize }: FileSystem,
  regions: VolumeRegions | undefined,
): FileSystemReport {
  const named = label === undefined ? {} : { label }
  return { type, ...named, serial, size: sizeBytes, sectorSize, clusterSize, ...regions?.condition }
}
