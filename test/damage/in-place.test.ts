/**
 * After a repair in place the drive opens everywhere again: other programs make of it what they make of the volume before
 * the damage, and cryptsetup shows the same FVEK. The undo then gives the damaged image back, bit for bit.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { AppError, type InPlaceReport, repairInPlace, undoRepair } from "../../dist/index.js"
import { extent } from "../../src/extents/extent.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { askPeer, setScene } from "../peers/peers.ts"
import { requireTools } from "../suites/tools.ts"
import { inputFor, keysFor } from "./attempt.ts"
import { askPeers, type PeerCredential } from "./peers.ts"
import { type Case, cases, makeVictim } from "./scenario.ts"
import { layOnDisk, storedBytes, type Victim } from "./victim.ts"

const isFull = process.env.SLOW !== undefined
const hasTools = requireTools("dislocker-file", "bdemount", "cryptsetup", "mkntfs", "mkfs.exfat", "mkfs.vfat")

const folder = mkdtempSync(join(tmpdir(), "repair-bde-damage-in-place-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const path = join(folder, "drive.img")
const undoFile = join(folder, "drive.undo")

describe.runIf(isFull && hasTools)("a damaged volume, repaired in place", () => {
  it.for(cases.map((one) => [one.scenario.name, one.volume, one] as const))(
    "%s on %s",
    async ([name, volume, one], { task }) => {
      const victim = await makeVictim(one)
      writeFileSync(path, victim.input)
      rmSync(undoFile, { force: true })
      const outcome = await repairDrive(victim, one)
      const expected = one.inPlace
      if (outcome instanceof AppError) {
        task.meta.inPlace = { name, volume, result: `refused ${outcome.exitCode}` }
        expect(`refused ${outcome.exitCode}`, `${outcome.code}: ${outcome.message}`).toBe(expected)
        expect(Buffer.compare(readFileSync(path), victim.input)).toBe(0)
        return
      }
      expect("opens again").toBe(expected)
      const repaired: Victim = { ...victim, input: readFileSync(path) }
      expect(outcome.verification ?? { opens: true }).toMatchObject({ opens: true })
      const asked = one.scenario.credential ?? "startup-key"
      const refused = Object.fromEntries(one.refusedBy.map((peer) => [peer, "refused"]))
      expect(everybodyOn(repaired, asked)).toEqual({ ...everybodyOnUndamaged(victim), ...refused })
      task.meta.inPlace = { name, volume, result: "opens again" }
      if (!outcome.undoFile) return
      await undoRepair({ undoFile, input: { path } })
      expect(Buffer.compare(readFileSync(path), victim.input)).toBe(0)
      task.meta.inPlace = { name, volume, result: "opens again", isUndone: true }
    },
  )
})

async function repairDrive(victim: Victim, { scenario }: Case): Promise<InPlaceReport | AppError> {
  const input = inputFor(victim, scenario, path)
  const keys = await keysFor(victim, scenario, folder)
  const { protectors } = victim.volume
  const keyId = protectors.find(({ kind }) => kind === (scenario.credential ?? "startup-key"))?.id
  try {
    // A volume that is not encrypted has no key, and is named by its own identifier.
    const yesWriteTo = keyId ?? (await repairInPlace({ input, ...keys, dryRun: true })).patch.volumeId
    return await repairInPlace({ input, ...keys, undoFile, yesWriteTo })
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

const onUndamaged = new Map<ForgedVolume, Readonly<Record<string, string>>>()

function everybodyOnUndamaged({ name, volume }: Victim): Readonly<Record<string, string>> {
  const results = onUndamaged.get(volume) ?? everybodyOn(layOnDisk(name, volume), "startup-key")
  onUndamaged.set(volume, results)
  return results
}

/** Of the volume by itself: none of them is to find it on a disk. */
function everybodyOn(victim: Victim, asked: PeerCredential): Readonly<Record<string, string>> {
  const { volume } = victim
  const scratch = join(folder, "peers")
  mkdirSync(scratch, { recursive: true })
  const image = storedBytes(victim, extent(0, volume.size))
  const scene = setScene(scratch, { ...volume, image })
  const cryptsetup = volume.fvek ? askPeer("cryptsetup", scene, asked) : "not asked"
  return { ...askPeers({ ...victim, input: image, start: 0 }, scratch, asked), cryptsetup }
}
