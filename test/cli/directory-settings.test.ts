import { describe, expect, it } from "vitest"
import { directorySettings } from "../../src/cli/directory-settings.ts"
import { keyPlacesOf } from "../../src/cli/key-places.ts"
import type { Invocation } from "../../src/cli/invocation.ts"
import { parse } from "../../src/cli/parse.ts"
import type { SecretSources } from "../../src/cli/secrets.ts"
import { serializeUtf16 } from "../../src/bytes/utf16.ts"

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

describe("the login to a directory", () => {
  it("is what the options say", () => {
    const { settings } = settle(
      "--ldap-user u@x --ldap-ca ca.pem --insecure-tls --entra-tenant x --entra-client y",
    )
    expect(settings).toEqual({
      adDs: { user: "u@x", caFile: "ca.pem", insecureTls: true },
      entra: { tenant: "x", client: "y" },
    })
  })

  it.each([
    ["a line end", utf8("Pass wörd\n")],
    ["a line end of Windows, and more lines", utf8("Pass wörd\r\nnot this\r\n")],
    ["UTF-16 with its mark", serializeUtf16("\ufeffPass wörd\r\n")],
    ["UTF-8 with its mark", utf8("\ufeffPass wörd")],
  ])("has its password from a file with %s", (_, content) => {
    const { settings, remembered } = settle("--ldap-password-file p.txt", {}, content)
    expect(settings.adDs!.password!.revealText()).toBe("Pass wörd")
    expect(remembered).toEqual(["Pass wörd"])
  })

  it("has its secrets from variables, and takes them out of the environment", () => {
    const env = { REPAIR_BDE_LDAP_PASSWORD: "secret one", REPAIR_BDE_GRAPH_TOKEN: "secret two", PATH: "/bin" }
    const { settings, remembered } = settle("", env)
    expect(settings.adDs!.password!.revealText()).toBe("secret one")
    expect(settings.entra!.token!.revealText()).toBe("secret two")
    expect(remembered).toEqual(["secret one", "secret two"])
    expect(env).toEqual({ PATH: "/bin" })
    expect(JSON.stringify(settings)).not.toContain("secret")
  })

  it("prefers the file that is named to the variable that stands around", () => {
    const env = { REPAIR_BDE_LDAP_PASSWORD: "old" }
    const { settings } = settle("--ldap-password-file p.txt", env, utf8("new"))
    expect(settings.adDs!.password!.revealText()).toBe("new")
  })
})

describe("a password in the address of a place", () => {
  const line = invocation("--in ldaps://admin:Passw0rd@dc.example.com")

  it("is refused without being repeated", () => {
    const places = () => keyPlacesOf(line, "in", sources({}).sources)
    expect(places).toThrow(expect.objectContaining({ code: "place-holds-login" }))
    expect(places).toThrow(/^[^:@]*$/)
  })

  it("is in no copy of the command line", () => {
    expect(line.redacted).toEqual(["keys", "find", "x.img", "--in", "ldaps://<redacted>@dc.example.com"])
  })
})

function invocation(options: string): Invocation {
  const parsed = parse(["keys", "find", "x.img", ...options.split(" ").filter(Boolean)], "linux")
  if (parsed.action !== "run") throw new Error(parsed.action)
  return parsed
}

function settle(options: string, env: Record<string, string> = {}, file = utf8("")) {
  const { sources: given, remembered } = sources(env, file)
  return { settings: directorySettings(invocation(options), given), remembered }
}

function sources(env: Record<string, string>, file = utf8("")) {
  const remembered: string[] = []
  const sources: SecretSources = {
    env,
    readLine: () => undefined,
    readFile: () => file,
    exists: () => true,
    besides: (_, path) => path,
    warn: () => {},
    remember: (secret) => remembered.push(secret),
  }
  return { sources, remembered }
}
