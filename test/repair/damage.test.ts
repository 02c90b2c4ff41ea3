/** Every injury to the metadata, on every kind of volume: the volume opens, and what is told of it is right or doubtful. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { toHex } from "../../src/bytes/hex.ts"
import { extent } from "../../src/extents/extent.ts"
import { type MetadataCopy, DatumRole, DatumType, type VolumeFacts } from "../../src/fve/index.ts"
import { type Account, type Reconciled, type Settled, reconcile, settle } from "../../src/repair/index.ts"
import { type Unlocked, unlockVolume } from "../../src/unlock/index.ts"
import { randomBytes } from "../suites/random-bytes.ts"
import { INJURIES, INJURY_NAMES, type Injury, type InjuryName, injure } from "./injuries.ts"
import { KIND_NAMES, type KindName, type TestVolume, volumeOf } from "./volumes.ts"

interface Outcome {
  readonly reconciled: Reconciled
  readonly unlocked: Unlocked
  readonly settled: Settled
}

async function run(volume: TestVolume, copies: readonly MetadataCopy[], hasBoot = true): Promise<Outcome> {
  const { recovery, startup, oldPassword, crypto, boot, forged } = volume
  const reconciled = reconcile({ copies, ...(hasBoot && { boot }), sizes: [forged.size] })
  const unlocked = await unlockVolume(reconciled.material, [recovery, startup, oldPassword], crypto)
  return {
    reconciled,
    unlocked,
    settled: settle(reconciled, unlocked.keys, crypto, unlocked.openedBy?.protector),
  }
}

/** Facts that steer bytes, with the doubt that excuses them. */
const STEERING = {
  version: ["version"],
  volumeId: ["volumeId"],
  conversion: ["state", "nextState", "watermark", "conversionLog"],
  sectorSize: ["sectorSize"],
  headBackup: ["headBackup", "headSectorCount"],
  metadataOffsets: ["metadataOffsets"],
  areaSize: ["areaSize"],
  mftMirrorLcn: ["mftMirrorLcn"],
} as const satisfies Record<Account["doubts"][number]["field"], readonly (keyof VolumeFacts)[]>

/** Names of the facts that are wrong and not doubted. */
function wronglySure({ facts, doubts }: Account, truth: VolumeFacts): string[] {
  const doubted = new Set<string>(doubts.map(({ field }) => field))
  return Object.entries(STEERING)
    .filter(([field]) => !doubted.has(field))
    .flatMap(([, names]) => names.filter((name) => text(facts[name]) !== text(truth[name])))
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part)) ?? "absent"

/** Whether the block came out as it was, byte for byte, and with it all that it says. */
function isRestored({ block, account }: Settled, { area, facts }: TestVolume): boolean {
  const isSame =
    Buffer.compare(block!.bytes.subarray(0, facts.areaSize), area.subarray(0, facts.areaSize)) === 0
  return isSame && block!.crc === "right" && text(account!.facts) === text(facts)
}

/** What stays doubtful where it is not nothing; on the kinds named, or on all. */
const DOUBTS: Partial<Record<InjuryName, Partial<Record<KindName | "all", readonly string[]>>>> = {
  "copy-header-destroyed-datums-intact": {
    all: [],
    Vista: ["volumeId", "conversion", "mftMirrorLcn"],
    "a paused conversion": ["volumeId", "conversion", "headBackup"],
  },
  "copy-headers-and-dataset-headers-destroyed": {
    all: ["volumeId", "conversion"],
    "diffuser-128 of Windows 7": ["volumeId", "conversion", "headBackup"],
    "a paused conversion": ["volumeId", "conversion", "headBackup"],
    Vista: ["volumeId", "conversion", "mftMirrorLcn"],
  },
  "crc-wrong-everywhere-by-the-state": { all: [], "a paused conversion": ["volumeId", "conversion"] },
  "validation-destroyed": {
    all: ["volumeId"],
    "a paused conversion": ["volumeId", "conversion"],
    Vista: ["volumeId", "areaSize", "mftMirrorLcn"],
  },
}

describe.each(KIND_NAMES)("metadata of %s", (kind) => {
  const cases = INJURY_NAMES.flatMap((name) => [
    [name, name, false] as const,
    [`${name}, with the CRC made right again`, name, true] as const,
  ])

  it.each(cases)("survives %s", async (_, name, isRefitted) => {
    const volume = await volumeOf(kind)
    const { unlocked, settled } = await run(volume, injure(volume, INJURIES[name], isRefitted))
    expect(toHex(unlocked.keys!.fvek.reveal())).toBe(toHex(volume.forged.fvek!))
    expect(unlocked.keys!.method).toBe(volume.forged.method)
    const account = settled.account!
    const doubts = DOUBTS[name]?.[kind] ?? DOUBTS[name]?.all ?? []
    expect(account.doubts.map(({ field }) => field)).toEqual(doubts)
    expect(wronglySure(account, volume.facts)).toEqual([])
    expect(settled.proof).toBe(doubts.length === 0 ? "hash" : "none")
    expect(isRestored(settled, volume)).toBe(doubts.length === 0)
  })
})

