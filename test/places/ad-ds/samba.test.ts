/**
 * Against a real Active Directory: Samba as a domain controller, with accounts of every degree of trust. What it holds is of
 * a forged volume, so that what is found can be compared byte for byte.
 */
import { execFileSync } from "node:child_process"
import { X509Certificate } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { equalBytes } from "../../../src/bytes/compare.ts"
import { EncryptionMethod } from "../../../src/crypto/method.ts"
import { parseMetadataBlock, readKeyProtector } from "../../../src/fve/index.ts"
import { type AdDsSettings, openAdDs } from "../../../src/places/ad-ds/index.ts"
import { runProgram } from "../../cli/program.ts"
import { freeExtents, loadFixture } from "../../fixtures/fixtures.ts"
import { type ForgedVolume, forge } from "../../forge/forge.ts"
import { forgeKeyPackage } from "../../forge/key-package.ts"
import { makeCertificates } from "../../servers/certificates.ts"
import { computerEntry, recoveryEntry, type RecoveryInformation } from "../../servers/recovery-information.ts"
import { type Login, requireSamba, startSamba, type SambaDomain } from "../../servers/samba.ts"
import { temporaryFolder } from "../../suites/system.ts"
import { requireTools } from "../../suites/tools.ts"
import { type Outcome, searchPlace, secret } from "../search.ts"

const hasSamba = requireSamba()
const hasKerberos = requireTools("kinit", "ldapsearch")
const STARTING_MS = 120_000

const CLIENTS = "OU=Clients,DC=rb,DC=test"
const PC01 = `CN=PC01,${CLIENTS}`
/** The libraries' own default is to ask the name service for everything. */
const KERBEROS = `[libdefaults]
 default_realm = RB.TEST
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
[realms]
 RB.TEST = {
  kdc = HOST
 }
`
/** Of another computer. */
const OTHER: RecoveryInformation = {
  keyId: "0FF1CE00-0102-0304-0506-0708090A0B0C",
  volumeId: "00000001-0002-0003-0004-000000000005",
  recoveryPassword: "000011-000022-000033-000044-000055-000066-000077-000088",
}

