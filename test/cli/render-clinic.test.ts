/** What the clinic says where its search found nothing, or less than was hoped for. */
import { describe, expect, it } from "vitest"
import { clinicDocument, renderClinic, renderSearch } from "../../src/cli/render-clinic.ts"
import { Secret } from "../../src/crypto/secret.ts"
import type { ClinicReport, FoundRecoveryPassword } from "../../src/job/clinic-report.ts"

const DIGITS = "110011-220022-330033-440044-550055-660066-000011-123453"
const report: ClinicReport = {
  source: { path: "disk.img", kind: "file", size: 4096, sectorSize: 512 },
  volume: {
    index: 1,
    offset: 0,
    size: 4096,
    where: "the whole input",
    layout: "windows-8",
    sectorSize: 512,
    state: "encrypted",
    clearKey: false,
    protectors: [],
    metadataCopies: [],
    findings: [],
  },
  faults: [],
  search: {
    candidateCount: 3776,
    furtherCount: 519_334,
    protectorCount: 2,
    perSecond: 12.5,
    seconds: 604,
    resumedAt: 40,
  },
  triedCount: 3768,
  dryRun: false,
  next: ["compare the key ID"],
  exitCode: 13,
}
const found: FoundRecoveryPassword = {
  digits: Secret.ofText(DIGITS),
  protectorId: "AFB9C56C-B502-953B-9018-52E60C9776A2",
  changed: [{ group: 1, typed: Secret.ofText("11OO11"), right: Secret.ofText("110011") }],
  opens: false,
  why: "opens an older generation of the metadata",
}

describe("the clinic says", () => {
  it("how many it tried in vain, and what to do", () => {
    const lines = renderClinic(report)
    expect(lines).toContain("NOT FOUND among 3768 candidates")
    expect(lines.at(-1)).toBe("next: compare the key ID")
  })

  it("that what it found opens something else", () => {
    const text = renderClinic({ ...report, found }).join("\n")
    expect(text).toContain("FOUND, but it does not open the volume")
    expect(text).toContain("group 1: 110011, not 11OO11")
  })

  it("how long a search takes, before it starts", () => {
    expect(renderSearch(report.search, [])).toEqual([
      "no group is wrong by itself: each passes its check",
      "3776 candidates, the likeliest first, each on 2 key protectors, of which 40 were tried before",
      "at 12.5 a second on this machine: 10:04 at most",
    ])
  })

  it("the digits only in the document that was asked for", () => {
    expect(JSON.stringify(clinicDocument({ ...report, found }))).toContain(DIGITS)
    expect(JSON.stringify({ ...report, found })).not.toContain("110011")
  })
})
