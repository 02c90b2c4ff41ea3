/** One file of each kind, as Windows, directories and people leave them. */
import { describe, expect, it } from "vitest"
import { serializeStartupKey } from "../../src/credential/index.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import { Secret } from "../../src/crypto/secret.ts"
import {
  DatumRole,
  DatumType,
  ExternalInfoBody,
  serializeCcmDatum,
  serializeDatum,
  serializeKeyBackup,
} from "../../src/fve/index.ts"
import { ENCODINGS, forgeKeyPackage, keyPackageVolume } from "./packages.ts"
import { base64, guidBytes, guidOf, mistyped, passwordOf, searchBytes, utf16, wantedOf } from "./samples.ts"

const [key, id] = [passwordOf(1), guidOf(1)]
const [otherKey, otherId] = [passwordOf(2), guidOf(2)]

/** As Windows saves it; the words are another language's, and do not matter. */
const savedText = (password: string, guid: string): string =>
  [
    "Clé de récupération du Chiffrement de lecteur BitLocker ",
    "",
    "Comparez le début de l’identificateur suivant à la valeur affichée sur votre ordinateur.",
    "",
    "Identificateur :",
    "",
    `\t${guid}`,
    "",
    "Clé de récupération :",
    "",
    `\t${password}`,
    "",
  ].join("\r\n")

describe("a text that Windows saved", () => {
  it.each([
    ["UTF-16", utf16(savedText(key, id))],
    ["UTF-16 without its mark", utf16(savedText(key, id), { mark: false })],
    ["UTF-16, big-endian", utf16(savedText(key, id), { bigEndian: true })],
    ["UTF-8 with a mark", `\ufeff${savedText(key, id)}`],
    ["UTF-8", savedText(key, id)],
    ["an 8-bit code page", new Uint8Array(Buffer.from(savedText(key, id), "latin1"))],
    [
      "UTF-16 that was added to ASCII",
      new Uint8Array([...Buffer.from("notes\r\n"), ...utf16(savedText(key, id), { mark: false })]),
    ],
    ["UTF-8 with marks of no width", savedText(key.replaceAll("-", "\u200b-\u200d"), id)],
    ["UTF-8 with dashes of print", savedText(key.replaceAll("-", "–"), id.replaceAll("-", "\u2011"))],
    [
      "UTF-8 with wide digits",
      savedText(
        key.replace(/\d/g, (d) => String.fromCodePoint(0xff10 + Number(d))),
        id,
      ),
    ],
    [
      "UTF-8 with Arabic digits",
      savedText(
        key.replace(/\d/g, (d) => String.fromCodePoint(0x660 + Number(d))),
        id,
      ),
    ],
    ["lower case", savedText(key, `{${id.toLowerCase()}}`)],
  ])("is read: %s", async (_, content) => {
    const { passwords } = await searchBytes(content)
    expect(passwords).toEqual([[key, id]])
  })

  it("takes the key ID from its name when it has none inside", async () => {
    const name = `BitLocker Recovery Key ${id}.TXT`
    const { passwords, candidates } = await searchBytes(utf16(`x\r\n${key}\r\n`), { name })
    expect(passwords).toEqual([[key, id]])
    expect(candidates[0]!.origin).toBe(`${name}, line 2`)
  })

  it("may be several in one file, each with its own key ID", async () => {
    const { passwords } = await searchBytes(savedText(key, id) + savedText(otherKey, otherId))
    expect(passwords).toEqual([
      [key, id],
      [otherKey, otherId],
    ])
  })

  it("may name the key ID behind the password", async () => {
    const { passwords } = await searchBytes(`${key} (ID ${id})\n${otherKey} (ID ${otherId})\n`)
    expect(passwords).toEqual([
      [key, id],
      [otherKey, otherId],
    ])
  })

  it("names of several GUIDs the one that the drive asks for", async () => {
    const text = `${id}\n${guidOf(3)}\n${key}`
    expect((await searchBytes(text)).passwords).toEqual([[key, guidOf(3)]])
    expect((await searchBytes(text, { wanted: wantedOf(id) })).passwords).toEqual([[key, id]])
  })

  it("may know no more of the key ID than its first eight characters", async () => {
    const text = `20240131 key ${id.slice(0, 8).toLowerCase()}: ${key}`
    const { candidates } = await searchBytes(text, { wanted: wantedOf(id) })
    expect(candidates).toMatchObject([{ shortId: id.slice(0, 8), kind: "recovery-password" }])
  })

  it("is told to be wrong when it was mistyped, with its key ID and its group, and not its digits", async () => {
    const { candidates, findings } = await searchBytes(savedText(mistyped(key, 4), id), { name: "a.txt" })
    expect(candidates).toEqual([])
    expect(findings).toMatchObject([
      { code: "recovery-password-malformed", evidence: { protectorId: id, groups: [{ group: 4 }] } },
    ])
    expect(findings[0]!.text).toBe(
      `a.txt, line 11: the recovery password of the key ID ${id} cannot be right: look at group 4`,
    )
    for (const group of key.split("-")) expect(JSON.stringify(findings)).not.toContain(group)
  })
})

