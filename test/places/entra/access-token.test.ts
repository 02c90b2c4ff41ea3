/** Who asks: a token that was given, the Azure CLI, or a person with a code; the last by Microsoft's own library. */
import * as msal from "@azure/msal-node"
import { describe, expect, it } from "vitest"
import { openEntra } from "../../../src/places/entra/index.ts"
import type { MsalLibrary } from "../../../src/places/entra/device-code.ts"
import type { EntraSettings } from "../../../src/places/entra/settings.ts"
import type { EntraWorld } from "../../../src/places/entra/world.ts"
import { type FakeGraph, type Misbehaviour, reply, serveGraph, tokenWith } from "../../servers/graph.ts"
import { searchPlace, secret } from "../search.ts"

/** Whether the library is what we take it for, the compiler says here. */
const library: MsalLibrary = msal

const KEY = {
  id: "A1B2C3D4-0102-0304-0506-0708090A0B0C",
  deviceId: "2ef04ef1-23b0-2e00-a3a5-ab345e567ab6",
  key: "000011-000022-000033-000044-000055-000066-000077-000088",
}
const WANTED = { protectorIds: [KEY.id] }
const READER = tokenWith({ scp: "BitlockerKey.Read.All" })

describe("the token for Microsoft Graph", () => {
  it("that was given is used, and nobody is asked", async () => {
    const found = await search({ az: () => Promise.reject(new Error("asked")) }, { token: secret(READER) })
    expect(found.passwords).toEqual([KEY.key])
  })

  it("comes from the Azure CLI when that is logged in", async () => {
    const calls: (readonly string[])[] = []
    const az: EntraWorld["az"] = (args) => {
      calls.push(args)
      return Promise.resolve({
        isDone: true,
        stdout: JSON.stringify({ accessToken: READER, tokenType: "Bearer" }, null, 2),
      })
    }
    const found = await search({ az }, { tenant: "example.com" })
    expect(found.passwords).toEqual([KEY.key])
    expect(calls).toEqual([
      "account get-access-token --resource https://graph.microsoft.com --tenant example.com --output json".split(
        " ",
      ),
    ])
  })

  it.each<[string, EntraWorld["az"]]>([
    ["not installed", () => Promise.resolve(undefined)],
    ["not logged in", () => Promise.resolve({ isDone: false, stdout: "" })],
    ["of few words", () => Promise.resolve({ isDone: true, stdout: "{}" })],
  ])("is not to be had when the Azure CLI is %s, and says how to get one", async (_, az) => {
    const { error } = await search({ az })
    expect(error).toMatchObject({ code: "no-entra-token", exitCode: 15 })
    expect(error!.next.join("\n")).toMatch(/az login.*REPAIR_BDE_GRAPH_TOKEN.*\n.*@azure\/msal-node/)
  })

  it.each(["x y", "$(reboot)", "--output", ""])("is asked for no organisation called %j", (tenant) => {
    expect(() => openEntra("entra:", { tenant })).toThrow(
      expect.objectContaining({ code: "entra-name-malformed" }),
    )
  })
})

