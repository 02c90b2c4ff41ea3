/** Other programs that open BitLocker volumes, each by the same question: what do you make of this image? */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { equalBytes } from "../../src/bytes/compare.ts"
import { toHex } from "../../src/bytes/hex.ts"
import { EncryptionMethod, methodFacts } from "../../src/crypto/method.ts"
import type { ForgedVolume } from "../forge/forge.ts"

export type PeerName = "dislocker-file" | "bdemount" | "cryptsetup"
export type CredentialKind = "recovery-password" | "password" | "startup-key" | "clear-key" | "fvek"
/** `other bytes`: it opens the volume, and what it gives is not what Windows would. */
export type PeerResult = "same bytes" | "other bytes" | "same FVEK" | "other FVEK" | "refuses"

/** An image and its credentials as files in a folder of their own. */
export interface Scene {
  readonly folder: string
  readonly image: string
  readonly volume: ForgedVolume
}

export function setScene(folder: string, volume: ForgedVolume): Scene {
  mkdirSync(folder, { recursive: true })
  const image = join(folder, "volume.img")
  writeFileSync(image, volume.image)
  return { folder, image, volume }
}

const isInstalled = (command: string): boolean => spawnSync(command, ["-h"]).error === undefined
const mayMount = existsSync("/dev/fuse") && process.getuid?.() === 0

/** Whether it can be asked on this machine. */
export function isPeerThere(peer: PeerName): boolean {
  return isInstalled(peer) && (peer !== "bdemount" || mayMount)
}

const PEERS: Readonly<Record<PeerName, (scene: Scene, credential: CredentialKind) => PeerResult>> = {
  "dislocker-file": askDislocker,
  bdemount: askBdemount,
  cryptsetup: askCryptsetup,
}

export function askPeer(peer: PeerName, scene: Scene, credential: CredentialKind): PeerResult {
  return PEERS[peer](scene, credential)
}

function askDislocker(scene: Scene, credential: CredentialKind): PeerResult {
  const output = join(scene.folder, "dislocker.out")
  rmSync(output, { force: true })
  const key = {
    "recovery-password": () => [`-p${secrets(scene).recoveryPassword}`],
    password: () => [`-u${secrets(scene).password}`],
    "startup-key": () => ["-f", secrets(scene).startupKeyFile],
    "clear-key": () => ["-c"],
    fvek: () => ["-k", fileWith(scene, "fvek.bin", dislockerKey(scene.volume))],
  }[credential]()
  return run("dislocker-file", ["-V", scene.image, ...key, "--", output]).isDone && existsSync(output)
    ? compared(readFileSync(output), scene)
    : "refuses"
}

/** Mounts, reads the one file there is, and takes the mount away again. */
function askBdemount(scene: Scene, credential: CredentialKind): PeerResult {
  const mount = join(scene.folder, "mount")
  mkdirSync(mount, { recursive: true })
  const key = {
    "recovery-password": () => ["-r", secrets(scene).recoveryPassword],
    password: () => ["-p", secrets(scene).password],
    "startup-key": () => ["-s", secrets(scene).startupKeyFile],
    "clear-key": () => [],
    fvek: () => ["-k", libbdeKey(scene.volume)],
  }[credential]()
  if (!run("bdemount", [...key, scene.image, mount]).isDone) return "refuses"
  try {
    const plaintext = join(mount, "bde1")
    return existsSync(plaintext) ? compared(readFileSync(plaintext), scene) : "refuses"
  } catch {
    return "refuses"
  } finally {
    run("umount", [mount])
  }
}

/** Without device-mapper it can show the FVEK and no more. */
function askCryptsetup(scene: Scene, credential: CredentialKind): PeerResult {
  const keyFile = {
    "recovery-password": () => fileWith(scene, "recovery.txt", Buffer.from(secrets(scene).recoveryPassword)),
    password: () => fileWith(scene, "password.txt", Buffer.from(secrets(scene).password)),
    "startup-key": () => secrets(scene).startupKeyFile,
    "clear-key": () => fileWith(scene, "empty.txt", Buffer.alloc(0)),
    fvek: () => fileWith(scene, "fvek.bin", scene.volume.fvek!),
  }[credential]()
  const args = ["bitlkDump", "--dump-volume-key", "--batch-mode", "--key-file", keyFile, scene.image]
  const { isDone, text } = run("cryptsetup", args)
  const dumped = /MK dump:((?:\s+[0-9a-f]{2})+)/.exec(text)?.[1]?.replace(/\s/g, "")
  if (!isDone || !dumped) return "refuses"
  return dumped === cryptsetupKey(scene.volume) ? "same FVEK" : "other FVEK"
}

/** Of the diffuser's key it keeps the bytes in use. */
export function cryptsetupKey({ method, fvek }: ForgedVolume): string {
  const [first, second] = halves(method, fvek!)
  return methodFacts(method).mode === "cbc-diffuser" ? toHex(first) + toHex(second) : toHex(fvek!)
}

function compared(output: Uint8Array, { volume }: Scene): PeerResult {
  return equalBytes(output, volume.expected) ? "same bytes" : "other bytes"
}

function secrets({ folder, volume }: Scene): {
  recoveryPassword: string
  password: string
  startupKeyFile: string
} {
  const find = <K extends "recoveryPassword" | "password" | "startupKey">(name: K) =>
    volume.protectors.map((protector) => protector[name]).find((value) => value !== undefined)
  const startupKey = find("startupKey")
  const startupKeyFile = join(folder, startupKey?.fileName ?? "none.BEK")
  if (startupKey) writeFileSync(startupKeyFile, startupKey.file)
  return {
    recoveryPassword: find("recoveryPassword") ?? "",
    password: find("password") ?? "",
    startupKeyFile,
  }
}

/** The method, then 64 bytes. */
export function dislockerKey({ method, fvek }: ForgedVolume): Uint8Array {
  const file = new Uint8Array(66)
  file.set([method & 0xff, method >> 8])
  file.set(fvek!, 2)
  return file
}

/** Both keys of XTS are its first one, and its second one is not used. */
export function libbdeKey({ method, fvek }: ForgedVolume): string {
  const { mode } = methodFacts(method)
  const [first, second] = mode === "xts" ? [fvek!, fvek!] : halves(method, fvek!)
  return `${toHex(first)}:${toHex(second)}`
}

/** Both AES keys of an FVEK; plain CBC has one, which then stands for both. */
function halves(method: EncryptionMethod, fvek: Uint8Array): [Uint8Array, Uint8Array] {
  const { mode, keyBits } = methodFacts(method)
  const length = keyBits / 8
  const secondAt = { cbc: 0, "cbc-diffuser": 32, xts: length }[mode]
  return [fvek.slice(0, length), fvek.slice(secondAt, secondAt + length)]
}

function fileWith({ folder }: Scene, name: string, content: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function run(command: string, args: readonly string[]): { isDone: boolean; text: string } {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    timeout: 60_000,
    stdio: "pipe",
  })
  return { isDone: status === 0, text: `${stdout}${stderr}` }
}