describe("a startup key", () => {
  const file = serializeStartupKey({
    kind: "startup-key",
    keyId: id,
    key: new Secret(new Uint8Array(32).fill(7)),
    volumeId: otherId,
  })

  it("is read whatever its name", async () => {
    const { candidates } = await searchBytes(file, { name: "renamed.dat" })
    expect(candidates).toMatchObject([
      { kind: "startup-key", protectorId: id, volumeId: otherId, origin: "renamed.dat" },
    ])
  })

  it("that is damaged is told, when it is called one", async () => {
    const { findings } = await searchBytes(file.subarray(0, 90), { name: `${id}.BEK` })
    expect(findings).toMatchObject([{ code: "startup-key-malformed", evidence: { protectorId: id } }])
    expect((await searchBytes(file.subarray(0, 90), { name: "x.dat" })).findings).toEqual([])
  })
})

describe("a key package", () => {
  it.each(ENCODINGS)("is read as %s", async (encoding) => {
    const { candidates } = await searchBytes(await forgeKeyPackage(encoding), { name: "x.KPG" })
    expect(candidates).toMatchObject([
      { kind: "key-package", keyPackage: { volumeId: await keyPackageVolume() } },
    ])
  })

  it("that is damaged is told with the key ID of its name", async () => {
    const { findings } = await searchBytes(new Uint8Array(300).fill(3), {
      name: `BitLocker Key Package {${id}}.KPG`,
    })
    expect(findings).toMatchObject([{ code: "key-package-malformed", evidence: { protectorId: id } }])
  })
})

describe("a key backup", () => {
  const backup = async () => ({
    created: new Date(0),
    input: "/dev/sdb",
    sourceSize: 1 << 30,
    volume: { id: otherId, offset: 0, size: 1 << 30, sectorSize: 512, description: "PC7 D: 1/2/2024" },
    protectors: [
      {
        id,
        kind: "recovery-password",
        recoveryPassword: Secret.ofText(key),
        keyPackage: await forgeKeyPackage("binary"),
      },
    ],
    structures: [],
  })

  it("gives what it holds, and itself", async () => {
    const { candidates, passwords } = await searchBytes(serializeKeyBackup(await backup(), nodeCrypto.sha256))
    expect(passwords).toEqual([[key, id]])
    expect(candidates).toMatchObject([
      { kind: "key-package", volumeId: otherId, backup: { input: "/dev/sdb" } },
      { kind: "recovery-password", computer: "PC7" },
    ])
  })

  it("that was altered gives nothing, and says so", async () => {
    const file = serializeKeyBackup(await backup(), nodeCrypto.sha256)
    file[200]! ^= 1
    const { candidates, findings } = await searchBytes(file)
    expect(candidates).toEqual([])
    expect(findings).toMatchObject([{ code: "key-backup-unusable", evidence: { fault: "altered" } }])
  })
})

