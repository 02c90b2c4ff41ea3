/**
 * After a repair in place other programs do with the volume what they did before it was damaged: open it, or fail for reasons
 * of their own (`test/peers/matrix.json`).
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { Secret, repairInPlace } from "../../dist/index.js"
import { toHex } from "../../src/bytes/hex.ts"
import { keyPackageContents, parseMetadataBlock, serializeKeyPackage } from "../../src/fve/index.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { type PeerName, type PeerResult, askPeer, setScene } from "../peers/peers.ts"
import { type VolumeName, forgeNamed } from "../peers/volumes.ts"
import { requirement } from "../suites/requirements.ts"
import { requireTools } from "../suites/tools.ts"
import {
  bootSectorRandom,
  bootSectorWrongOffsets,
  bootSectorZeroed,
  copiesDestroyed,
  together,
} from "./damage.ts"

const hasPeers = requireTools("dislocker-file", "bdemount", "cryptsetup")
const mayMount = requirement(
  "the right to mount with FUSE",
  existsSync("/dev/fuse") && process.getuid?.() === 0,
)
const PEERS: readonly PeerName[] = ["dislocker-file", "bdemount", "cryptsetup"]

interface Cell {
  readonly volume: VolumeName
  readonly credential: string
  readonly peer: PeerName
  readonly expected: PeerResult
}
const matrix = JSON.parse(
  readFileSync(new URL("../peers/matrix.json", import.meta.url), "utf8"),
) as readonly Cell[]

/** What the peer makes of the undamaged volume. */
function undamaged(volume: VolumeName, peer: PeerName): PeerResult {
  return matrix.find(
    (cell) => cell.volume === volume && cell.peer === peer && cell.credential === "recovery-password",
  )!.expected
}

const INJURIES = {
  "boot sector gone": bootSectorZeroed,
  "wrong offsets": bootSectorWrongOffsets,
  "boot sector and copies 1 and 2 gone": together(bootSectorRandom, copiesDestroyed(1, 2)),
  "copies 2 and 3 gone": copiesDestroyed(2, 3),
}
const VOLUMES: readonly VolumeName[] = [
  "windows8-xts-128",
  "windows7-diffuser-128",
  "4096-byte-sectors-xts-128",
  "to-go-fat32-cbc-128",
  "encrypt-on-write-xts-128",
  "vista-diffuser-128",
]
const cases = VOLUMES.flatMap((volume, i) =>
  Object.keys(INJURIES)
    // Each volume in two ways, each way on three volumes.
    .filter((_, j) => (i + j) % 2 === 0)
    .map((injury) => ({ volume, injury: injury as keyof typeof INJURIES })),
)

const folder = mkdtempSync(join(tmpdir(), "repair-bde-patched-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(!hasPeers || !mayMount)("after a repair in place", () => {
  const ask = (path: string, volume: ForgedVolume): PeerResult[] => {
    const scene = { folder: join(path, ".."), image: path, volume }
    return PEERS.map((peer) => askPeer(peer, scene, "recovery-password"))
  }

  it.each(cases)(
    "$volume, $injury",
    async ({ volume: name, injury }) => {
      const { volume, image } = await damaged(name, INJURIES[injury])
      const report = await repairInPlace(requestFor(image, volume))
      expect(report.verification).toMatchObject({ opens: true })
      expect(ask(image, volume)).toEqual(PEERS.map((peer) => undamaged(name, peer)))
    },
    60_000,
  )

  it("windows8-xts-128, all metadata made anew from a key package", async () => {
    const { volume, image } = await damaged("windows8-xts-128", copiesDestroyed(1, 2, 3))
    const { dataset } = parseMetadataBlock(volume.image.subarray(volume.metadataOffsets[0]))!
    const { id } = volume.protectors.find(({ kind }) => kind === "recovery-password")!
    const keyPackage = `${image}.KPG`
    writeFileSync(keyPackage, serializeKeyPackage(keyPackageContents(dataset, id)!))
    const report = await repairInPlace({
      ...requestFor(image, volume),
      keyPackages: [keyPackage],
      yesWriteTo: id,
    })
    expect(report.verification).toMatchObject({ opens: true })
    expect(ask(image, volume)).toEqual(["same bytes", "same bytes", "same FVEK"])
  }, 60_000)
})

async function damaged(
  name: VolumeName,
  injury: (volume: ForgedVolume) => Uint8Array,
): Promise<{ volume: ForgedVolume; image: string }> {
  const volume = await forgeNamed(name)
  const { image } = setScene(mkdtempSync(join(folder, "scene-")), { ...volume, image: injury(volume) })
  return { volume, image }
}

function requestFor(image: string, { vmk, protectors }: ForgedVolume) {
  return {
    input: { path: image },
    credentials: [{ kind: "vmk", text: Secret.ofText(toHex(vmk!)), origin: "test" } as const],
    undoFile: `${image}.undo`,
    yesWriteTo: protectors[0]!.id,
  }
}
