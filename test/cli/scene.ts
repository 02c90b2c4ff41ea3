/** The folder in which the transcripts play: forged volumes, their keys, and things that are no BitLocker volume. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { toHex } from "../../src/bytes/hex.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { Secret } from "../../src/crypto/secret.ts"
import { Status } from "../../src/extents/extent-map.ts"
import { parseMapfile, serializeMapfile, stateOf } from "../../src/extents/mapfile.ts"
import { repairVolume } from "../../src/job/index.ts"
import { serializeUndoFile } from "../../src/patch/index.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { forge, type ForgedVolume, type Recipe } from "../forge/forge.ts"
import { RECOVERY_PASSWORD } from "../forge/protectors.ts"
import { bootSectorZeroed, copiesDestroyed, together } from "../patch/damage.ts"
import { patched, planFor } from "../patch/planned.ts"
import { PAPERS, placesScene } from "./places-scene.ts"

/** Not ASCII, but the same in each normal form of Unicode: one stretch tries it. */
export const PASSWORD = "Gauß, Straße 7?"
export const WRONG_PASSWORD = "wrong horse battery"
export const WRONG_RECOVERY_PASSWORD = "222222-222222-222222-222222-222222-222222-222222-222222"
/** A digit that is wrong, and that the check by 11 catches. */
export const SLIPPED_RECOVERY_PASSWORD = RECOVERY_PASSWORD.replace("330033", "330034")
/** Of the certificates' files. */
export const PIN = "Zertifikat-7"
export { RECOVERY_PASSWORD }

const MIB = 2 ** 20
/** Where exports go, two since cases play side by side. */
const OUTPUT_FOLDERS = ["packages", "more-packages", "two-packages"] as const
/** Mounted in the folder where the system lets us: one for each case that fills it, since cases play side by side. */
export const SMALL_DISKS = ["small", "tight"] as const
const SECTOR = 512

export interface Scene {
  readonly folder: string
  /** VMK and FVEK of the volume in `volume.img`, in hex. */
  readonly vmk: string
  readonly fvek: string
  /** The key in `startup.BEK`, in hex. */
  readonly startupKey: string
  /** The volume as it must stay. */
  readonly volume: Uint8Array
  readonly plaintext: Uint8Array
  /** As it was before any run: outputs are gone, and what runs may change is as it was. */
  reset(): void
  dispose(): void
}

export async function buildScene(): Promise<Scene> {
  const plaintext = loadFixture("sample")
  const base = {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents("sample"),
  } as const satisfies Partial<Recipe>
  const recovery = { kind: "recovery-password" } as const
  const password = { kind: "password", password: PASSWORD } as const
  const startup = { kind: "startup-key", namesVolume: true } as const

  const volume = await forge(plaintext, { ...base, seed: 1, protectors: [password, recovery, startup] })
  const other = await forge(plaintext, { ...base, seed: 2, protectors: [startup] })
  const suspended = await forge(plaintext, {
    ...base,
    seed: 3,
    protectors: [recovery, { kind: "clear-key" }],
  })
  const tpmOnly = await forge(plaintext, { ...base, seed: 4, protectors: [{ kind: "tpm" }] })
  const certificate = await forge(plaintext, {
    ...base,
    seed: 5,
    protectors: [{ kind: "public-key", certificate: { pem: String(certificateFile("agent.cer.pem")) } }],
  })
  const folder = mkdtempSync(join(tmpdir(), "repair-bde-scene-"))

  const files: Record<string, Uint8Array | string> = {
    "volume.img": volume.image,
    "suspended.img": suspended.image,
    "tpm.img": tpmOnly.image,
    "certificate.img": certificate.image,
    "two.img": diskWith(volume.image, certificate.image),
    "agent.pfx": certificateFile("agent-3des.pfx"),
    "agent.cer": certificateFile("agent.cer"),
    "other.pem": certificateFile("other.pem"),
    "disk.img": diskWith(volume.image, suspended.image),
    "cut.img": volume.image.subarray(0, 2 * MIB),
    "no-metadata.img": withoutMetadata(volume),
    ...(await repairedScene(volume)),
    "startup.BEK": startupKeyOf(volume),
    "other.BEK": startupKeyOf(other),
    "keys.txt": `# the sample's keys\npassword: ${PASSWORD}\nstartup-key: other.BEK\n`,
    "broken-keys.txt": `password: ${PASSWORD}\nthe dog's name\n`,
    "ntfs.img": plaintext,
    "luks.img": headed("LUKS\xba\xbe\x00\x02"),
    "zeros.img": new Uint8Array(MIB),
    "noise.img": noise(MIB),
    "partitions.img": diskWith(plaintext, loadFixture("fat12")),
    "empty.img": "",
    "existing.img": "something of yours",
    "not-a-log.txt": "something else of yours",
    "notes.html": "<!doctype html>\nsomething that you wrote",
    "unreadable.img": volume.image,
  }
  const changing: Record<string, Uint8Array | string> = {
    "shrinking.img": volume.image,
    "overwritten.img": "yours, but not needed any more",
    ...(await interruptedScene(folder, volume)),
  }
  const write = (content: Record<string, Uint8Array | string>): void => {
    for (const [name, bytes] of Object.entries(content)) writeFileSync(join(folder, name), bytes)
  }
  mkdirSync(join(folder, PAPERS))
  write({ ...files, ...placesScene(volume), ...changing })
  mkdirSync(join(folder, "folder"))
  mkdirSync(join(folder, "keys"))
  for (const name of OUTPUT_FOLDERS) mkdirSync(join(folder, name))
  mkdirSync(join(folder, "closed"))
  writeFileSync(join(folder, "keys/a.bek"), startupKeyOf(other))
  writeFileSync(join(folder, "keys/b.bek"), startupKeyOf(volume))
  writeFileSync(join(folder, `keys/BitLocker Key Package {${recoveryIdOf(volume)}}.KPG`), "yours")
  chmodSync(join(folder, "unreadable.img"), 0)
  chmodSync(join(folder, "closed"), 0o555)
  chmodSync(folder, 0o777)
  const initial = new Set([...readdirSync(folder), ...SMALL_DISKS])
  return {
    folder,
    vmk: Buffer.from(volume.vmk!).toString("hex"),
    fvek: Buffer.from(volume.fvek!).toString("hex"),
    startupKey: toHex(volume.protectors.find(({ startupKey }) => startupKey)!.startupKey!.key),
    volume: volume.image,
    plaintext: volume.expected,
    reset() {
      for (const name of readdirSync(folder)) {
        if (!initial.has(name)) rmSync(join(folder, name), { recursive: true })
      }
      for (const name of OUTPUT_FOLDERS) {
        rmSync(join(folder, name), { recursive: true })
        mkdirSync(join(folder, name))
      }
      write(changing)
    },
    dispose() {
      chmodSync(join(folder, "closed"), 0o755)
      rmSync(folder, { recursive: true })
    },
  }
}

