/** Every credential on every key protector, and the reason for each that did not fit. */
import { describe, expect, it } from "vitest"
import {
  parseFvek,
  parsePassword,
  parseRecoveryPassword,
  parseStartupKey,
  parseVmk,
} from "../../src/credential/index.ts"
import type { Credential } from "../../src/credential/index.ts"
import type { Crypto } from "../../src/crypto/crypto.ts"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { type MetadataBlock, keyMaterialOf, parseMetadataBlock } from "../../src/fve/index.ts"
import { type LabelledCredential, unlockVolume } from "../../src/unlock/index.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { type ForgedVolume, type Recipe, forge } from "../forge/forge.ts"
import { RECOVERY_PASSWORD } from "../forge/protectors.ts"

const PASSWORD = "größer"
const OTHER_DIGITS = "222222-222222-222222-222222-222222-222222-222222-222222"

async function volumeWith(
  ...protectors: Recipe["protectors"]
): Promise<{ forged: ForgedVolume; block: MetadataBlock }> {
  const forged = await forge(loadFixture("sample"), {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents("sample"),
    protectors,
  })
  return { forged, block: parseMetadataBlock(forged.image.subarray(forged.metadataOffsets[0]))! }
}

const labelled = (credential: Credential): LabelledCredential => ({ credential, label: credential.kind })
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

/** Counts the stretches, which cost half a second each. */
function counted(): { crypto: Crypto; stretches: () => number } {
  let count = 0
  const stretch: Crypto["stretch"] = (...args) => {
    count++
    return nodeCrypto.stretch(...args)
  }
  return { crypto: { ...nodeCrypto, stretch }, stretches: () => count }
}

describe("unlockVolume", () => {
  it("tries the clear key first, whatever else is given, and stretches nothing", async () => {
    const { block } = await volumeWith({ kind: "recovery-password" }, { kind: "clear-key" })
    const { crypto, stretches } = counted()
    const { keys, openedBy } = await unlockVolume(
      keyMaterialOf(block.dataset),
      [labelled(parseRecoveryPassword(OTHER_DIGITS))],
      crypto,
    )
    expect(keys?.method).toBe(EncryptionMethod.xtsAes128)
    expect(openedBy).toMatchObject({ credential: "clear key", outcome: "opened" })
    expect(stretches()).toBe(0)
  })

  it("opens with each kind, and gives the keys that were forged", async () => {
    const { forged, block } = await volumeWith(
      { kind: "password", password: PASSWORD },
      { kind: "recovery-password" },
      { kind: "startup-key" },
    )
    const startup = forged.protectors.find(({ startupKey }) => startupKey)!.startupKey!.file
    const ways: Credential[] = [
      parsePassword(PASSWORD),
      parseRecoveryPassword(RECOVERY_PASSWORD),
      parseStartupKey(startup),
      parseVmk(hexOf(forged.vmk!)),
      parseFvek(hexOf(forged.fvek!)),
    ]
    for (const credential of ways) {
      const { keys, openedBy } = await unlockVolume(
        keyMaterialOf(block.dataset),
        [labelled(credential)],
        nodeCrypto,
      )
      expect(openedBy?.credential).toBe(credential.kind)
      expect(hexOf(keys!.fvek.reveal())).toBe(hexOf(forged.fvek!))
    }
  })

  it("says which other form of a password fitted", async () => {
    const { block } = await volumeWith({ kind: "password", password: PASSWORD })
    const typed = `${PASSWORD.normalize("NFD")}\n`
    const { openedBy } = await unlockVolume(
      keyMaterialOf(block.dataset),
      [labelled(parsePassword(typed))],
      nodeCrypto,
    )
    expect(openedBy?.form).toBe("without the newline at its end, in composed form (NFC)")
  })

  it("has a reason for every try, and names the key protectors that nothing was given for", async () => {
    const { block } = await volumeWith(
      { kind: "recovery-password" },
      { kind: "password", password: PASSWORD },
      { kind: "startup-key" },
      { kind: "tpm" },
      { kind: "public-key" },
      { kind: "network-unlock" },
    )
    const credentials = [labelled(parseRecoveryPassword(OTHER_DIGITS)), labelled(parseVmk("00".repeat(32)))]
    const { keys, tries } = await unlockVolume(keyMaterialOf(block.dataset), credentials, nodeCrypto)
    expect(keys).toBeUndefined()
    expect(tries.map(({ credential, protector, outcome }) => [credential, protector?.kind, outcome])).toEqual(
      [
        ["vmk", undefined, "wrong-key"],
        ["recovery-password", "recovery-password", "wrong-key"],
        ["none for password", "password", "other-kind"],
        ["none for startup key", "startup-key", "other-kind"],
        ["none for TPM", "tpm", "impossible"],
        ["none for certificate", "public-key", "other-kind"],
        ["none for network unlock", "network-unlock", "impossible"],
      ],
    )
  })

  it("tries all of several recovery passwords on all of their key protectors", async () => {
    const { block } = await volumeWith(
      { kind: "recovery-password", digits: OTHER_DIGITS },
      { kind: "recovery-password" },
    )
    const { crypto, stretches } = counted()
    const credentials = ["000011-000022-000033-000044-000055-000066-000077-000088", RECOVERY_PASSWORD].map(
      (digits) => labelled(parseRecoveryPassword(digits)),
    )
    const { openedBy } = await unlockVolume(keyMaterialOf(block.dataset), credentials, crypto)
    expect(openedBy?.outcome).toBe("opened")
    expect(stretches()).toBeGreaterThanOrEqual(3)
  })

  it("stops a stretch when it is told to", async () => {
    const { block } = await volumeWith({ kind: "recovery-password" })
    const signal = AbortSignal.abort(new Error("enough"))
    const credentials = [labelled(parseRecoveryPassword(OTHER_DIGITS))]
    await expect(
      unlockVolume(keyMaterialOf(block.dataset), credentials, nodeCrypto, { signal }),
    ).rejects.toThrow("enough")
  })

  it("tells a wrong FVEK datum from a wrong key", async () => {
    const { forged, block } = await volumeWith({ kind: "startup-key" })
    const fvek = block.dataset.datums.find(({ role }) => role === 3)!
    fvek.body[20]! ^= 1
    const startup = forged.protectors[0]!.startupKey!.file
    const { keys, tries } = await unlockVolume(
      keyMaterialOf(block.dataset),
      [labelled(parseStartupKey(startup))],
      nodeCrypto,
    )
    expect(keys).toBeUndefined()
    expect(tries[0]).toMatchObject({ outcome: "damaged", why: "opens, but the FVEK datum is damaged" })
  })
})
