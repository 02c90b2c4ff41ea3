/**
 * The peer matrix: what other programs make of forged volumes. The expectations are data; a cell that changes fails, in
 * either direction, so that a peer's repaired defect is noticed as well. It proves the forge, and with it our reader: both
 * could be wrong in the same way, the peers hardly.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { requirement } from "../suites/requirements.ts"
import {
  askPeer,
  type CredentialKind,
  isPeerThere,
  type PeerName,
  type PeerResult,
  type Scene,
  setScene,
} from "./peers.ts"
import { forgeNamed, type VolumeName } from "./volumes.ts"

interface Cell {
  readonly volume: VolumeName
  readonly credential: CredentialKind
  readonly peer: PeerName
  readonly expected: PeerResult
  /** Of the peer, where the result is not the right one. */
  readonly defect?: string
}

const cells = JSON.parse(readFileSync(new URL("matrix.json", import.meta.url), "utf8")) as readonly Cell[]

const present: Readonly<Record<PeerName, boolean>> = {
  "dislocker-file": requirement("dislocker-file", isPeerThere("dislocker-file")),
  bdemount: requirement("bdemount, with the right to mount", isPeerThere("bdemount")),
  cryptsetup: requirement("cryptsetup", isPeerThere("cryptsetup")),
}

const folder = mkdtempSync(join(tmpdir(), "repair-bde-peers-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("the peer matrix", () => {
  it("names a defect where, and only where, the peer is wrong", () => {
    const unexplained = cells.filter(
      ({ expected, defect }) => expected.startsWith("same") === (defect !== undefined),
    )
    expect(unexplained).toEqual([])
  })

  describe.each([...new Set(cells.map(({ volume }) => volume))])("of %s", (volume) => {
    let scene: Promise<Scene> | undefined
    afterAll(() => rmSync(join(folder, volume), { recursive: true, force: true }))

    it.for(cells.filter((cell) => cell.volume === volume))(
      "$peer with the $credential: $expected",
      async ({ peer, credential, expected }, { skip }) => {
        if (!present[peer]) skip()
        scene ??= forgeNamed(volume).then((forged) => setScene(join(folder, volume), forged))
        expect(askPeer(peer, await scene, credential)).toBe(expected)
      },
    )
  })
})
