/** Servers that are silent, endless, malformed, or not who they should be. Each is refused by name, in time, and nothing crashes. */
import type { Socket } from "node:net"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { concatBytes } from "../../../src/bytes/concat.ts"
import { openAdDs } from "../../../src/places/ad-ds/index.ts"
import { element, integer, octets, sequence } from "../../../src/places/ad-ds/ber.ts"
import { type Certificates, makeCertificates } from "../../servers/certificates.ts"
import { type FakeLdap, type Script, answers, serveLdap, serveLdaps, upgrade } from "../../servers/ldap.ts"
import { type Temporary, temporaryFolder } from "../../suites/system.ts"
import { requireTools } from "../../suites/tools.ts"
import { type Outcome, searchPlace, secret } from "../search.ts"

const KEY_ID = "A1B2C3D4-0102-0304-0506-0708090A0B0C"
const DN = `CN=2026-11-22T08:00:00-00:00{${KEY_ID}},CN=PC01,DC=rb,DC=test`
const PASSWORD = "Passw0rd.Secret"
/** Whoever answers does so at once; the machine may be busy. */
const TIMEOUT_MS = 5000
const OVER_LDAP = { scheme: "ldap" }
/** For those who do not. */
const IMPATIENT = { timeoutMs: 300 }

describe.skipIf(!requireTools("openssl"))("a hostile directory", () => {
  let folder: Temporary
  let certificates: Certificates
  let otherName: Certificates
  beforeAll(() => {
    folder = temporaryFolder()
    certificates = makeCertificates(folder.path, "IP:127.0.0.1")
    const other = temporaryFolder(folder.path)
    otherName = makeCertificates(other.path, "DNS:elsewhere.example.com")
  })
  afterAll(() => folder.dispose())

  describe("before the login", () => {
    it("never hears the password without encryption", async () => {
      const server = await serving(
        serveLdap((_, socket, id) => socket.write(answers.extended(id, 2, "no such thing"))),
      )
      const found = await ask(server, OVER_LDAP)
      expect(found.error).toMatchObject({ code: "directory-not-encrypted", exitCode: 15 })
      expect(Buffer.concat(server.plain).toString("latin1")).not.toContain("Passw0rd")
      expect(server.plain.length).toBe(1)
    })

    it("is refused when it says something in plain text behind its agreement to StartTLS", async () => {
      const script: Script = (request, socket, id) => {
        if (request === 1) socket.write(concatBytes([answers.extended(id), answers.bind(2)]))
      }
      const found = await ask(await serving(serveLdap(script)), OVER_LDAP)
      expect(found.error).toMatchObject({ code: "directory-malformed" })
    })

    it("is spoken to after StartTLS like any other", async () => {
      const script: Script = (_, socket, id) => {
        socket.write(answers.extended(id))
        upgrade(socket, certificates, obliging())
      }
      const found = await ask(await serving(serveLdap(script)), OVER_LDAP)
      expect(found.error).toBeUndefined()
      expect(found.passwords).toEqual(["000011-000022-000033-000044-000055-000066-000077-000088"])
    })

    it.each<[string, Script]>([
      ["no answer to StartTLS", () => {}],
      ["StartTLS without a handshake", (_, socket, id) => socket.write(answers.extended(id))],
    ])("is left when there is %s", async (_, script) => {
      const found = await ask(await serving(serveLdap(script)), { ...OVER_LDAP, ...IMPATIENT })
      expect(found.error).toMatchObject({ code: "directory-silent" })
    })

    it("is left when it never shakes hands", async () => {
      const found = await ask(await serving(serveLdap(() => {})), IMPATIENT)
      expect(found.error).toMatchObject({ code: "directory-silent" })
    })

    it("is refused when it speaks another protocol", async () => {
      const script: Script = (_, socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")
      const server = await serving(serveLdap(script))
      expect((await ask(server, OVER_LDAP)).error).toMatchObject({ code: "directory-malformed" })
    })

    it.each(["ldaps", "ldap"])(
      "is refused when its certificate is for another name, over %s:",
      async (scheme) => {
        const granting: Script = (_, socket, id) => {
          socket.write(answers.extended(id))
          upgrade(socket, otherName, obliging())
        }
        const server = await serving(
          scheme === "ldap" ? serveLdap(granting) : serveLdaps(otherName, obliging()),
        )
        const found = await ask(server, { scheme, ca: otherName.ca })
        expect(found.error).toMatchObject({ code: "directory-other-name" })
      },
    )

    it("is said to be unreachable when nobody listens", async () => {
      const server = await serving(serveLdap(() => {}))
      await server.stop()
      expect((await ask(server)).error).toMatchObject({ code: "directory-unreachable" })
    })
  })

  describe("after the login", () => {
    it.each<[string, (id: number) => Uint8Array]>([
      // It makes ldapts 8.2.0 loop until memory ends.
      [
        "a last value that is shorter than its length says",
        (id) =>
          sequence(
            integer(id),
            element(
              0x64,
              octets("a"),
              element(0x30, element(0x30, octets("a"), Uint8Array.of(0x31, 0x02, 0x04, 0x05))),
            ),
          ),
      ],
      [
        "an attribute without values",
        (id) => sequence(integer(id), element(0x64, octets("a"), sequence(sequence(octets("a"))))),
      ],
      ["a message that claims four GiB", () => Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff)],
      ["a length without an end", () => Uint8Array.of(0x30, 0x80, 0, 0)],
      ["a length of a hundred bytes", () => Uint8Array.of(0x30, 0xe4)],
      ["a message that is none", () => Uint8Array.of(0x47, 0x45, 0x54, 0x20)],
      ["an empty message", () => sequence()],
      ["an answer to nothing", () => answers.done(99)],
      ["another login", (id) => answers.bind(id)],
      ["an operation that nobody knows", (id) => sequence(integer(id), element(0x7e))],
      [
        "a number of nine bytes",
        (id) => sequence(element(0x02, new Uint8Array(9)), element(0x65), integer(id)),
      ],
      ["a message in a message's stead", (id) => sequence(sequence(integer(id)))],
    ])("is refused for %s", async (_, answer) => {
      const server = await serving(
        serveLdaps(
          certificates,
          afterLogin((socket, id) => socket.write(answer(id))),
        ),
      )
      const found = await ask(server)
      expect(found.error).toMatchObject({ code: "directory-malformed", exitCode: 15 })
      expect(found.candidates).toEqual([])
    })

    it("is left when it falls silent", async () => {
      const server = await serving(
        serveLdaps(
          certificates,
          afterLogin(() => {}),
        ),
      )
      expect((await ask(server, IMPATIENT)).error).toMatchObject({ code: "directory-silent" })
    })

    it("is left when it goes on, byte after byte, without coming to an end", async () => {
      const drip = (socket: Socket, id: number) => {
        const [head, ...rest] = [...answers.entry(id, "CN=x".repeat(20_000), {})]
        socket.write(Uint8Array.of(head!))
        const timer = setInterval(() => socket.write(Uint8Array.of(rest.shift()!)), 20)
        socket.on("close", () => clearInterval(timer))
      }
      const server = await serving(serveLdaps(certificates, afterLogin(drip)))
      const start = Date.now()
      expect((await ask(server, IMPATIENT)).error).toMatchObject({ code: "directory-silent" })
      // Each byte comes in time; the conversation as a whole does not.
      expect(Date.now() - start).toBeGreaterThan(2 * IMPATIENT.timeoutMs)
    })

    it("is not followed when its entries do not end", async () => {
      const flood = (socket: Socket, id: number) => {
        const some = concatBytes(Array.from({ length: 100 }, (_, i) => answers.entry(id, `CN=${i}`, {})))
        const more = () => {
          while (socket.writable && socket.write(some));
        }
        socket.on("drain", more)
        more()
      }
      const server = await serving(serveLdaps(certificates, afterLogin(flood)))
      const found = await ask(server)
      expect(found.candidates).toEqual([])
      expect(found.findings).toContain("directory-cut")
    })

    it("is not followed when its pages do not end", async () => {
      let pages = 0
      const page = (socket: Socket, id: number) => {
        pages++
        const more = sequence(integer(0), octets("and on"))
        const control = sequence(octets("1.2.840.113556.1.4.319"), octets(more))
        const done = element(0x65, element(0x0a, Uint8Array.of(0)), octets(""), octets(""))
        socket.write(sequence(integer(id), done, element(0xa0, control)))
      }
      const server = await serving(serveLdaps(certificates, afterLogin(page)))
      const found = await ask(server)
      expect(found.findings).toContain("directory-cut")
      expect(pages).toBeLessThan(2000)
    })

    it("is not followed to the servers that it names", async () => {
      const refer = (socket: Socket, id: number) => {
        const reference = element(0x73, octets("ldap://evil.example.com/DC=evil"))
        socket.write(concatBytes([sequence(integer(id), reference), answers.done(id)]))
      }
      const server = await serving(serveLdaps(certificates, afterLogin(refer)))
      expect((await ask(server)).findings).toContain("directory-referral")
    })

    it("cannot write to the terminal through the name of an entry", async () => {
      const trick = (socket: Socket, id: number) => {
        const entry = answers.entry(id, `CN=\u001b[2J\u0007{${KEY_ID}},DC=x`, {
          "msFVE-RecoveryPassword": ["000011-000022-000033-000044-000055-000066-000077-000088"],
        })
        socket.write(concatBytes([entry, answers.done(id)]))
      }
      const server = await serving(serveLdaps(certificates, afterLogin(trick)))
      const found = await ask(server)
      expect(found.candidates[0]!.origin).toContain("CN=?[2J?{")
      expect(JSON.stringify(found.candidates.map(({ origin }) => origin))).not.toMatch(/\\u001b|\\u0007/)
    })

    it("is quoted in printable characters only, and shortly", async () => {
      const refuse: Script = (_, socket, id) =>
        socket.write(answers.bind(id, 80, `\u001b]0;x\u0007${"y".repeat(5000)}`))
      const server = await serving(serveLdaps(certificates, refuse))
      const { error } = await ask(server)
      expect(error).toMatchObject({ code: "directory-refused" })
      expect(error!.message).toMatch(/^[\x20-\x7e]{1,400}$/)
    })

    it("does not get the password into an error", async () => {
      const refuse: Script = (_, socket, id) => socket.write(answers.bind(id, 49, "80090308, data 775, v1"))
      const server = await serving(serveLdaps(certificates, refuse))
      const { error } = await ask(server)
      expect(error!.message).toMatch(/the account is locked$/)
      expect(`${error!.message} ${error!.stack} ${JSON.stringify(error!.data)}`).not.toContain(PASSWORD)
    })
  })

  interface How {
    readonly scheme?: string
    readonly ca?: string
    readonly timeoutMs?: number
  }

  function ask({ port }: FakeLdap, how: How = {}): Promise<Outcome> {
    const { scheme = "ldaps", ca = certificates.ca, timeoutMs = TIMEOUT_MS } = how
    const settings = { user: "u@rb.test", password: secret(PASSWORD), caFile: ca, timeoutMs }
    const place = openAdDs(`${scheme}://127.0.0.1:${port}/DC=rb,DC=test`, settings)
    return searchPlace(place, { protectorIds: [KEY_ID] })
  }
})

/** Stopped with the test. */
async function serving(server: Promise<FakeLdap>): Promise<FakeLdap> {
  const started = await server
  onTestFinished(() => started.stop())
  return started
}

/** Lets anybody in, and then does as told with each search. */
function afterLogin(answer: (socket: Socket, id: number) => void): Script {
  return (request, socket, id) => {
    if (request === 1) socket.write(answers.bind(id))
    else answer(socket, id)
  }
}

function obliging(): Script {
  return afterLogin((socket, id) => {
    const entry = answers.entry(id, DN, {
      "MSFVE-recoverypassword": ["000011-000022-000033-000044-000055-000066-000077-000088"],
    })
    socket.write(concatBytes([entry, answers.done(id)]))
  })
}
