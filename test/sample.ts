/**
 * The recipe of the sample volume: forged from the committed plaintext fixture, and then damaged as no other tool survives.
 * The boot sector is gone, the first and the third metadata copy are gone, and of the second one the datum that tells where
 * the head of the volume is kept.
 */
import { readFileSync } from "node:fs"
import { EncryptionMethod } from "../src/crypto/method.ts"
import { injure } from "./damage/injury.ts"
import { layOnDisk } from "./damage/victim.ts"
import { freeExtents, loadFixture } from "./fixtures/fixtures.ts"
import { forge } from "./forge/forge.ts"
import { seededRandom } from "./forge/random.ts"

const CREDENTIALS = new URL("../sample/credentials.txt", import.meta.url)

const recoveryPasswordOf = (text: string): string => /(\d{6}-){7}\d{6}/.exec(text)![0]

export interface Sample {
  readonly damaged: Uint8Array
  readonly plaintext: Uint8Array
}

export async function makeSample(): Promise<Sample> {
  const volume = await forge(loadFixture("sample"), {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents("sample"),
    protectors: [
      { kind: "password", password: "correct horse battery staple" },
      { kind: "recovery-password", digits: recoveryPasswordOf(readFileSync(CREDENTIALS, "utf8")) },
    ],
  })
  const { input } = await injure(
    layOnDisk("XTS-128", volume),
    [
      { injury: "destroy", parts: ["boot sector"], with: "zeros" },
      { injury: "destroy", parts: ["copy 1", "copy 3"], with: "random" },
      { injury: "destroy", parts: ["virtualization info of copy 2"], with: "random" },
    ],
    seededRandom(1),
  )
  return { damaged: input, plaintext: volume.expected }
}