/** What went wrong, in words. */
function fault(
  { reconciled, unlocked, settled }: Outcome,
  { forged, facts, crypto }: TestVolume,
  mayBeLocked: boolean,
  isHonest: boolean,
): string | undefined {
  const { keys } = unlocked
  if (!keys) return mayBeLocked ? undefined : "locked, though a key protector and the FVEK are intact"
  if (toHex(keys.fvek.reveal()) !== toHex(forged.fvek!)) return "opened with a wrong FVEK"
  const withoutVmk = settle(reconciled, { method: keys.method, fvek: keys.fvek }, crypto)
  const wrong = [settled, ...(isHonest ? [withoutVmk] : [])].flatMap(({ account, proof }) =>
    account ? wronglySure(account, facts).map((name) => `${name} is wrong, by ${proof}`) : [],
  )
  return wrong.length > 0 ? wrong.join(", ") : undefined
}

describe("random damage", () => {
  const wound = fc.record({
    copies: fc.constantFrom([0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]),
    at: fc.nat(),
    length: fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 700 })),
    fill: fc.oneof(
      fc.constantFrom("zeros", "ones", "the same noise", "unreadable", "stale"),
      fc.integer({ min: 1, max: 1000 }),
    ),
    isInHeaders: fc.boolean(),
  })
  type Wound = typeof wound extends fc.Arbitrary<infer W> ? W : never

  function inflict(wounds: readonly Wound[]): Injury {
    return ({ areas, unreadable }, { block, olderArea }) => {
      for (const { copies, at, length, fill, isInHeaders } of wounds) {
        const start = at % (isInHeaders ? 0x70 : block.infoSize + 0x58)
        for (const copy of copies) {
          const area = areas[copy]!
          const sector = extent(start - (start % 512), 512)
          if (fill === "zeros") area.fill(0, start, start + length)
          else if (fill === "ones") area.fill(0xff, start, start + length)
          else if (fill === "stale") area.set(olderArea)
          else if (fill === "unreadable") {
            area.fill(0, sector.start, sector.start + sector.length)
            unreadable[copy]!.push(sector)
          } else area.set(randomBytes(length, fill === "the same noise" ? 5 : fill + 1000 * copy), start)
        }
      }
    }
  }

  const isIntact = (volume: TestVolume, copy: MetadataCopy, offset: number, size: number): boolean =>
    Buffer.compare(
      copy.bytes.subarray(offset, offset + size),
      volume.area.subarray(offset, offset + size),
    ) === 0

  it("opens what can be opened, and never tells what is wrong as sure", { timeout: 600_000 }, async () => {
    const volumes = await Promise.all(KIND_NAMES.map(volumeOf))
    const proofs = new Map<string, number>()
    const damage = fc.array(wound, { minLength: 1, maxLength: 5 })
    const property = fc.asyncProperty(
      fc.nat(volumes.length - 1),
      damage,
      fc.boolean(),
      fc.boolean(),
      async (index, wounds, isRefitted, hasBoot) => {
        const volume = volumes[index]!
        const copies = injure(volume, inflict(wounds), isRefitted)
        const { dataset } = volume.block
        const keys = dataset.datums.filter(
          ({ role, type }) => role === DatumRole.fvek || type === DatumType.vmkInfo,
        )
        const survives = ({ offset, size }: { offset: number; size: number }): boolean =>
          copies.some((copy) => isIntact(volume, copy, offset, size))
        // Of the newest generation nothing may be left to tell that it ever was.
        const stale: number[] = wounds.flatMap(({ fill, copies }) => (fill === "stale" ? copies : []))
        fc.pre(
          stale.length === 0 ||
            copies.some(
              (copy, i) =>
                !stale.includes(i) && keys.some((one) => isIntact(volume, copy, one.offset, one.size)),
            ),
        )
        const outcome = await run(volume, copies, hasBoot)
        const proof = outcome.unlocked.keys ? outcome.settled.proof : "locked"
        proofs.set(proof, (proofs.get(proof) ?? 0) + 1)
        const [, ...openable] = keys.filter(({ type }) => type === DatumType.vmkInfo)
        const isLost =
          !survives(keys.find(({ role }) => role === DatumRole.fvek)!) || !openable.some(survives)
        // A copy with a right CRC-32 and a wrong name is another volume's, until a key says otherwise.
        expect(fault(outcome, volume, isLost || isRefitted, !isRefitted)).toBeUndefined()
      },
    )
    await fc.assert(property, { numRuns: process.env.SLOW ? 5000 : 400 })
    expect([...proofs.keys()].sort()).toEqual(["hash", "locked", "none"])
  })
})
