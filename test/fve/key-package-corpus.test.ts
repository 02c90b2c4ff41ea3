/**
 * Key packages written from the metadata that Windows made: the datums are genuine, only what is around them is a guess.
 * Real sizes, names and key protectors pass through every variant, and the FVEK opens.
 */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { equalBytes } from "../../src/bytes/compare.ts"
import { concatBytes } from "../../src/bytes/concat.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import {
  AREA_SIZE,
  type Datum,
  findFvek,
  keyPackageContents,
  type MetadataBlock,
  parseKeyPackages,
  parseMetadataBlock,
  readKeyProtectors,
  recogniseBootSector,
  serializeKeyPackage,
} from "../../src/fve/index.ts"
import { corpus, corpusFile, hasCorpus, readCorpus } from "../suites/corpus.ts"
import { corpusVmks } from "../suites/corpus-keys.ts"

async function readArea(name: string): Promise<Uint8Array> {
  const boot = recogniseBootSector(await readCorpus(name, 0, 512))!
  return readCorpus(name, boot.metadataOffsets[0]!, AREA_SIZE)
}

const bodies = (datums: readonly Datum[]): string[] =>
  datums
    .map(({ role, type, flags, body }) => `${role} ${type} ${flags} ${Buffer.from(body).toString("hex")}`)
    .sort()

const locked = corpus.filter(({ credentials }) => Object.keys(credentials).length > 0)

describe.skipIf(!hasCorpus).each(locked)("key packages of $name", (entry) => {
  it("are read as they were written, and their FVEK opens", async () => {
    const block = parseMetadataBlock(await readArea(entry.name))!
    const vmks = await corpusVmks(block, entry)
    for (const protector of readKeyProtectors(block.dataset)) {
      const contents = keyPackageContents(block.dataset, protector.id)!
      const forms = [
        ["dataset", serializeKeyPackage(contents)],
        ["prefixed-dataset", concatBytes([new Uint8Array(20), serializeKeyPackage(contents)])],
        ["bare-datums", serializeKeyPackage(contents, { variant: "bare-datums" })],
      ] as const
      for (const [variant, file] of forms) {
        const found = parseKeyPackages(file)
        expect(found).toMatchObject([{ variant, encoding: "binary", findings: [] }])
        expect(found[0]!.protectors.map(({ id }) => id)).toEqual([protector.id])
        expect(bodies(found[0]!.datums)).toEqual(bodies(packed(block, protector.id)))
        const boxes = findFvek({ header: block.dataset.header, datums: found[0]!.datums })
        for (const vmk of vmks) expect(boxes.some((box) => nodeCrypto.openCcm(vmk, box))).toBe(true)
      }
    }
  })

  it("may be a metadata copy, carved with what surrounds it", async () => {
    const area = await readArea(entry.name)
    const [whole] = parseKeyPackages(area)
    expect(whole).toMatchObject({
      variant: "metadata-block",
      volumeId: parseMetadataBlock(area)!.dataset.header.id,
    })
    const [carved] = parseKeyPackages(
      concatBytes([new Uint8Array(777).fill(0x5a), area, area.subarray(0, 3000)]),
    )
    expect(equalBytes(carved!.block!.bytes.subarray(0, area.length), area)).toBe(true)
    expect(bodies(carved!.datums)).toEqual(bodies(whole!.datums))
  })
})

function packed({ dataset }: MetadataBlock, id: string): Datum[] {
  const chosen = readKeyProtectors(dataset).find((protector) => protector.id === id)!.datum
  return dataset.datums.filter((datum) => datum === chosen || datum.role === 3 || datum.role === 7)
}

describe.skipIf(!hasCorpus)("the startup keys of Windows", () => {
  it("are no key packages, though they are datasets too", () => {
    const files = corpus.flatMap(({ credentials }) => credentials.startupKey ?? [])
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) expect(parseKeyPackages(readFileSync(corpusFile(file)))).toEqual([])
  })
})
