/** Volumes made by Windows: an in-place repair leaves them alone, and makes the boot sectors that Windows made. */
import { openSync, readSync, statSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { repairInPlace } from "../../dist/index.js"
import { equalBytes } from "../../src/bytes/compare.ts"
import {
  AREA_SIZE,
  FveSector,
  type VolumeFacts,
  parseMetadataBlock,
  readVolumeFacts,
  recogniseBootSector,
} from "../../src/fve/index.ts"
import { FRONT_SECTORS, type BootSectorEvidence, rebuildBootSector } from "../../src/repair/index.ts"
import { corpus, hasCorpus, unpackCorpus } from "../suites/corpus.ts"

/** What is not right about some of them, and is told by the repair. */
const EDITS: Readonly<Record<string, readonly string[]>> = {
  // Overwritten on purpose.
  "bitlk-aes-xts-128-crc": ["metadata copy 1", "metadata copy 2"],
  // Zeroed by whoever published it.
  win7_partial: ["metadata copy 2", "metadata copy 3"],
}
const REFUSED: Readonly<Record<string, string>> = {
  "bitlk-aes-xts-128-eow": "conversion-undecided",
  "bitlk-partially-encrypted-aes-cbc-128": "conversion-undecided",
  eow_partial: "conversion-undecided",
  "bitlk-togo-aes-cbc-128": "nothing-opened",
}

function read(path: string, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  readSync(openSync(path, "r"), bytes, 0, length, at)
  return bytes
}

describe.skipIf(!hasCorpus)("on volumes made by Windows", () => {
  it.each(corpus.map(({ name }) => name))(
    "a repair in place without a key writes what is damaged: %s",
    async (name) => {
      const path = await unpackCorpus(name)
      const repair = repairInPlace({ input: { path }, credentials: [], dryRun: true })
      if (REFUSED[name]) return expect(repair).rejects.toMatchObject({ code: REFUSED[name] })
      const { patch } = await repair
      expect(patch.edits.map(({ what }) => what)).toEqual(EDITS[name] ?? [])
    },
  )

  it.each(corpus.map(({ name }) => name))(
    "a lost boot sector comes back as Windows wrote it: %s",
    async (name) => {
      const path = await unpackCorpus(name)
      const evidence = evidenceOf(path)
      const original = read(path, 0, 512)
      const { bytes, findings } = rebuildBootSector({ ...evidence, front: withoutFirst(evidence) })
      // Vista's comes from the last sector, which is not in the image.
      if (evidence.layout === "vista") return expect(findings).toMatchObject([{ code: "boot-sector-lost" }])
      expect(findings).toEqual([])
      if (evidence.layout === "to-go") {
        // The dirty flag of the discovery volume, which its copy does not have.
        original[0x41] = bytes![0x41]!
        return expect(equalBytes(bytes!, original)).toBe(true)
      }
      // Program and messages are Windows' own; the geometry of its disk stands in the original boot sector, which needs a key.
      const { bootCode: _, messages: __, bios, ...made } = FveSector.parse(bytes!)
      const { bootCode: ___, messages: ____, bios: expected, ...real } = FveSector.parse(original)
      expect(made).toEqual(real)
      const { hiddenSectorCount: _____, trackSectorCount: ______, headCount: _______, ...rest } = expected
      expect(bios).toMatchObject(rest)
      expect(rebuildBootSector(evidence)).toEqual({ findings: [] })
    },
  )
})

function withoutFirst({ front, sectorSize }: BootSectorEvidence): Uint8Array {
  const damaged = front.slice()
  damaged.fill(0, 0, sectorSize)
  return damaged
}

function evidenceOf(path: string): BootSectorEvidence {
  const boot = recogniseBootSector(read(path, 0, 512))!
  const block = parseMetadataBlock(read(path, boot.metadataOffsets[0]!, AREA_SIZE))!
  const facts: VolumeFacts = readVolumeFacts(block, boot.sectorSize)
  const sectorSize = facts.sectorSize!
  const size = statSync(path).size
  return {
    ...{ layout: boot.layout, facts, sectorSize, eowOffsets: boot.eowOffsets, hiddenSectorCount: 0 },
    front: read(path, 0, FRONT_SECTORS * sectorSize),
    last: read(path, size - sectorSize, sectorSize),
  }
}
