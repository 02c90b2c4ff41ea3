import { describe, expect, it } from "vitest"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { Secret } from "../../src/crypto/secret.ts"
import { extent } from "../../src/extents/extent.ts"
import { ExtentMap } from "../../src/extents/extent-map.ts"
import { parseMapfile, serializeMapfile, stateOf } from "../../src/extents/mapfile.ts"
import {
  type IdentityFacts,
  differences,
  identityOf,
  isOurs,
  serializeIdentity,
  sourceMapComments,
} from "../../src/job/resume-identity.ts"

const SIZE = 1 << 20
const facts: IdentityFacts = {
  volumeId: "40990ACB-B11C-C204-0B3C-A5B7531DB119",
  plan: {
    size: SIZE,
    sectorSize: 512,
    method: 0x8004,
    runs: [{ kind: "encrypted", extent: extent(0, SIZE) }],
    substitutions: [],
  },
  extent: extent(0, SIZE),
  fvek: new Secret(new Uint8Array(32).fill(7)),
  keepZeros: false,
}

const identity = identityOf(facts, nodeCrypto)

/** As the map of a run with these facts comes back from its file. */
function commentsOf(change: Partial<IdentityFacts>): readonly string[] {
  const map = new ExtentMap(SIZE)
  const comments = serializeIdentity(identityOf({ ...facts, ...change }, nodeCrypto))
  const mapfile = parseMapfile(serializeMapfile({ map, comments, ...stateOf(map) }), SIZE)
  if ("fault" in mapfile) throw new Error(mapfile.fault)
  return mapfile.comments
}

describe("the identity of a run", () => {
  it("is found again in its map", () => {
    expect(differences(identity, commentsOf({}))).toEqual([])
    // A pattern of zeros is what stands there without one.
    expect(differences(identity, commentsOf({ fill: new Uint8Array(3) }))).toEqual([])
  })

  const plain = { ...facts.plan, runs: [{ kind: "plain", extent: extent(0, SIZE) }] } as const
  it.each<[string, Partial<IdentityFacts>]>([
    ["another volume", { volumeId: "00000000-B11C-C204-0B3C-A5B7531DB119" }],
    ["another volume", { volumeId: undefined }],
    ["an output of another size", { extent: extent(0, SIZE - 512) }],
    ["another part of the volume", { extent: extent(512, SIZE) }],
    ["another reading of the volume's metadata", { plan: plain }],
    ["another key", { fvek: new Secret(new Uint8Array(32).fill(8)) }],
    ["another fill pattern", { fill: new TextEncoder().encode("BAD SECTOR ") }],
    ["a run with another choice of --keep-zeros", { keepZeros: true }],
  ])("tells that a map is of %s", (difference, change) => {
    expect(differences(identity, commentsOf(change))).toEqual([difference])
  })

  it("holds nothing of the key", () => {
    const fvek = new Secret(nodeCrypto.sha256(new TextEncoder().encode("a key")))
    const text = serializeIdentity(identityOf({ ...facts, fvek }, nodeCrypto)).join("\n")
    const hex = Buffer.from(fvek.reveal()).toString("hex")
    for (let at = 0; at + 8 <= hex.length; at++) expect(text).not.toContain(hex.slice(at, at + 8))
  })

  it("knows the maps of other programs, and that nothing goes on from a map of the input", () => {
    expect(differences(identity, ["Mapfile. Created by GNU ddrescue version 1.27"])).toEqual([
      "another program",
    ])
    expect(isOurs(sourceMapComments(identity))).toBe(true)
    expect(differences(identity, sourceMapComments(identity))).toContain("another key")
  })
})
