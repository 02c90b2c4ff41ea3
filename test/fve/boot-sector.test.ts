import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { serializeGuid } from "../../src/bytes/guid.ts"
import {
  BiosParameters,
  FveSector,
  recogniseBootSector,
  RecognitionGuid,
  serializeFveBootSector,
  serializeToGoBootSector,
  serializeVistaBootSector,
  ToGoSector,
  VistaSector,
} from "../../src/fve/index.ts"
import { loadFixture } from "../fixtures/fixtures.ts"

const fields = {
  sectorSize: 512,
  clusterSectorCount: 8,
  trackSectorCount: 63,
  headCount: 255,
  hiddenSectorCount: 2048,
  metadataOffsets: [0x2100000, 0x2c1d000, 0x373a000],
}
const ntfs = loadFixture("sample").slice(0, 512)

describe("the layouts", () => {
  it("are one sector each", () => {
    expect([FveSector.size, VistaSector.size, ToGoSector.size]).toEqual([512, 512, 512])
  })
})

describe("recogniseBootSector", () => {
  it("recognises the layout of Windows 7 and later", () => {
    const boot = recogniseBootSector(serializeFveBootSector(fields))
    const { trackSectorCount: _, headCount: __, ...known } = fields
    expect(boot).toEqual({ layout: "windows7", eowOffsets: [], ...known })
  })

  it("recognises encrypt-on-write by its own GUID", () => {
    const boot = recogniseBootSector(serializeFveBootSector({ ...fields, eowOffsets: [0x1000, 0x2000] }))
    expect(boot).toMatchObject({ layout: "eow", eowOffsets: [0x1000, 0x2000] })
  })

  it("keeps a sector size of 0, as exFAT volumes have it", () => {
    expect(recogniseBootSector(serializeFveBootSector({ ...fields, sectorSize: 0 }))?.sectorSize).toBe(0)
  })

  it("recognises Vista by a cluster number where NTFS has its mirror", () => {
    const boot = recogniseBootSector(serializeVistaBootSector(ntfs, 0x1574n))
    expect(boot).toMatchObject({ layout: "vista", metadataOffsets: [0x1574000], eowOffsets: [] })
  })

  it("recognises To Go by the GUID in a foreign sector", () => {
    const discovery = new Uint8Array(512)
    discovery.set(
      BiosParameters.serialize({
        ...BiosParameters.parse(ntfs),
        signature: "MSWIN4.1",
        sectorCount32: 204800,
      }),
    )
    const boot = recogniseBootSector(serializeToGoBootSector(discovery, fields.metadataOffsets))
    expect(boot).toMatchObject({
      layout: "to-go",
      metadataOffsets: fields.metadataOffsets,
      sectorCount: 204800,
    })
  })

  it.each([0, 3, 77, 400])("finds the GUID anywhere, as Windows does: at %i", (at) => {
    const sector = new Uint8Array(512)
    sector.set(serializeGuid(RecognitionGuid.information), at)
    sector[at + 16] = 7
    expect(recogniseBootSector(sector)?.metadataOffsets).toEqual([7])
  })

  it("leaves out what is no place", () => {
    const sector = FveSector.parse(serializeFveBootSector(fields))
    sector.metadata.metadataOffsets = [0n, 0xffff_ffff_ffff_ffffn, 0x3000n]
    expect(recogniseBootSector(FveSector.serialize(sector))?.metadataOffsets).toEqual([0x3000])
  })

  it("does not recognise NTFS, noise, or a signature that leads nowhere", () => {
    expect(recogniseBootSector(ntfs)).toBeUndefined()
    expect(recogniseBootSector(serializeVistaBootSector(ntfs, 0n))).toBeUndefined()
    expect(recogniseBootSector(new Uint8Array(511))).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 512, maxLength: 512 }), (noise) => {
        expect(recogniseBootSector(noise)).toBeUndefined()
      }),
    )
  })

  it("survives any damage of a valid sector", () => {
    const valid = serializeFveBootSector({ ...fields, eowOffsets: [0x1000, 0x2000] })
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(511), fc.nat(255)), { maxLength: 40 }), (changes) => {
        const sector = valid.slice()
        for (const [at, byte] of changes) sector[at] = byte
        const boot = recogniseBootSector(sector)
        for (const at of boot?.metadataOffsets ?? []) expect(Number.isSafeInteger(at)).toBe(true)
      }),
    )
  })
})

describe("serializeVistaBootSector", () => {
  it("changes two fields of NTFS and nothing else", () => {
    const sector = serializeVistaBootSector(ntfs, 0x1574n)
    const differing = [...sector.keys()].filter((at) => sector[at] !== ntfs[at])
    const places = [BiosParameters.offsetOf("signature"), VistaSector.offsetOf("metadataLcn")]
    expect(differing.every((at) => places.some((place) => at >= place && at < place + 8))).toBe(true)
    expect(VistaSector.parse(sector).metadataLcn).toBe(0x1574n)
  })
})
