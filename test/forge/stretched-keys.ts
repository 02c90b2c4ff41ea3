/** A stretch takes half a second, so each one is remembered in the system's temporary folder: its inputs are fixed. */
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { nodeCrypto } from "../../src/crypto/node.ts"

const FOLDER = join(tmpdir(), "repair-bde-stretched-keys")

export async function stretched(initial: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  const path = join(FOLDER, createHash("sha256").update(initial).update(salt).digest("hex"))
  try {
    return new Uint8Array(readFileSync(path))
  } catch {
    const key = await nodeCrypto.stretch(initial, salt)
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(`${path}.${process.pid}`, key)
    renameSync(`${path}.${process.pid}`, path)
    return key
  }
}
