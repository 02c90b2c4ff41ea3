/** Certificates: from the files that people have to the volume that they open. Forged volumes: none of Windows with its key is public. */
import { X509Certificate } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { EncryptionMethod } from "../../src/crypto/method.ts"
import { Secret } from "../../src/crypto/secret.ts"
import { checkCredentials } from "../../src/job/check.ts"
import { inspectVolumes } from "../../src/job/inspect.ts"
import { openCertificateFile } from "../../src/job/open-certificate-file.ts"
import type { CredentialInput } from "../../src/job/requests.ts"
import { freeExtents, loadFixture } from "../fixtures/fixtures.ts"
import { forge, type Recipe } from "../forge/forge.ts"

const CERTIFICATES = fileURLToPath(new URL("../fixtures/certificates/", import.meta.url))
const PIN = "Zertifikat-7"
const agent = readFileSync(join(CERTIFICATES, "agent.cer.pem"), "utf8")
const THUMBPRINT = new X509Certificate(agent).fingerprint.replaceAll(":", "").toLowerCase()

const read = (name: string, pin?: string) =>
  openCertificateFile({
    content: readFileSync(join(CERTIFICATES, name)),
    path: name,
    ...(pin !== undefined && { pin: Secret.ofText(pin) }),
  })

describe("the file of a certificate", () => {
  it.each([
    ["agent-3des.pfx", PIN],
    ["agent-aes256.pfx", PIN],
    ["agent-rc2.pfx", PIN],
    ["agent-open.pfx", undefined],
    ["agent.pem", undefined],
  ])("%s gives its private key and the thumbprint", async (name, pin) => {
    const [key, ...others] = await read(name, pin)
    expect(others).toEqual([])
    expect(key!.thumbprint).toBe(THUMBPRINT)
    const { n } = new X509Certificate(agent).publicKey.export({ format: "jwk" })
    expect(Buffer.from(key!.modulus).toString("base64url")).toBe(n)
  })

  it("agent.encrypted.pem gives its private key, and no thumbprint", async () => {
    const [key] = await read("agent.encrypted.pem", PIN)
    expect(key!.thumbprint).toBeUndefined()
    expect(key!.modulus).toHaveLength(256)
  })

  it.each([
    ["agent-3des.pfx", "wrong", "certificate-locked"],
    ["agent-3des.pfx", undefined, "certificate-locked"],
    ["agent-aes256.pfx", "wrong", "certificate-locked"],
    ["agent-rc2.pfx", "wrong", "certificate-locked"],
    ["agent.encrypted.pem", undefined, "certificate-locked"],
    ["agent.encrypted.pem", "wrong", "certificate-locked"],
    ["agent.cer", undefined, "certificate-without-key"],
    ["agent.cer.pem", undefined, "certificate-without-key"],
    ["certificate-only.pfx", PIN, "certificate-without-key"],
    ["curve.pfx", PIN, "certificate-not-rsa"],
    ["curve.key.pem", undefined, "certificate-not-rsa"],
    ["make.sh", undefined, "certificate-malformed"],
  ])("%s with the password %s is refused: %s", async (name, pin, code) => {
    await expect(read(name, pin)).rejects.toMatchObject({ code, exitCode: 13 })
  })

  it("names the thumbprint of a certificate without its key", async () => {
    await expect(read("agent.cer")).rejects.toThrow(THUMBPRINT)
  })

  it("that is damaged at any place is refused, and crashes nothing", async () => {
    const whole = readFileSync(join(CERTIFICATES, "agent-aes256.pfx"))
    for (let at = 0; at < 200; at += 7) {
      const content = Uint8Array.from(whole)
      content[at]! ^= 0x55
      const opened = openCertificateFile({ content, path: "x.pfx", pin: Secret.ofText(PIN) })
      await opened.catch((error: unknown) => expect(error).toHaveProperty("exitCode", 13))
    }
  })
})

describe("a volume with a certificate", () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "repair-bde-certificates-"))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  async function check(protectors: Recipe["protectors"], ...files: [name: string, pin?: string][]) {
    const { image } = await forge(loadFixture("sample"), {
      layout: "windows8",
      method: EncryptionMethod.xtsAes128,
      free: freeExtents("sample"),
      protectors,
    })
    const path = join(folder, "volume.img")
    writeFileSync(path, image)
    const credentials = files.map(([name, pin]): CredentialInput => ({
      kind: "public-key",
      path: join(CERTIFICATES, name),
      origin: "-cf",
      ...(pin !== undefined && { pin: Secret.ofText(pin) }),
    }))
    return checkCredentials({ input: { path }, credentials })
  }

  it.each([
    ["as CNG orders the bytes", {}],
    ["as CryptoAPI orders them", { byteOrder: "cryptoapi" }],
    ["with a key datum inside", { holds: "key datum" }],
    ["with OAEP and SHA-1", { padding: "oaep-sha1" }],
    ["with OAEP and SHA-1, as CryptoAPI orders the bytes", { padding: "oaep-sha1", byteOrder: "cryptoapi" }],
    ["with OAEP and SHA-256", { padding: "oaep-sha256" }],
  ] as const)("opens with the private key: encrypted %s", async (_what, how) => {
    const report = await check(
      [{ kind: "public-key", certificate: { pem: agent, ...how } }],
      ["agent-3des.pfx", PIN],
    )
    expect(report.opens).toBe(true)
    expect(report.openedBy).toMatchObject({ protectorLabel: "certificate" })
  })

  it("opens with the right one of several, and says why the other one did not", async () => {
    const report = await check(
      [{ kind: "public-key", certificate: { pem: agent } }],
      ["other.pem"],
      ["agent.pem"],
    )
    expect(report.opens).toBe(true)
    expect(report.tries[0]).toMatchObject({
      outcome: "other-kind",
      why: `asks for the certificate with the thumbprint ${THUMBPRINT}`,
    })
  })

  it("says that a damaged key protector is damaged, when the certificate is right", async () => {
    const [key] = await read("agent.pem")
    const { image, metadataOffsets, areaSize } = await forge(loadFixture("sample"), {
      layout: "windows8",
      method: EncryptionMethod.xtsAes128,
      free: freeExtents("sample"),
      protectors: [{ kind: "public-key", certificate: { pem: agent } }],
    })
    // In each copy, the first byte of what was encrypted: behind the header of its datum, of 264 bytes.
    const modulus = Buffer.from(key!.modulus)
    for (const offset of metadataOffsets) {
      const area = Buffer.from(image.buffer, image.byteOffset + offset, areaSize)
      const exported = area.indexOf(modulus) - 27 - 8
      area[exported - 256 + 10]! ^= 1
    }
    const path = join(folder, "damaged.img")
    writeFileSync(path, image)
    const credentials = [
      { kind: "public-key", path: join(CERTIFICATES, "agent.pem"), origin: "-cf" } as const,
    ]
    const report = await checkCredentials({ input: { path }, credentials })
    expect(report.opens).toBe(false)
    expect(report.tries[0]).toMatchObject({ outcome: "damaged" })
  })

  it("shows which certificate to look for", async () => {
    const { image } = await forge(loadFixture("sample"), {
      layout: "windows8",
      method: EncryptionMethod.xtsAes128,
      free: freeExtents("sample"),
      protectors: [{ kind: "public-key", certificate: { pem: agent } }],
    })
    const path = join(folder, "inspected.img")
    writeFileSync(path, image)
    const { volumes } = await inspectVolumes({ path })
    expect(volumes[0]!.protectors[0]!.opensWith).toContain(THUMBPRINT)
  })
})
