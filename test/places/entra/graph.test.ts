/** Against a local server that speaks the documented protocol; the real service was never asked. */
import type { ServerResponse } from "node:http"
import { describe, expect, it } from "vitest"
import { openEntra } from "../../../src/places/entra/index.ts"
import type { EntraWorld } from "../../../src/places/entra/world.ts"
import type { WantedKeys } from "../../../src/places/place.ts"
import {
  type FakeGraph,
  type Misbehaviour,
  type StoredKey,
  refuse,
  reply,
  serveGraph,
  tokenWith,
} from "../../servers/graph.ts"
import { guidOf } from "../samples.ts"
import { type Outcome, searchPlace, secret } from "../search.ts"

const DEVICE = "2ef04ef1-23b0-2e00-a3a5-ab345e567ab6"
const OTHER_DEVICE = "1ab40ab2-32a8-4b00-b6b5-ba724e407de9"
const passwordOf = (group: number): string =>
  Array<string>(8)
    .fill(String(group * 11).padStart(6, "0"))
    .join("-")
/** The first five are of one device. */
const KEYS: readonly StoredKey[] = Array.from({ length: 7 }, (_, i) => ({
  id: `A1B2C3D${i}-0102-0304-0506-0708090A0B0C`,
  deviceId: i < 5 ? DEVICE : OTHER_DEVICE,
  key: passwordOf(i + 1),
}))
const [FIRST] = KEYS as [StoredKey]
const MISSING = "00000000-1111-2222-3333-444444444444"
const READER = tokenWith({ scp: "BitlockerKey.Read.All User.Read" })