describe("a code in a browser", () => {
  it("gives a token, for the permission to read keys and no other", async () => {
    const polls: URLSearchParams[] = []
    const graph = await serveGraph(
      [KEY],
      login(polls, (count) => (count === 1 ? { error: "authorization_pending" } : granted())),
    )
    const notices: string[] = []
    const world = { ...graph.world, msal: () => Promise.resolve(library) }
    const place = openEntra("entra:", { tenant: "example.com" }, world)
    const notice = (_: string, text: string) => void notices.push(text)
    const found = await searchPlace(place, WANTED, { notice })
    expect(found.error).toBeUndefined()
    expect(found.passwords).toEqual([KEY.key])
    expect(notices[0]).toBe(
      "open https://microsoft.com/devicelogin in a browser on any device, and type the code ABCD1234",
    )
    expect(graph.requests.find((path) => path.includes("devicecode"))).toBe(
      "/example.com/oauth2/v2.0/devicecode",
    )
    expect(polls[0]!.get("scope")).toContain("https://graph.microsoft.com/BitlockerKey.Read.All")
    expect(polls.map((poll) => poll.get("device_code"))).toEqual(["device-code-1", "device-code-1"])
  }, 30_000)

  it("says so when the person refuses", async () => {
    const graph = await serveGraph(
      [KEY],
      login([], () => ({ error: "access_denied", error_description: "no" })),
    )
    const place = openEntra("entra:", {}, { ...graph.world, msal: () => Promise.resolve(library) })
    const { error } = await searchPlace(place, WANTED)
    expect(error).toMatchObject({ code: "entra-login-refused", exitCode: 15 })
    expect(error!.next.join("\n")).toContain("--entra-client")
  }, 30_000)

  it("is not waited for when the search is aborted", async () => {
    const stop = new AbortController()
    const graph = await serveGraph(
      [KEY],
      login([], () => ({ error: "authorization_pending" })),
    )
    const place = openEntra("entra:", {}, { ...graph.world, msal: () => Promise.resolve(library) })
    const notice = () => stop.abort(new Error("enough"))
    await expect(searchPlace(place, WANTED, { signal: stop.signal, notice })).rejects.toThrow("enough")
  }, 30_000)

  it("is not asked for at a login that sends on to somebody else", async () => {
    const graph = await serveGraph([KEY], (_, response, { pathname }) => {
      if (!pathname.includes("oauth2"))
        return login([], () => ({}))(_, response, new URL(`https://x${pathname}`))
      response.writeHead(307, { Location: "https://evil.example.com/" }).end()
      return true
    })
    const place = openEntra("entra:", {}, { ...graph.world, msal: () => Promise.resolve(library) })
    const { error } = await searchPlace(place, WANTED)
    expect(error).toMatchObject({ code: "entra-redirected", data: { target: "evil.example.com" } })
  }, 30_000)
})

const granted = () => ({
  access_token: READER,
  token_type: "Bearer",
  expires_in: 3600,
  scope: "BitlockerKey.Read.All",
})

/** Microsoft's login as RFC 8628 and OpenID Connect Discovery have it. */
function login(polls: URLSearchParams[], token: (poll: number) => object): Misbehaviour {
  return (request, response, { host, pathname }) => {
    if (host.startsWith("graph.")) return false
    const issuer = `https://${host}/${pathname.split("/")[1]}`
    if (pathname.endsWith("/openid-configuration")) {
      reply(response, 200, {
        issuer: `${issuer}/v2.0`,
        authorization_endpoint: `${issuer}/oauth2/v2.0/authorize`,
        token_endpoint: `${issuer}/oauth2/v2.0/token`,
        device_authorization_endpoint: `${issuer}/oauth2/v2.0/devicecode`,
        jwks_uri: `${issuer}/discovery/v2.0/keys`,
      })
    } else if (pathname.endsWith("/devicecode")) {
      reply(response, 200, {
        user_code: "ABCD1234",
        device_code: "device-code-1",
        verification_uri: "https://microsoft.com/devicelogin",
        expires_in: 60,
        interval: 0.1,
        message: "words for people",
      })
    } else if (pathname.endsWith("/token")) {
      let body = ""
      request.on("data", (chunk: Buffer) => (body += chunk.toString()))
      request.on("end", () => {
        polls.push(new URLSearchParams(body))
        const answer = token(polls.length)
        reply(response, "error" in answer ? 400 : 200, answer)
      })
    } else reply(response, 404, {})
    return true
  }
}

async function search(world: Partial<EntraWorld>, settings: EntraSettings = {}) {
  const graph: FakeGraph = await serveGraph([KEY])
  return searchPlace(openEntra("entra:", settings, { ...graph.world, ...world }), WANTED)
}
