import { describe, expect, it } from "vitest"
import { UsageError } from "../../../src/errors.ts"
import { type AdDsSpec, parseAdDsSpec } from "../../../src/places/ad-ds/spec.ts"

describe("the address of a directory", () => {
  it.each<[string, AdDsSpec]>([
    ["ldaps://dc1.example.com", { host: "dc1.example.com", port: 636, startTls: false }],
    ["LDAP://dc1.example.com/", { host: "dc1.example.com", port: 389, startTls: true }],
    ["ldaps://[fe80::1]:3269", { host: "fe80::1", port: 3269, startTls: false }],
    [
      "ldaps://dc1/OU=Berlin%20West,DC=example,DC=com",
      { host: "dc1", port: 636, startTls: false, base: "OU=Berlin West,DC=example,DC=com" },
    ],
    ["ldap://dc1?computer=PC01", { host: "dc1", port: 389, startTls: true, computer: "PC01" }],
  ])("is understood: %s", (text, spec) => {
    expect(parseAdDsSpec(text)).toEqual(spec)
  })

  it.each(["ldaps://", "ldaps:dc1", "https://dc1", "ldaps://dc1?base=x", "ldaps://dc1/%zz"])(
    "is refused: %s",
    (text) => {
      expect(() => parseAdDsSpec(text)).toThrow(UsageError)
    },
  )

  it("is refused with a password in it, without repeating it", () => {
    const parse = () => parseAdDsSpec("ldaps://admin:Passw0rd@dc1.example.com")
    expect(parse).toThrow(expect.objectContaining({ code: "place-holds-login" }))
    expect(parse).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("Passw0rd") as string }),
    )
  })
})
