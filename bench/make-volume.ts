/** Makes the volumes of the benchmark by the forge of the tests, chunk by chunk: no volume is too large. */
import { closeSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"
import { toHex } from "../src/bytes/hex.ts"
import { type EncryptionMethod, methodFacts } from "../src/crypto/method.ts"
import { extent } from "../src/extents/extent.ts"
import { drawBlueprint, type Recipe } from "../test/forge/forge.ts"
import { cipherOf, expectPart, storePart } from "../test/forge/store.ts"
import { freeRoomOf, plaintextOf } from "./plaintext.ts"

export interface Volume {
  /** The encrypted volume. */
  readonly path: string
  /** What reading it must give. */
  readonly plaintext: string
  readonly recoveryPassword: string
  /** In hex. */
  readonly fvek: string
}

const CHUNK = 8 * 1024 ** 2
const RECOVERY_PASSWORD = "110011-220022-330033-440044-550055-660066-000011-123453"

export async function makeVolume(
  folder: string,
  name: string,
  method: EncryptionMethod,
  size: number,
): Promise<Volume> {
  const image = plaintextOf(size)
  const blueprint = await drawBlueprint(image, recipeFor(method), freeRoomOf(size))
  const cipher = cipherOf(blueprint)
  const [path, plaintext] = [join(folder, `${name}.img`), join(folder, `${name}.plain.img`)]
  const [stored, expected] = [openSync(path, "wx"), openSync(plaintext, "wx")]
  for (let at = 0; at < size; at += CHUNK) {
    const part = extent(at, Math.min(CHUNK, size - at))
    writeSync(stored, storePart(blueprint, image, part, cipher), 0, part.length, at)
    writeSync(expected, expectPart(blueprint, image, part, cipher), 0, part.length, at)
  }
  for (const file of [stored, expected]) closeSync(file)
  return { path, plaintext, recoveryPassword: RECOVERY_PASSWORD, fvek: toHex(blueprint.fvek!) }
}

/** The Windows that wrote the method: 7 with the diffuser, 8 and later without. */
function recipeFor(method: EncryptionMethod): Recipe {
  return {
    layout: methodFacts(method).mode === "cbc-diffuser" ? "windows7" : "windows8",
    method,
    protectors: [{ kind: "recovery-password", digits: RECOVERY_PASSWORD }],
  }
}
