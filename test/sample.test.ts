/**
 * The sample volume of `npm start` is forged from the committed plaintext fixture, by this recipe. It is committed, so that
 * a start needs no forge; `UPDATE_SAMPLE=1` writes it anew.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { EncryptionMethod } from "../src/crypto/method.ts"
import { freeExtents, loadFixture } from "./fixtures/fixtures.ts"
import { forge } from "./forge/forge.ts"

const VOLUME = new URL("../sample/volume.img", import.meta.url)
const CREDENTIALS = new URL("../sample/credentials.txt", import.meta.url)

const recoveryPasswordOf = (text: string): string => /(\d{6}-){7}\d{6}/.exec(text)![0]

describe("the sample volume", () => {
  it("is what its recipe makes", async () => {
    const { image } = await forge(loadFixture("sample"), {
      layout: "windows8",
      method: EncryptionMethod.xtsAes128,
      free: freeExtents("sample"),
      protectors: [
        { kind: "password", password: "correct horse battery staple" },
        { kind: "recovery-password", digits: recoveryPasswordOf(readFileSync(CREDENTIALS, "utf8")) },
      ],
    })
    if (process.env.UPDATE_SAMPLE) writeFileSync(VOLUME, image)
    expect(Buffer.compare(readFileSync(VOLUME), image)).toBe(0)
  })
})
