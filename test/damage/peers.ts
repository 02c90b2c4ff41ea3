/** What other programs make of a damaged volume, with the same startup key, and told where the volume begins. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { writeStartupKey } from "./attempt.ts"
import { consultOracle } from "./oracle.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { judgeOutput } from "./verdict.ts"
import type { Victim } from "./victim.ts"

export const PEERS = ["dislocker", "libbde"] as const
export type PeerName = (typeof PEERS)[number]
/** `right`: every byte that can be known. */
export type PeerResult = "right" | "wrong bytes" | "refused"

/** Their usual time is a second. On some metadata they go round in circles, which is a refusal too. */
const PATIENCE_MS = 15_000

export type PeerCredential = "startup-key" | "recovery-password"

/** @param folder for the input, the key and what the programs give */
export function askPeers(
  victim: Victim,
  folder: string,
  credential: PeerCredential = "startup-key",
): Readonly<Record<PeerName, PeerResult>> {
  const image = join(folder, "damaged.img")
  writeFileSync(image, victim.input)
  const key = victim.volume.protectors.length > 0 ? keyOf(victim.volume, credential, folder) : undefined
  // Neither can be told that the volume begins before the image.
  const offset = String(Math.max(0, victim.start))
  return {
    dislocker: judge(victim, askDislocker(folder, image, offset, key)),
    libbde: judge(victim, askLibbde(folder, image, offset, key)),
  }
}

/** As the options of both programs. */
interface PeerKey {
  readonly dislocker: readonly string[]
  readonly libbde: readonly string[]
}

function keyOf(volume: ForgedVolume, credential: PeerCredential, folder: string): PeerKey {
  if (credential === "recovery-password") {
    const digits = volume.protectors.find(({ kind }) => kind === credential)!.recoveryPassword!
    return { dislocker: [`-p${digits}`], libbde: ["-r", digits] }
  }
  const path = writeStartupKey(volume, folder)
  return { dislocker: ["-f", path], libbde: ["-s", path] }
}

function askDislocker(folder: string, image: string, offset: string, key?: PeerKey): Uint8Array | undefined {
  const output = join(folder, "dislocker.out")
  rmSync(output, { force: true })
  const credential = key?.dislocker ?? ["-c"]
  const isDone = run("dislocker-file", "-V", image, "-O", offset, ...credential, "--", output)
  return isDone && existsSync(output) ? readFileSync(output) : undefined
}

function askLibbde(folder: string, image: string, offset: string, key?: PeerKey): Uint8Array | undefined {
  const mount = join(folder, "mount")
  mkdirSync(mount, { recursive: true })
  if (!run("bdemount", ...(key?.libbde ?? []), "-o", offset, image, mount)) return undefined
  try {
    return readFileSync(join(mount, "bde1"))
  } catch {
    return undefined
  } finally {
    run("umount", mount)
  }
}

/** Neither reports what it loses, so the size of the output and silence about losses do not count. */
function judge(victim: Victim, output: Uint8Array | undefined): PeerResult {
  if (!output) return "refused"
  const { bytes } = judgeOutput(output, consultOracle(victim), [])
  return bytes.wrong > 0 ? "wrong bytes" : "right"
}

function run(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { timeout: PATIENCE_MS, stdio: "ignore" }).status === 0
}