describe("LDIF", () => {
  const dn = (guid: string): string =>
    `CN=2023-10-10T10:00:00-08:00{${guid}},CN=PC1,OU=Laptops\\, old,DC=rb,DC=test`

  /** Lines of 76 characters, as both programs fold them. */
  const folded = (line: string): string => line.replace(/(?!^)(.{75})/g, "$1\r\n ")

  const entry = async (guid: string, password: string): Promise<string> =>
    [
      `dn: ${dn(guid)}`,
      "changetype: add",
      "objectClass: top",
      "objectClass: msFVE-RecoveryInformation",
      `name:: ${base64(Buffer.from("not of interest"))}`,
      `msFVE-RecoveryGuid:: ${base64(guidBytes(guid))}`,
      `msFVE-VolumeGuid;binary:: ${base64(guidBytes(await keyPackageVolume()))}`,
      `msFVE-RecoveryPassword: ${password}`,
      `msFVE-KeyPackage:: ${base64(await forgeKeyPackage("binary"))}`,
    ]
      .map(folded)
      .join("\r\n")

  it("gives password and key package of each entry, with what its name says", async () => {
    const text = `version: 1\r\n\r\n${await entry(id, key)}\r\n\r\n${await entry(otherId, otherKey)}\r\n`
    for (const content of [text, text.replaceAll("\r", ""), utf16(text)]) {
      const { candidates, passwords, findings } = await searchBytes(content, { name: "ad.ldf" })
      expect(passwords).toEqual([
        [key, id],
        [otherKey, otherId],
      ])
      expect(candidates).toHaveLength(4)
      expect(candidates[0]).toMatchObject({
        origin: `ad.ldf, line 3, ${dn(id)}`,
        computer: "PC1",
        volumeId: await keyPackageVolume(),
        created: new Date("2023-10-10T10:00:00-08:00"),
      })
      expect(candidates[1]).toMatchObject({ kind: "key-package", protectorId: id })
      expect(findings).toEqual([])
    }
  })

  it("as ldapsearch writes it, with comments, names in base64 and its last lines", async () => {
    const text = [
      "# extended LDIF",
      "#",
      "# LDAPv3, a comment that is",
      " folded",
      "",
      `dn:: ${base64(Buffer.from(dn(id)))}`,
      `msFVE-RecoveryPassword: ${key}`,
      "",
      "# search result",
      "search: 2",
      "result: 0 Success",
    ].join("\n")
    expect((await searchBytes(text)).passwords).toEqual([[key, id]])
  })

  it("does not end at a broken entry", async () => {
    const broken = `dn: ${dn(id)}\nmsFVE-KeyPackage:: %%%%\nmsFVE-RecoveryGuid:: AAA\nmsFVE-RecoveryPassword: none\n\n`
    const text = `version: 1\n\n${broken}${await entry(otherId, otherKey)}`
    const { passwords, findings } = await searchBytes(text)
    expect(passwords).toEqual([[otherKey, otherId]])
    expect(findings.map(({ code, evidence }) => [code, evidence?.protectorId])).toEqual([
      ["recovery-password-malformed", id],
      ["ldif-value-broken", id],
      ["ldif-value-broken", id],
    ])
  })

  it("never opens a file that it names", async () => {
    const text = `dn: ${dn(id)}\nmsFVE-RecoveryPassword:< file:///etc/hostname\n`
    const { candidates, findings } = await searchBytes(text)
    expect(candidates).toEqual([])
    expect(findings).toMatchObject([{ code: "ldif-value-broken" }])
    expect(findings[0]!.text).toContain("stands in another file")
  })

  it("is read a piece at a time, wherever it is cut", async () => {
    const text = `version: 1\n\n${await entry(id, key)}\n\n${await entry(otherId, otherKey)}`
    for (const chunkSize of [1, 7, 64]) {
      const { passwords } = await searchBytes(text, { chunkSize })
      expect(passwords).toHaveLength(2)
    }
  })
})