/** A volume without boot sector and first metadata copy; the same repaired in place, with the undo file. */
async function repairedScene(volume: ForgedVolume): Promise<Record<string, Uint8Array>> {
  const damaged = together(bootSectorZeroed, copiesDestroyed(1))(volume)
  const { patch } = await planFor(volume, damaged, { isOpen: false })
  const undo = { patch, input: "patched.img", created: new Date(Date.UTC(2024, 0, 31)) }
  const undoFile = serializeUndoFile(undo, nodeCrypto.sha256)
  const numbered = (name: string, image: Uint8Array) =>
    Object.fromEntries([1, 2, 3].map((i) => [`${name}-${i}.img`, image]))
  return {
    ...numbered("damaged", damaged),
    ...numbered("patched", patched(damaged, { patch })),
    "patched.undo": undoFile,
    "cut.undo": undoFile.subarray(0, -80),
  }
}

/** Outputs that a run left half done, with their maps; one of them was exchanged since. */
async function interruptedScene(
  folder: string,
  { image, fvek, expected }: ForgedVolume,
): Promise<Record<string, Uint8Array | string>> {
  const [input, output] = [join(folder, "input.img"), join(folder, "output.img")]
  writeFileSync(input, image)
  const credentials = [{ kind: "fvek", text: Secret.ofText(toHex(fvek!)), origin: "scene" }] as const
  await repairVolume({ input: { path: input }, credentials, output, map: `${output}.map` })
  const whole = readFileSync(`${output}.map`, "utf8")
  for (const path of [input, output, `${output}.map`]) rmSync(path)

  const mapfile = parseMapfile(whole, image.length)
  if ("fault" in mapfile) throw new Error(mapfile.fault)
  const { map } = mapfile
  map.set({ start: MIB, length: image.length - MIB }, Status.nonTried)
  const half = serializeMapfile({ ...mapfile, ...stateOf(map) })
  const begun = new Uint8Array(image.length)
  begun.set(expected.subarray(0, MIB))
  const twice = ["begun-1.img", "begun-2.img", "kept.img"].flatMap((name) => [
    [name, begun],
    [`${name}.map`, half],
  ])
  return {
    ...Object.fromEntries(twice),
    "exchanged.img": image,
    "exchanged.img.map": half,
    "alone.img.map": half,
    "rescued.map": "0 ? 1\n0x0 0x180000 +\n0x180000 0x1000 -\n0x181000 0x17F000 +\n",
    "broken.map": "0 ? 1\n0x0 0x180000 +\n0x190000 0x1000 -\n",
  }
}

function certificateFile(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/certificates/${name}`, import.meta.url))
}

function startupKeyOf({ protectors }: ForgedVolume): Uint8Array {
  return protectors.find(({ startupKey }) => startupKey)!.startupKey!.file
}

function recoveryIdOf({ protectors }: ForgedVolume): string {
  return protectors.find(({ kind }) => kind === "recovery-password")!.id
}

/** An MBR disk with a partition at 1 MiB and one behind it. */
function diskWith(first: Uint8Array, second: Uint8Array): Uint8Array {
  const starts = [MIB, MIB + Math.ceil(first.length / MIB) * MIB] as const
  const disk = new Uint8Array(starts[1] + second.length + MIB)
  const view = new DataView(disk.buffer)
  for (const [i, volume] of [first, second].entries()) {
    const entry = 446 + 16 * i
    view.setUint8(entry + 4, 0x07)
    view.setUint32(entry + 8, starts[i]! / SECTOR, true)
    view.setUint32(entry + 12, volume.length / SECTOR, true)
    disk.set(volume, starts[i])
  }
  view.setUint16(510, 0xaa55, true)
  return disk
}

function withoutMetadata({ image, metadataOffsets, areaSize }: ForgedVolume): Uint8Array {
  const damaged = image.slice()
  for (const offset of metadataOffsets) damaged.fill(0, offset, offset + areaSize)
  return damaged
}

function headed(head: string): Uint8Array {
  const image = new Uint8Array(MIB)
  image.set(Buffer.from(head, "latin1"))
  return image
}

function noise(length: number): Uint8Array {
  let state = 1
  return Uint8Array.from({ length }, () => (state = (state * 48_271) % 0x7fffffff) >>> 8)
}
