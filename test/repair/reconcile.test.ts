/** Copies, key packages and strays of this volume and of others: what is used, what is left out, and what is said of it. */
import { beforeAll, describe, expect, it } from "vitest"
import { parseStartupKey } from "../../src/credential/index.ts"
import { toHex } from "../../src/bytes/hex.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import {
  AREA_SIZE,
  type KeyPackage,
  type MetadataCopy,
  parseKeyPackages,
  parseMetadataBlock,
} from "../../src/fve/index.ts"
import { reconcile, settle } from "../../src/repair/index.ts"
import { unlockVolume } from "../../src/unlock/index.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { type ForgedVolume, forge } from "../forge/forge.ts"
import { forgeKeyPackage } from "../forge/key-package.ts"
import { corpusEntry, hasCorpus, readCorpus } from "../suites/corpus.ts"
import { INJURIES, type Injury, injure } from "./injuries.ts"
import { PASSWORD, type TestVolume, volumeOf } from "./volumes.ts"

let volume: TestVolume
/** Of the same size and method, with the same password. */
let other: ForgedVolume

beforeAll(async () => {
  volume = await volumeOf("XTS-128")
  other = await forge(loadFixture("sample"), {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents("sample"),
    seed: 77,
    protectors: [
      { kind: "password", password: PASSWORD },
      { kind: "recovery-password" },
      { kind: "startup-key" },
    ],
  })
})

const areaOf = ({ image, metadataOffsets }: ForgedVolume): Uint8Array =>
  image.slice(metadataOffsets[0], metadataOffsets[0]! + AREA_SIZE)

const evidenceOf = (copies: readonly MetadataCopy[]) => ({
  copies,
  boot: volume.boot,
  sizes: [volume.forged.size],
})

const reasons = (injury: Injury): string[] =>
  reconcile(evidenceOf(injure(volume, injury))).judged.map(({ reason }) => reason)

const codes = (findings: readonly { readonly code: string }[]): string[] => findings.map(({ code }) => code)

describe("the judgement in words", () => {
  it("says nothing of copies that are all intact", () => {
    const { judged, findings, proof, material } = reconcile(evidenceOf(injure(volume, INJURIES.none)))
    expect(judged.map(({ health, chosen, reason }) => [health, chosen, reason])).toEqual([
      ["intact", true, "CRC-32 verifies"],
      ["intact", false, "CRC-32 verifies"],
      ["intact", false, "CRC-32 verifies"],
    ])
    expect([findings, proof]).toEqual([[], "crc"])
    expect(material.protectors).toHaveLength(3)
    expect(material.fveks.map(({ from }) => from)).toEqual([["copy 1", "copy 2", "copy 3"]])
  })

  it("names the datum that is damaged", () => {
    const said = reasons(({ areas }, { block }) =>
      areas[1]!.fill(0xff, block.dataset.datums[0]!.offset + 8, 0x81),
    )
    expect(said[1]).toBe("CRC-32 is wrong: 0x78..0x80 (description) differs from copy 1")
  })

  it("names the newer copy to the stale one", () => {
    expect(reasons(INJURIES["stale-copy"])[1]).toBe("CRC-32 verifies, but copy 1 is newer")
  })

  it("says where each piece of a combination comes from, and marks all who helped", () => {
    const { judged, findings } = reconcile(evidenceOf(injure(volume, INJURIES["a-sector-lost-in-each-copy"])))
    const text = findings.find(({ code }) => code === "metadata-combined")!.text
    expect(text).toContain("no metadata copy is intact, but an intact one can be put together:")
    expect(judged.some(({ chosen }) => chosen)).toBe(true)
  })

  it("says which copy an FVEK came from, and which ones failed", async () => {
    const { material } = reconcile(
      evidenceOf(
        injure(volume, ({ areas }, { block }) => {
          const { offset } = block.dataset.datums.find(({ role }) => role === 3)!
          for (const i of [0, 2]) areas[i]!.fill(0xee, offset + 20, offset + 30)
        }),
      ),
    )
    const { findings } = await unlockVolume(material, [volume.startup], volume.crypto)
    expect(findings.map(({ text }) => text)).toEqual([
      "FVEK taken from copy 2: its tag verifies; copies 1 and 3 fail",
    ])
  })

  it("tells which copies were changed, when the key has told it", async () => {
    const reconciled = reconcile(evidenceOf(injure(volume, INJURIES["same-damage-in-two-copies"], true)))
    expect(codes(reconciled.findings)).toContain("metadata-contested")
    const { keys } = await unlockVolume(reconciled.material, [volume.startup], volume.crypto)
    const { judged, findings } = settle(reconciled, keys, volume.crypto)
    expect(judged.map(({ health, chosen }) => [health, chosen])).toEqual([
      ["damaged", false],
      ["damaged", false],
      ["intact", true],
    ])
    expect(findings.find(({ code }) => code === "metadata-copy-changed")!.text).toBe(
      "changed without the volume's key: copies 1 and 2, whose CRC-32 verifies and whose SHA-256 does not",
    )
  })
})