describe("a table", () => {
  const rows = [
    [guidOf(9), id, key, "PC1", "2024-01-31T10:00:00Z"],
    [guidOf(8), otherId, otherKey, "PC2", "2024-02-01T10:00:00Z"],
    [guidOf(8), guidOf(3), passwordOf(3), "PC2", "2024-02-02T10:00:00Z"],
  ]
  const header = ["DeviceId", "Recovery Key ID", "Recovery Key", "Device name", "Created"]
  const table = (delimiter: string, quote = ""): string =>
    [header, ...rows].map((row) => row.map((cell) => quote + cell + quote).join(delimiter)).join("\r\n")

  it.each([
    ["commas", table(",")],
    ["semicolons", table(";")],
    ["tabs", table("\t")],
    ["bars", table("|")],
    ["quotes", table(",", '"')],
    ["the type that PowerShell writes first", `#TYPE Selected.System\r\n${table(",", '"')}`],
    ["Excel's first line", `sep=;\r\n${table(";")}`],
    ["UTF-16 and tabs, as Excel saves it", utf16(table("\t"))],
    ["line ends in its cells", table(",", '"').replaceAll(/^"/gm, '"a ""note""\r\n\r\nof three lines","')],
  ])("with %s is read by its columns", async (_, content) => {
    const { candidates, passwords } = await searchBytes(content, { name: "keys.csv" })
    expect(passwords).toEqual(rows.map(([, guid, password]) => [password, guid]))
    expect(candidates[0]).toMatchObject({ computer: "PC1", created: new Date("2024-01-31T10:00:00Z") })
  })

  it("says aloud which columns it took", async () => {
    const { findings } = await searchBytes(table(","), { name: "keys.csv" })
    expect(findings.map(({ text }) => text)).toEqual([
      'keys.csv: read as a table with "," between its columns: keys in "Recovery Key" (3), key IDs in "Recovery Key ID" (3)',
    ])
  })

  it("takes the key ID from any column when the drive asks for it", async () => {
    const names = table(",").replace("Recovery Key ID", "Device").replace("DeviceId", "Recovery Key ID")
    const { passwords } = await searchBytes(names, { wanted: wantedOf(otherId) })
    expect(passwords[1]).toEqual([otherKey, otherId])
  })

  it("without a header is read too", async () => {
    const { passwords, candidates } = await searchBytes(table(",").split("\r\n").slice(1).join("\n"), {
      name: "t",
    })
    expect(passwords.map(([password]) => password)).toEqual(rows.map(([, , password]) => password))
    expect(candidates[0]!.origin).toBe("t, line 1")
  })

  it("loses no line for a quote that nobody closed", async () => {
    const more = Array.from({ length: 40 }, () => `${guidOf(7)},${guidOf(6)},${passwordOf(6)},PC,2024`)
    const content = [
      header.join(","),
      ...more,
      `"x,${guidOf(5)},nothing,PC9,`,
      ...rows.map((row) => row.join(",")),
    ]
    const { passwords, findings } = await searchBytes(content.join("\n"), { name: "t" })
    expect(passwords.slice(40)).toEqual(rows.map(([, guid, password]) => [password, guid]))
    expect(findings.map(({ text }) => text)).toContain(
      "t, line 42: a quote is opened and not closed: the lines behind it are read one by one",
    )
  })

  it("tells the row of a key that was mistyped", async () => {
    const { findings } = await searchBytes(table(",").replace(otherKey, mistyped(otherKey, 2)), { name: "t" })
    expect(findings[0]!.text).toBe(
      `t, line 3: the recovery password of the key ID ${otherId} cannot be right: look at group 2`,
    )
  })

  it("may be larger than what is read of other texts", async () => {
    const row = `${guidOf(7)},${"nothing of interest! ".repeat(100)},none,PC,2024\n`
    const content = `${header.join(",")}\n${row.repeat(Math.ceil((17 << 20) / row.length))}${rows[0]!.join(",")}\n`
    const { passwords } = await searchBytes(content, { chunkSize: 1 << 20 })
    expect(passwords.at(-1)).toEqual([key, id])
  })

  it("that is only prose with commas is read as prose", async () => {
    const text = `one, two, three\nfour, five, six\nmy key ID, you know, ${id}\n1, 2, 3\nis ${key.replaceAll("-", " - ")}`
    expect((await searchBytes(text)).passwords.map(([password]) => password)).toEqual([key])
  })
})

describe("JSON", () => {
  const graph = {
    value: [
      {
        id: otherId.toLowerCase(),
        createdDateTime: "2024-02-01T10:00:00Z",
        deviceId: guidOf(9),
        key: otherKey,
      },
      { id: id.toLowerCase(), createdDateTime: "2024-01-31T10:00:00Z", deviceId: guidOf(9), key },
    ],
  }
  const both = [
    [otherKey, otherId],
    [key, id],
  ]

  it.each([
    ["Microsoft Graph", JSON.stringify(graph)],
    ["one document a line", graph.value.map((one) => JSON.stringify(one)).join("\n")],
    [
      "Get-BitLockerVolume",
      JSON.stringify({
        MountPoint: "C:",
        KeyProtector: graph.value.map((one) => ({
          KeyProtectorId: `{${one.id}}`,
          RecoveryPassword: one.key,
        })),
      }),
    ],
    [
      "Get-ADObject, whose GUIDs are lists of bytes",
      JSON.stringify(
        graph.value.map((one) => ({
          "msFVE-RecoveryGuid": [...guidBytes(one.id)],
          "msFVE-RecoveryPassword": one.key,
          ObjectGUID: guidOf(4),
        })),
        null,
        2,
      ),
    ],
    ["a document that is cut", JSON.stringify(graph, null, 2).slice(0, -5)],
  ])("of %s is read", async (_, text) => {
    expect((await searchBytes(text, { wanted: wantedOf(id, otherId) })).passwords).toEqual(both)
  })

  it("says where in it a key stands, and how it was read", async () => {
    const { candidates, findings } = await searchBytes(JSON.stringify(graph), { name: "g.json" })
    expect(candidates[1]).toMatchObject({
      origin: "g.json, $.value[1]",
      created: new Date("2024-01-31T10:00:00Z"),
    })
    expect(findings.map(({ text }) => text)).toEqual([
      'g.json: read as JSON: keys in "key" (2), key IDs in "id" (2)',
    ])
  })

  it("gives key packages too", async () => {
    const bytes = await forgeKeyPackage("binary")
    for (const value of [base64(bytes), [...bytes]]) {
      const { candidates } = await searchBytes(JSON.stringify({ name: id, "msFVE-KeyPackage": value }))
      expect(candidates).toMatchObject([{ kind: "key-package" }])
    }
  })

  it("that is nested too deep is not walked, and its keys are found all the same", async () => {
    const deep = `${"[".repeat(100_000)}"${id} ${key}"${"]".repeat(100_000)}`
    const { passwords, findings } = await searchBytes(deep)
    expect(passwords).toEqual([[key, id]])
    expect(findings[0]!.code).toBe("json-too-deep")
  })
})

describe("a registry export", () => {
  const datum = serializeDatum({
    role: DatumRole.property,
    type: DatumType.externalInfo,
    body: [
      ExternalInfoBody.serialize({ id, created: 0n }),
      serializeCcmDatum(DatumRole.property, {
        nonce: new Uint8Array(12).fill(1),
        tag: new Uint8Array(16).fill(2),
        ciphertext: new Uint8Array(44).fill(3),
      }),
    ],
  })
  const digits = [...datum].map((byte) => byte.toString(16).padStart(2, "0")).join(",")
  const exported = [
    "Windows Registry Editor Version 5.00",
    "",
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\FVEAutoUnlock]",
    "",
    `[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\FVEAutoUnlock\\{${otherId.toLowerCase()}}]`,
    `"Data"=hex:${digits.replace(/(.{60})/g, "$1\\\r\n  ")}`,
    "",
  ].join("\r\n")

  it.each([
    ["UTF-16, as regedit writes it", utf16(exported)],
    ["UTF-8", exported],
  ])("gives the keys that open data volumes by themselves: %s", async (_, content) => {
    const { candidates } = await searchBytes(content, { name: "auto.reg" })
    expect(candidates).toMatchObject([
      { kind: "auto-unlock-key", protectorId: id, volumeId: otherId, origin: "auto.reg, line 6" },
    ])
  })
})

describe("a file that holds no key", () => {
  it.each([
    ["nothing", ""],
    ["a note", "milk, eggs, bread"],
    ["zeros", new Uint8Array(1 << 20)],
    ["noise", Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 31 + 7) & 0xff)],
  ])("gives nothing: %s", async (_, content) => {
    expect(await searchBytes(content)).toEqual({ candidates: [], passwords: [], findings: [] })
  })

  it("but could, when it was unpacked, is told", async () => {
    const { findings } = await searchBytes("%PDF-1.7\n%\u0001\u0002\u0003\u0004\u0005", { name: "print.pdf" })
    expect(findings[0]!.text).toContain("print.pdf: a PDF is not looked into")
  })

  it("is left out by name when it is too large", async () => {
    const binary = await searchBytes(new Uint8Array(2 << 20).fill(1), { name: "film", chunkSize: 1 << 16 })
    expect(binary.findings).toMatchObject([{ code: "large-binary-left-out" }])
    const text = await searchBytes(`${"a".repeat(99)}\n`.repeat(180_000), { name: "log", chunkSize: 1 << 20 })
    expect(text.findings).toMatchObject([{ code: "text-left-out" }])
  })

  it("has one line without end, and is read all the same", async () => {
    const { passwords } = await searchBytes(`${"x".repeat(5 << 20)} ${key}`, { chunkSize: 1 << 16 })
    expect(passwords).toEqual([[key, undefined]])
  })
})

describe("a key in the place of a name", () => {
  it.each([
    ["of a member in JSON", JSON.stringify({ keys: { [key]: { key: otherKey } } }), "keys.json"],
    ["of a file", `${otherKey}\n`, `recovery ${key}.txt`],
    ["of a computer, where a row is shifted by a cell", `device,key\n${key},${otherKey}\n`, "keys.csv"],
    ["of a file that is broken", "x", `${key} ${id}.BEK`],
  ])("%s is not told", async (_, content, name) => {
    const { candidates, findings } = await searchBytes(content, { name })
    const told = JSON.stringify([candidates, findings])
    expect(told).toContain("<redacted>")
    for (const group of key.split("-")) expect(told).not.toContain(group)
  })
})