describe("Entra ID", () => {
  it("gives the recovery password of a key ID, and reads no other", async () => {
    const graph = await serveGraph(KEYS)
    const found = await ask(graph, { protectorIds: [MISSING, FIRST.id], shortIds: [FIRST.id.slice(0, 8)] })
    expect(found.error).toBeUndefined()
    expect(found.passwords).toEqual([FIRST.key])
    expect(found.candidates[0]).toMatchObject({
      protectorId: FIRST.id,
      origin: `Entra ID, device ${DEVICE}, operating system volume`,
      created: new Date("2026-06-15T13:45:30Z"),
    })
    expect(graph.audit).toEqual([FIRST.id])
    expect(graph.requests.filter((path) => path.endsWith("/recoveryKeys"))).toEqual([])
  })

  it("leaves no trace in the audit log for what it does not hold", async () => {
    const graph = await serveGraph(KEYS)
    const found = await ask(graph, { protectorIds: [MISSING] })
    expect(found).toMatchObject({ candidates: [], findings: [], notices: [] })
    expect(graph.audit).toEqual([])
  })

  it("says what the audit log will hold before it is written", async () => {
    const graph = await serveGraph(KEYS)
    const auditThen: number[] = []
    const notice = (code: string) => void (code === "entra-audit" && auditThen.push(graph.audit.length))
    await searchPlace(placeOf(graph), { protectorIds: [FIRST.id] }, { notice })
    expect(auditThen).toEqual([0])
    expect(graph.audit.length).toBe(1)
  })

  it("is searched by the first eight characters of a key ID, on every page", async () => {
    const graph = await serveGraph(KEYS)
    const last = KEYS.at(-1)!
    const found = await ask(graph, { shortIds: [last.id.slice(0, 8)] })
    expect(found.passwords).toEqual([last.key])
    expect(graph.audit).toEqual([last.id])
    expect(graph.requests.filter((path) => path.includes("skiptoken")).length).toBe(3)
  })

  it("gives all keys of one device, and only of that one", async () => {
    const graph = await serveGraph(KEYS)
    const found = await ask(graph, {}, `entra:?device=${DEVICE.toUpperCase()}`)
    expect(found.passwords).toEqual(KEYS.slice(0, 5).map(({ key }) => key))
    expect(graph.requests[0]).toContain(`$filter=deviceId+eq+'${DEVICE}'`)
  })

  it("is not read as a whole when the drive shows no key ID", async () => {
    const graph = await serveGraph(KEYS)
    expect((await ask(graph, {})).error).toMatchObject({ code: "place-too-wide" })
    expect(graph.requests).toEqual([])
  })

  it("is read in the shape of the documentation's examples, too", async () => {
    const graph = await serveGraph(KEYS, (_, response, { pathname }) => {
      reply(response, 200, { value: { id: pathname.split("/").at(-1), key: FIRST.key } })
      return true
    })
    expect((await ask(graph, { protectorIds: [FIRST.id] })).passwords).toEqual([FIRST.key])
  })

  it("tells a mistyped key apart from a right one", async () => {
    const graph = await serveGraph([{ ...FIRST, key: FIRST.key.replace("000011", "000012") }])
    const found = await ask(graph, { protectorIds: [FIRST.id] })
    expect(found).toMatchObject({ candidates: [], findings: ["recovery-password-malformed"] })
  })

  describe("does not let everybody read", () => {
    it("without a permission in the token, which is named", async () => {
      const graph = await serveGraph(KEYS)
      const found = await ask(graph, { protectorIds: [FIRST.id] }, "entra:", tokenWith({ scp: "User.Read" }))
      expect(found.error).toMatchObject({ code: "entra-no-permission", exitCode: 15 })
      expect(found.error!.message).toContain("BitlockerKey.Read.All")
      expect(found.error!.data).toEqual({ permissions: ["User.Read"] })
    })

    it("with the permission to see IDs only: the key is there, and that is said", async () => {
      const graph = await serveGraph(KEYS)
      const token = tokenWith({ roles: ["BitlockerKey.ReadBasic.All"] })
      const found = await ask(graph, { protectorIds: [FIRST.id] }, "entra:", token)
      expect(found).toMatchObject({ candidates: [], findings: ["recovery-password-hidden"] })
      expect(found.error).toMatchObject({ code: "entra-no-permission" })
    })

    it("with the permission, but without the role of a person", async () => {
      const graph = await serveGraph(KEYS, (_, response) => {
        refuse(response, 403, "Authorization_RequestDenied")
        return true
      })
      const found = await ask(graph, { protectorIds: [FIRST.id] })
      expect(found.error).toMatchObject({ code: "entra-no-role" })
      expect(found.error!.next[0]).toContain("Helpdesk Administrator")
    })

    it("with a token that nobody can look into", async () => {
      const graph = await serveGraph(KEYS, (_, response) => {
        refuse(response, 403, "Forbidden")
        return true
      })
      const found = await ask(graph, { protectorIds: [FIRST.id] }, "entra:", "opaque")
      expect(found.error).toMatchObject({ code: "entra-no-right" })
    })

    it("with a token that has expired", async () => {
      const found = await ask(await serveGraph(KEYS), { protectorIds: [FIRST.id] }, "entra:", "expired")
      expect(found.error).toMatchObject({ code: "entra-token-refused" })
    })

    it("all keys: one that may not be read does not hide the others", async () => {
      const graph = await serveGraph(KEYS, (_, response, { pathname, search }) => {
        const isFirst = pathname.endsWith(FIRST.id.toLowerCase()) && search !== ""
        if (isFirst) refuse(response, 403, "Forbidden")
        return isFirst
      })
      const found = await ask(graph, {}, `entra:?device=${DEVICE}`)
      expect(found.error).toBeUndefined()
      expect(found.passwords).toEqual(KEYS.slice(1, 5).map(({ key }) => key))
      expect(found.findings).toEqual(["recovery-password-hidden"])
    })
  })

  describe("that has too many requests", () => {
    it.each([
      ["seconds", () => "1"],
      ["a date", () => new Date(Date.now() + 1500).toUTCString()],
      ["no way that is known", () => "-5"],
    ])("is asked again after the time that it names in %s, and no sooner", async (_, after) => {
      const times: number[] = []
      const graph = await serveGraph(KEYS, (_, response) => {
        times.push(Date.now())
        if (times.length === 1) refuse(response, 429, "TooManyRequests", { "Retry-After": after() })
        return times.length === 1
      })
      const found = await ask(graph, { protectorIds: [FIRST.id] })
      expect(found.passwords).toEqual([FIRST.key])
      // A date has whole seconds.
      expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(450)
    })

    it("is left when it asks for more patience than there is", async () => {
      const graph = await serveGraph(KEYS, busy("3600"))
      const found = await ask(graph, { protectorIds: [FIRST.id] })
      expect(found.error).toMatchObject({ code: "entra-throttled", data: { waitMs: 3_600_000 } })
      expect(graph.requests.length).toBe(1)
    })

    it("is left when its short waits come to more than there is patience for", async () => {
      const asked = new Set<string>()
      const graph = await serveGraph(KEYS, (request, response) => {
        if (asked.has(request.url!)) return false
        asked.add(request.url!)
        refuse(response, 429, "TooManyRequests", { "Retry-After": "1" })
        return true
      })
      const world = { ...graph.world, patienceMs: 1500 }
      const found = await searchPlace(openEntra("entra:", { token: secret(READER) }, world), {
        protectorIds: [FIRST.id],
      })
      expect(found.error).toMatchObject({ code: "entra-throttled", data: { waitMs: 1000 } })
      expect(graph.requests.length).toBe(3)
    })

    it("is left when it never stops being busy", async () => {
      const graph = await serveGraph(KEYS, busy("0"))
      expect((await ask(graph, { protectorIds: [FIRST.id] })).error).toMatchObject({
        code: "entra-throttled",
      })
      expect(graph.requests.length).toBe(5)
    })

    it("is left at once when the search is aborted while it waits", async () => {
      const stop = new AbortController()
      const graph = await serveGraph(KEYS, busy("2"))
      const searching = searchPlace(placeOf(graph), { protectorIds: [FIRST.id] }, { signal: stop.signal })
      setTimeout(() => stop.abort(new Error("enough")), 200)
      const start = Date.now()
      await expect(searching).rejects.toMatchObject({ name: "AbortError" })
      expect(Date.now() - start).toBeLessThan(1500)
    })
  })

  describe("that is somebody else", () => {
    it("does not get the token by a redirect", async () => {
      const graph = await serveGraph(KEYS, (_, response) => {
        response.writeHead(302, { Location: "https://evil.example.com/steal" }).end()
        return true
      })
      const found = await ask(graph, { protectorIds: [FIRST.id] })
      expect(found.error).toMatchObject({ code: "entra-redirected", data: { target: "evil.example.com" } })
      expect(graph.requests.length).toBe(1)
    })

    it.each([
      "https://evil.example.com/v1.0/informationProtection/bitlocker/recoveryKeys",
      "https://graph.microsoft.com.evil.example.com/v1.0/informationProtection/bitlocker/recoveryKeys",
      "https://graph.microsoft.com/v1.0/me",
      "http://graph.microsoft.com/v1.0/informationProtection/bitlocker/recoveryKeys",
      "https://you:secret@graph.microsoft.com/v1.0/informationProtection/bitlocker/recoveryKeys?$skip=2",
      `https://graph.microsoft.com/v1.0/informationProtection/bitlocker/recoveryKeys?$skip=${"2".repeat(9000)}`,
      "https://graph.microsoft.com:444/v1.0/informationProtection/bitlocker/recoveryKeys",
      7,
    ])("does not get it by a next page: %s", async (next) => {
      const graph = await serveGraph(KEYS, (_, response) => {
        reply(response, 200, { value: [], "@odata.nextLink": next })
        return true
      })
      expect((await ask(graph, { shortIds: ["A1B2C3D0"] })).error).toMatchObject({ code: "entra-malformed" })
      expect(graph.requests.length).toBe(1)
    })

    it.each<[string, string | ((response: ServerResponse) => void)]>([
      ["a login page", "<html>Welcome to our network</html>"],
      ["nothing", ""],
      ["null", "null"],
      ["a list", "[]"],
      ["brackets without end", "[".repeat(1 << 20)],
      ["another key", JSON.stringify({ id: MISSING })],
      ["a megabyte after another", (response) => pour(response, "x".repeat(1 << 16))],
      ["a megabyte after another of blanks", (response) => pour(response, " ".repeat(1 << 16))],
    ])("is refused when it answers %s", async (_, body) => {
      const graph = await serveGraph(KEYS, (_, response) => {
        if (typeof body === "function") body(response)
        else response.end(body)
        return true
      })
      const found = await ask(graph, { protectorIds: [FIRST.id] })
      expect(found.error).toMatchObject({ code: "entra-malformed", exitCode: 15 })
    })

    it.each([
      ["do not end", (page: number) => page + 1, 200],
      ["lead back to themselves", () => 1, 2],
      ["lead in a circle", (page: number) => (page + 1) % 3, 3],
    ])("is left when its pages %s", async (_, after, count) => {
      const graph = await serveGraph(KEYS, (_, response, url) => {
        const next = new URL(url)
        next.searchParams.set("$skiptoken", String(after(Number(url.searchParams.get("$skiptoken") ?? 0))))
        reply(response, 200, { value: [], "@odata.nextLink": next.href })
        return true
      })
      expect((await ask(graph, { shortIds: ["A1B2C3D0"] })).error).toMatchObject({ code: "entra-malformed" })
      expect(graph.requests.length).toBeLessThanOrEqual(count + 1)
    })

    it("is not read without end when a device has keys without end", async () => {
      const many = (page: number): object[] =>
        Array.from({ length: 150 }, (_, i) => ({ id: guidOf(150 * page + i) }))
      const graph = await serveGraph(KEYS, (_, response, url) => {
        if (!url.pathname.endsWith("/recoveryKeys")) return false
        const page = Number(url.searchParams.get("$skiptoken") ?? 0)
        const next = new URL(url)
        next.searchParams.set("$skiptoken", String(page + 1))
        reply(response, 200, { value: many(page), "@odata.nextLink": next.href })
        return true
      })
      const place = openEntra(`entra:?device=${DEVICE}`, { token: secret(READER) }, graph.world)
      const found = await searchPlace(place, {})
      expect(found.findings).toContain("entra-cut")
      expect(graph.requests.filter((path) => path.includes("$filter")).length).toBe(2)
      expect(graph.requests.length).toBe(202)
    })

    it.each<[string, Misbehaviour]>([
      ["nothing", () => true],
      ["a beginning", (_, response) => response.write("{")],
    ])("is left when it says %s and no more", async (_, misbehave) => {
      const found = await ask(await serveGraph(KEYS, misbehave), { protectorIds: [FIRST.id] })
      expect(found.error).toMatchObject({ code: "entra-silent" })
    })

    it("cannot write to the terminal", async () => {
      const graph = await serveGraph(KEYS, (_, response) => {
        reply(response, 418, { error: { code: "\u001b[2Jteapot\u0007" } })
        return true
      })
      const { error } = await ask(graph, { protectorIds: [FIRST.id] })
      expect(error!.message).toBe("Microsoft Graph refuses with HTTP 418, 2Jteapot")
    })

    it("is not spoken to when there is no way to it", async () => {
      const world = { ...(await serveGraph(KEYS)).world, fetch: () => fetch("http://127.0.0.1:1/") }
      const place = openEntra("entra:", { token: secret(READER) }, world)
      const found = await searchPlace(place, { protectorIds: [FIRST.id] })
      expect(found.error).toMatchObject({ code: "entra-unreachable" })
    })
  })

  it.each([
    "entra:x",
    "entra://example.com",
    "entra:?user=x",
    "entra:?device=7",
    "entra://graph.microsoft.com:444",
  ])("is no place at %s", (spec) => {
    expect(() => openEntra(spec, {})).toThrow(expect.objectContaining({ code: "place-malformed" }))
  })

  it("is asked in the cloud that is named", async () => {
    const graph = await serveGraph(KEYS)
    const hosts: string[] = []
    const world: EntraWorld = {
      ...graph.world,
      fetch: (input, init) => {
        hosts.push(new URL(input).origin)
        return graph.world.fetch(input, init)
      },
    }
    const place = openEntra("entra://graph.microsoft.us", { token: secret(READER) }, world)
    expect((await searchPlace(place, { protectorIds: [FIRST.id] })).passwords).toEqual([FIRST.key])
    expect([...new Set(hosts)]).toEqual(["https://graph.microsoft.us"])
  })
})

const placeOf = ({ world }: FakeGraph) => openEntra("entra:", { token: secret(READER) }, world)

function ask(
  { world }: FakeGraph,
  wanted: Partial<WantedKeys>,
  spec = "entra:",
  token = READER,
): Promise<Outcome> {
  return searchPlace(openEntra(spec, { token: secret(token) }, world), wanted)
}

function busy(retryAfter: string): Misbehaviour {
  return (_, response) => {
    refuse(response, 429, "TooManyRequests", { "Retry-After": retryAfter })
    return true
  }
}

/** Never comes to an end by itself. */
function pour(response: ServerResponse, some: string): void {
  const more = () => {
    while (!response.destroyed && response.write(some));
  }
  response.on("drain", more)
  more()
}