describe("an older generation", () => {
  it("does not win, and its key protectors say what they are", async () => {
    const reconciled = reconcile(evidenceOf(injure(volume, INJURIES["two-stale-copies"])))
    expect(reconciled.block!.dataset.header.nonceCounter).toBe(volume.facts.nonceCounter)
    expect(reconciled.material.protectors.map(({ isOlder }) => isOlder)).toEqual([false, false, false, true])
    const { keys, openedBy } = await unlockVolume(reconciled.material, [volume.oldPassword], volume.crypto)
    expect(toHex(keys!.fvek.reveal())).toBe(toHex(volume.forged.fvek!))
    const { findings, proof } = settle(reconciled, keys, volume.crypto, openedBy!.protector)
    expect(proof).toBe("hash")
    expect(findings.find(({ code }) => code === "key-protector-outdated")!.text).toMatch(
      /^the key fits an older generation of the metadata \(copies 1 and 2\): the volume has since lost or changed/,
    )
  })

  it("that is the only one intact tells everything but how far a conversion has come", async () => {
    const paused = await volumeOf("a paused conversion")
    const copies = injure(paused, ({ areas }, { olderArea }) => {
      areas[0]!.set(olderArea)
      areas[1]!.fill(0, 0, 0x40)
      areas[2]!.fill(0xff, 0, 0x40)
    })
    const reconciled = reconcile({ copies, boot: paused.boot, sizes: [paused.forged.size] })
    const { keys } = await unlockVolume(reconciled.material, [paused.startup], paused.crypto)
    const { account, findings, proof } = settle(reconciled, keys, paused.crypto)
    expect([proof, account!.doubts.map(({ field }) => field)]).toEqual(["hash", ["conversion"]])
    expect(codes(findings)).toContain("metadata-outdated")
    expect(account!.facts.headBackup).toEqual(paused.facts.headBackup)
  })
})

describe("another volume's metadata", () => {
  const foreignCopy: Injury = ({ areas }) => areas[2]!.set(areaOf(other))

  it("is left out, by name, and none of its keys is tried", async () => {
    const { material, judged, findings, account } = reconcile(evidenceOf(injure(volume, foreignCopy)))
    expect(judged[2]!.reason).toMatch(/^belongs to another volume \(\S{36}\): left out$/)
    expect(codes(findings)).toEqual(["metadata-of-another-volume"])
    expect(material.protectors).toHaveLength(3)
    expect(account!.facts).toEqual(volume.facts)
  })

  it("is not mixed in where this volume's own is damaged", async () => {
    const copies = injure(volume, (injured, it) => {
      foreignCopy(injured, it)
      for (const area of injured.areas.slice(0, 2)) {
        for (const { offset, size, role } of it.block.dataset.datums) {
          if (role === 2 || role === 3) area.fill(0xee, offset + 0x30, offset + size)
        }
      }
    })
    const { material } = reconcile(evidenceOf(copies))
    const { keys } = await unlockVolume(material, [volume.recovery, volume.startup], volume.crypto)
    expect(keys).toBeUndefined()
  })

  it("as stray datums opens nothing that does not decrypt", async () => {
    const copies = injure(volume, INJURIES["copies-1-2-destroyed"]).slice(0, 2)
    const strays = parseMetadataBlock(areaOf(other))!.dataset.datums
    const { material } = reconcile({ ...evidenceOf(copies), strays })
    const asked: string[] = []
    const credential = parseStartupKey(
      other.protectors.find(({ startupKey }) => startupKey)!.startupKey!.file,
    )
    const given = [{ credential, label: "the other volume's" }]
    const { keys, tries } = await unlockVolume(material, given, volume.crypto, {
      proves: (candidate) => {
        asked.push(toHex(candidate.fvek.reveal()))
        return Promise.resolve(false)
      },
    })
    expect([keys, asked]).toEqual([undefined, [toHex(other.fvek!)]])
    expect(tries[0]).toMatchObject({ outcome: "wrong-key" })
  })
})

