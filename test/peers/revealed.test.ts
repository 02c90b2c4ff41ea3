/** What `keys reveal` gives is for other programs: they open the volume with the `.BEK` files that we write and the keys that we print. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { toHex } from "../../src/bytes/hex.ts"
import { recoveryPassword } from "../../src/index.ts"
import { revealKeys, type RevealReport } from "../../src/job/reveal-keys.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { requirement } from "../suites/requirements.ts"
import {
  askPeer,
  cryptsetupKey,
  dislockerKey,
  isPeerThere,
  libbdeKey,
  type PeerName,
  type Scene,
  setScene,
} from "./peers.ts"
import { forgeNamed, type VolumeName } from "./volumes.ts"

const VOLUMES: readonly VolumeName[] = [
  "windows7-diffuser-128",
  "windows7-diffuser-256",
  "windows8-cbc-128",
  "windows8-cbc-256",
  "windows8-xts-128",
  "windows8-xts-256",
]
/** libbde 20190102 splits the key of XTS-AES 256 wrongly, whatever it comes from: so no key for it is printed. */
const REFUSED_BY_LIBBDE = "windows8-xts-256"
const PEERS: readonly PeerName[] = ["dislocker-file", "bdemount", "cryptsetup"]

const folder = mkdtempSync(join(tmpdir(), "repair-bde-revealed-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function reveal(name: VolumeName): Promise<{ scene: Scene; report: RevealReport }> {
  const volume = await forgeNamed(name)
  const scene = setScene(mkdtempSync(join(folder, "volume-")), volume)
  const { recoveryPassword: digits } = volume.protectors.find(({ kind }) => kind === "recovery-password")!
  const report = await revealKeys({
    input: { path: scene.image },
    credentials: [recoveryPassword(digits!)],
    yes: true,
    startupKeyFolder: mkdtempSync(join(folder, "bek-")),
  })
  return { scene, report }
}

/** The volume whose startup key is the file that we wrote. */
function withRevealed(volume: ForgedVolume, { startupKeys }: RevealReport): ForgedVolume {
  const file = readFileSync(startupKeys[0]!.path!)
  const protectors = volume.protectors.map((one) =>
    one.startupKey ? { ...one, startupKey: { ...one.startupKey, file } } : one,
  )
  return { ...volume, protectors }
}

describe.each(VOLUMES)("the keys of %s", (name) => {
  it("open it in other programs", async () => {
    const { scene, report } = await reveal(name)
    const revealed = { ...scene, volume: withRevealed(scene.volume, report) }
    for (const peer of PEERS) {
      if (!requirement(peer, isPeerThere(peer))) continue
      const refuses = peer === "bdemount" && name === REFUSED_BY_LIBBDE
      expect(askPeer(peer, revealed, "startup-key"), peer).toMatch(refuses ? "refuses" : /^same /)
    }
  })

  it("stand in the notations that the matrix proves with those programs", async () => {
    const { scene, report } = await reveal(name)
    const { fvek } = report
    expect(toHex(fvek.dislocker.reveal())).toBe(toHex(dislockerKey(scene.volume)))
    expect(toHex(fvek.cryptsetup.reveal())).toBe(cryptsetupKey(scene.volume))
    const pair = name === REFUSED_BY_LIBBDE ? undefined : libbdeKey(scene.volume)
    expect(fvek.libbde?.revealText()).toBe(pair)
  })
})