describe.skipIf(!hasSamba)("a Samba domain controller", () => {
  let domain: SambaDomain
  let volume: ForgedVolume
  let drive: RecoveryInformation
  /** May read everything of recovery information. */
  let delegated: Login
  /** May read recovery information, and nothing of it that is confidential. */
  let reader: Login
  let nobody: Login

  beforeAll(async () => {
    volume = await forgeDrive()
    drive = informationOf(volume)
    domain = await startSamba()
    domain.add(`dn: ${CLIENTS}\nobjectClass: organizationalUnit\n\n`)
    domain.add(computerEntry("PC01", CLIENTS) + recoveryEntry(drive, PC01))
    domain.add(computerEntry("PC02", CLIENTS) + recoveryEntry(OTHER, `CN=PC02,${CLIENTS}`))
    delegated = domain.addUser("delegated", ["read", "read passwords", "read key packages"], CLIENTS)
    reader = domain.addUser("reader", ["read"], CLIENTS)
    nobody = domain.addUser("nobody", [], CLIENTS)
  }, STARTING_MS)
  afterAll(() => domain?.stop())

  it.each(["ldaps", "ldap"])(
    "gives the drive's recovery password and key package over %s:",
    async (scheme) => {
      const found = await search({ protectorIds: [drive.keyId] }, delegated, {}, scheme)
      expect(found.error).toBeUndefined()
      expect(found.passwords).toEqual([drive.recoveryPassword])
      const [password, keyPackage] = found.candidates
      expect(password).toMatchObject({ protectorId: drive.keyId, volumeId: drive.volumeId, computer: "PC01" })
      expect(password!.origin).toBe(`${domain.host}, CN=2026-11-22T08:00:00-00:00{${drive.keyId}},${PC01}`)
      expect(keyPackage).toMatchObject({ kind: "key-package", volumeId: drive.volumeId })
      expect(keyPackage).toHaveProperty("keyPackage.protectors.0.id", drive.keyId)
    },
  )

  it.each<[string, () => object]>([
    ["the volume's GUID", () => ({ volumeIds: [drive.volumeId] })],
    ["the first eight characters of a key ID", () => ({ shortIds: [drive.keyId.slice(0, 8)] })],
    ["the computer, where the key ID is not known", () => ({ computers: ["PC01"] })],
    [
      "the computer, where the key ID is in no directory",
      () => ({ protectorIds: [OTHER.keyId.replace("0FF1CE", "000000")], computers: ["pc01"] }),
    ],
  ])("is searched by %s", async (_, wanted) => {
    const found = await search(wanted(), delegated)
    expect(found.error).toBeUndefined()
    expect(found.passwords).toEqual([drive.recoveryPassword])
  })

  it.each([`?computer=PC02`, `/CN=PC02,${CLIENTS}`])(
    "is searched only at %s when that is asked for",
    async (rest) => {
      const found = await search({}, delegated, {}, "ldaps", rest)
      expect(found.passwords).toEqual([OTHER.recoveryPassword])
    },
  )

  it("gives nothing of a key ID that it does not hold, and does not call that a right that is missing", async () => {
    const found = await search({ protectorIds: ["00000000-1111-2222-3333-444444444444"] }, delegated)
    expect(found).toMatchObject({ candidates: [], findings: [] })
    expect(found.error).toBeUndefined()
  })

  it("is not read as a whole when the drive shows no key ID", async () => {
    const found = await search({}, delegated)
    expect(found.error).toMatchObject({ code: "place-too-wide", exitCode: 2 })
  })

  describe("brings the key to the drive in the program itself:", () => {
    const image = (): string => join(domain.folder, "volume.img")
    const broken = (): string => join(domain.folder, "broken.img")
    beforeAll(() => {
      writeFileSync(image(), volume.image)
      const bytes = volume.image.slice()
      for (const offset of volume.metadataOffsets) bytes.fill(0, offset, offset + volume.areaSize)
      writeFileSync(broken(), bytes)
    })

    it("a drive that is whole", async () => {
      const place = `ldaps://${domain.host}`
      const { exitCode, stderr, stdout, output } = await run(delegated, ["repair", image()], "--keys", place)
      expect(exitCode, stderr).toBe(0)
      expect(equalBytes(output, volume.expected)).toBe(true)
      expect(`${stdout.toString()}${stderr}`).not.toContain(drive.recoveryPassword)
      expect(`${stdout.toString()}${stderr}`).not.toContain(delegated.password)
    })

    it("a drive whose metadata is destroyed, with the key package of its computer", async () => {
      const place = `ldap://${domain.host}?computer=PC01`
      const { exitCode, stderr, output } = await run(delegated, ["repair", broken()], "--keys", place)
      expect(exitCode, stderr).toBeLessThanOrEqual(3)
      expect(equalBytes(output, volume.expected)).toBe(true)
    })

    it("not to whom the right is missing", async () => {
      const place = `ldaps://${domain.host}`
      const { exitCode, stderr } = await run(reader, ["keys find", image()], "--in", place)
      expect(stderr).toContain("Control access")
      expect(exitCode).toBe(15)
    })

    async function run({ name, password }: Login, [command, input]: string[], ...rest: string[]) {
      const out = join(domain.folder, "out.img")
      rmSync(out, { force: true })
      const paths = command === "repair" ? [input!, out] : [input!]
      const login = ["--ldap-user", name, "--ldap-ca", domain.certificates.ca]
      const args = [...command!.split(" "), ...paths, ...rest, ...login]
      const ran = await runProgram(args, { cwd: domain.folder, env: { REPAIR_BDE_LDAP_PASSWORD: password } })
      return { ...ran, output: existsSync(out) ? readFileSync(out) : new Uint8Array(0) }
    }
  })

  describe.skipIf(!hasKerberos)("asked with a Kerberos ticket", () => {
    beforeAll(() => {
      domain.tool("spn", "add", `ldap/${domain.host}`, "DC1$")
      writeFileSync(join(domain.folder, "krb5.conf"), KERBEROS.replace("HOST", domain.host))
      vi.stubEnv("KRB5_CONFIG", join(domain.folder, "krb5.conf"))
    })
    afterAll(() => vi.unstubAllEnvs())

    it("gives the drive's recovery password and key package", async () => {
      login(delegated)
      const found = await askOver("ldap")
      expect(found.error).toBeUndefined()
      expect(found.passwords).toEqual([drive.recoveryPassword])
      expect(found.candidates[1]).toMatchObject({
        kind: "key-package",
        volumeId: drive.volumeId,
        computer: "PC01",
      })
      expect(found.findings).toEqual([])
    })

    it("says which right is missing to whom it is missing", async () => {
      login(reader)
      expect((await askOver("ldap")).error).toMatchObject({ code: "directory-no-right" })
    })

    it("goes over ldap: alone", async () => {
      expect((await askOver("ldaps")).error).toMatchObject({ code: "kerberos-over-ldaps", exitCode: 2 })
    })

    it("says how to get a ticket where there is none", async () => {
      vi.stubEnv("KRB5CCNAME", `FILE:${join(domain.folder, "no-ticket")}`)
      const { error } = await askOver("ldap")
      expect(error).toMatchObject({ code: "directory-no-ticket", exitCode: 15 })
      expect(error!.next[0]).toContain("kinit")
    })

    it("accepts no conversation that is not encrypted", async () => {
      const fake = join(domain.folder, "fake")
      mkdirSync(fake)
      const script = `#!/bin/sh\nfor one; do echo "$one"; done >${fake}/args\nexit 32\n`
      writeFileSync(join(fake, "ldapsearch"), script, { mode: 0o755 })
      await withPath(`${fake}:${process.env.PATH}`, () => askOver("ldap"))
      const args = readFileSync(join(fake, "args"), "utf8").split("\n")
      expect(args[args.indexOf("-O") + 1]).toBe("minssf=56")
    })

    it("says which program is missing", async () => {
      const { error } = await withPath(domain.folder, () => askOver("ldap"))
      expect(error).toMatchObject({ code: "ldapsearch-missing", exitCode: 14 })
    })

    const askOver = (scheme: string): Promise<Outcome> =>
      searchPlace(openAdDs(`${scheme}://${domain.host}`, { kerberos: true }), { protectorIds: [drive.keyId] })

    async function withPath<T>(path: string, work: () => Promise<T>): Promise<T> {
      const before = process.env.PATH
      process.env.PATH = path
      return work().finally(() => (process.env.PATH = before))
    }

    function login({ name, password }: Login): void {
      vi.stubEnv("KRB5CCNAME", `FILE:${join(domain.folder, "tickets")}`)
      execFileSync("kinit", [name.replace("rb.test", domain.realm)], { input: `${password}\n` })
    }
  })

  describe("to whom the right is missing", () => {
    it("says that the recovery password is there, and which right is missing", async () => {
      const found = await search({ protectorIds: [drive.keyId] }, reader)
      expect(found).toMatchObject({ candidates: [], findings: ["recovery-password-hidden"] })
      expect(found.error).toMatchObject({ code: "directory-no-right", exitCode: 15 })
      expect(found.error!.message).toContain(drive.keyId)
      expect(found.error!.next.join("\n")).toMatch(/Control access.*msFVE-RecoveryPassword/)
      expect(found.error!.next.join("\n")).toContain("dsacls")
    })

    it("tells it from a key ID that is not there", async () => {
      const found = await search({ protectorIds: ["00000000-1111-2222-3333-444444444444"] }, reader)
      expect(found).toMatchObject({ candidates: [], findings: [] })
      expect(found.error).toBeUndefined()
    })

    it("says so too where not even the class may be read, when the computer is known", async () => {
      const found = await search({ protectorIds: [drive.keyId], computers: ["PC01"] }, nobody)
      expect(found.error).toMatchObject({ code: "directory-no-right" })
      expect(found.error!.message).toContain(drive.keyId)
    })

    it("cannot be told from nothing at all otherwise, and that is what it says", async () => {
      const found = await search({ protectorIds: [drive.keyId] }, nobody)
      expect(found.error).toMatchObject({ code: "directory-shows-nothing", exitCode: 15 })
    })

    it("says that the key is not there where only names of other keys are shown", async () => {
      const found = await search({ protectorIds: [OTHER.keyId], computers: ["PC01"] }, nobody)
      expect(found).toMatchObject({ candidates: [], findings: ["directory-other-keys"] })
      expect(found.error).toBeUndefined()
    })
  })

  it("gives the key package alone to whom only that was delegated", async () => {
    const odd = domain.addUser("odd", ["read", "read key packages"], CLIENTS)
    const found = await search({ protectorIds: [drive.keyId] }, odd)
    expect(found.error).toBeUndefined()
    expect(found.candidates.map(({ kind }) => kind)).toEqual(["key-package"])
    expect(found.findings).toEqual(["recovery-password-hidden"])
  })

  describe("is refused, or refuses,", () => {
    it("with a wrong password, and says which user", async () => {
      const found = await search({ protectorIds: [drive.keyId] }, { ...delegated, password: "wrong" })
      expect(found.error).toMatchObject({ code: "directory-login-refused", exitCode: 15 })
      expect(found.error!.message).toContain(delegated.name)
      expect(JSON.stringify([found.error!.message, found.error!.data])).not.toContain("wrong,")
    })

    it("with an account that is disabled, and says so", async () => {
      const disabled = domain.addUser("disabled", ["read"], CLIENTS)
      domain.tool("user", "disable", "disabled")
      const found = await search({ protectorIds: [drive.keyId] }, disabled)
      expect(found.error!.message).toMatch(/the account is disabled$/)
    })

    it.each(["ldaps", "ldap"])(
      "with a certificate of an authority that is not trusted, over %s:",
      async (scheme) => {
        const folder = temporaryFolder()
        const { ca } = makeCertificates(folder.path, "IP:127.0.0.1")
        const found = await search({ protectorIds: [drive.keyId] }, delegated, { caFile: ca }, scheme)
        folder.dispose()
        expect(found.error).toMatchObject({ code: "directory-untrusted", exitCode: 15 })
        expect(found.error!.next[0]).toContain("--ldap-ca")
      },
    )

    it("with the authorities of this computer, which know none of a domain", async () => {
      const { caFile: _, ...settings } = settingsOf(delegated)
      const found = await searchPlace(openAdDs(`ldaps://${domain.host}`, settings), {
        protectorIds: [drive.keyId],
      })
      expect(found.error).toMatchObject({ code: "directory-untrusted" })
    })

    it("never when the certificate is not to be looked at, and that is said", async () => {
      const { caFile: _, ...settings } = settingsOf(delegated, { insecureTls: true })
      const place = openAdDs(`ldaps://${domain.host}`, settings)
      const found = await searchPlace(place, { protectorIds: [drive.keyId] })
      expect(found).toMatchObject({ passwords: [drive.recoveryPassword], notices: ["insecure-tls"] })
    })

    it("with a part of the directory that is not there", async () => {
      const found = await search(
        { protectorIds: [drive.keyId] },
        delegated,
        {},
        "ldaps",
        "/OU=Nowhere,DC=rb,DC=test",
      )
      expect(found.error).toMatchObject({ code: "directory-base-missing" })
    })

    it("with a file that holds no certificate", async () => {
      const path = join(domain.folder, "no-certificate")
      writeFileSync(path, "no certificate")
      const found = await search({ protectorIds: [drive.keyId] }, delegated, { caFile: path })
      expect(found.error).toMatchObject({ code: "directory-ca-unreadable" })
    })
  })

  it("takes the authority's certificate as Windows saves it, too: DER", async () => {
    const path = join(domain.folder, "ca.cer")
    writeFileSync(path, new X509Certificate(readFileSync(domain.certificates.ca)).raw)
    const found = await search({ protectorIds: [drive.keyId] }, delegated, { caFile: path })
    expect(found.passwords).toEqual([drive.recoveryPassword])
  })

  it("asks for the password when none was given, and takes an empty one for none", async () => {
    const { password: _, ...settings } = settingsOf(delegated)
    const place = openAdDs(`ldaps://${domain.host}`, settings)
    const wanted = { protectorIds: [drive.keyId] }
    const questions: string[] = []
    const ask = (answer: string) => (question: string) => {
      questions.push(question)
      return Promise.resolve(secret(answer))
    }
    const asked = await searchPlace(place, wanted, { askSecret: ask(delegated.password) })
    expect(asked.passwords).toEqual([drive.recoveryPassword])
    expect(questions).toEqual([`Password of ${delegated.name} for ${domain.host}: `])
    const empty = await searchPlace(place, wanted, { askSecret: ask("") })
    expect(empty.error).toMatchObject({ code: "no-directory-password" })
    expect((await searchPlace(place, wanted)).error).toMatchObject({ code: "no-directory-password" })
  })

  it("is left at once when the search is aborted", async () => {
    const stop = new AbortController()
    const place = openAdDs(`ldaps://${domain.host}`, settingsOf(delegated))
    const reason = new Error("enough")
    const context = {
      signal: stop.signal,
      notice: () => {},
    }
    const items = place.search(
      { volumeIds: [], protectorIds: [drive.keyId], shortIds: [], computers: [] },
      context,
    )
    const searching = items[Symbol.asyncIterator]().next()
    stop.abort(reason)
    await expect(searching).rejects.toBe(reason)
  })

  function settingsOf({ name, password }: Login, more: Partial<AdDsSettings> = {}): AdDsSettings {
    return {
      user: name,
      password: secret(password),
      caFile: domain.certificates.ca,
      timeoutMs: 10_000,
      ...more,
    }
  }

  function search(
    wanted: object,
    login: Login,
    settings: Partial<AdDsSettings> = {},
    scheme = "ldaps",
    rest = "",
  ): Promise<Outcome> {
    return searchPlace(openAdDs(`${scheme}://${domain.host}${rest}`, settingsOf(login, settings)), wanted)
  }
})

function forgeDrive(): Promise<ForgedVolume> {
  return forge(loadFixture("sample"), {
    layout: "windows8",
    method: EncryptionMethod.xtsAes128,
    free: freeExtents("sample"),
    protectors: [{ kind: "recovery-password", hasBackupInfo: true }],
    seed: 77,
  })
}

function informationOf(volume: ForgedVolume): RecoveryInformation {
  const { dataset } = parseMetadataBlock(volume.image.subarray(volume.metadataOffsets[0]))!
  const keyId = dataset.datums.map(readKeyProtector).find((protector) => protector !== undefined)!.id
  return {
    keyId,
    volumeId: dataset.header.id,
    recoveryPassword: volume.protectors[0]!.recoveryPassword!,
    keyPackage: forgeKeyPackage(volume, { variant: "dataset", encoding: "binary", protectorId: keyId }),
  }
}