describe("key packages", () => {
  const packageOf = (from: ForgedVolume, variant: KeyPackage["variant"] = "dataset"): KeyPackage => {
    const protectorId = from.protectors.find(({ kind }) => kind === "recovery-password")!.id
    return parseKeyPackages(forgeKeyPackage(from, { variant, encoding: "binary", protectorId }))[0]!
  }

  it.each(["dataset", "prefixed-dataset", "metadata-block", "bare-datums"] as const)(
    "of the variant %s open a volume without any metadata",
    async (variant) => {
      const copies = injure(volume, ({ areas }) => areas.forEach((area) => area.fill(0)))
      const reconciled = reconcile({ ...evidenceOf(copies), packages: [packageOf(volume.forged, variant)] })
      const { keys, openedBy, findings } = await unlockVolume(
        reconciled.material,
        [volume.recovery],
        volume.crypto,
      )
      expect(toHex(keys!.fvek.reveal())).toBe(toHex(volume.forged.fvek!))
      expect(openedBy!.protector!.from).toEqual(["key package 1"])
      expect(findings.map(({ text }) => text)).toEqual([
        "FVEK taken from key package 1: its tag verifies; copies 1, 2 and 3 have none",
      ])
      const { account } = settle(reconciled, keys, volume.crypto, openedBy!.protector)
      expect(account === undefined).toBe(variant !== "metadata-block")
    },
  )

  it("do not disturb metadata that is intact, whatever they are", async () => {
    const copies = injure(volume, INJURIES.none)
    for (const variant of ["dataset", "metadata-block"] as const) {
      const packages = [packageOf(volume.forged, variant)]
      const { proof, account, judged } = reconcile({ ...evidenceOf(copies), packages })
      expect([proof, account!.doubts, judged[0]!.chosen]).toEqual(["crc", [], true])
    }
  })

  it("of another volume are left out by name", async () => {
    const packages = [packageOf(other), packageOf(volume.forged)]
    const { material, findings } = reconcile({ ...evidenceOf(injure(volume, INJURIES.none)), packages })
    expect(codes(findings)).toEqual(["key-package-of-another-volume"])
    expect(material.sources).toEqual(["copy 1", "copy 2", "copy 3", "key package 2"])
  })
})

describe.skipIf(!hasCorpus)("a real volume whose majority is wrong", () => {
  it("is read with the third copy", async () => {
    const name = "bitlk-aes-xts-128-crc"
    const offsets = [0x2195000, 0x2c1d000, 0x373a000]
    const copies = await Promise.all(
      offsets.map(async (offset, i): Promise<MetadataCopy> => {
        const bytes = await readCorpus(name, offset, AREA_SIZE)
        return { copy: i + 1, offset, bytes, unreadable: [] }
      }),
    )
    const { judged, proof } = reconcile({ copies, sizes: [corpusEntry(name).size] })
    expect(proof).toBe("crc")
    expect(judged.map(({ chosen, reason }) => [chosen, reason])).toEqual([
      [false, "CRC-32 is wrong: 0x78..0x80 (description) differs from copy 3"],
      [false, "CRC-32 is wrong: 0x78..0x80 (description) differs from copy 3"],
      [true, "CRC-32 verifies"],
    ])
  })
})
