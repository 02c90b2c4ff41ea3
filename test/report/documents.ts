/** Reports of runs as they may end, each gathered by the collector from the events and the result of a job. */
import { CredentialError } from "../../src/errors.ts"
import { type ReportDocument, collectReport } from "../../src/job/report-collector.ts"
import type { ProofReport, RepairReport, VolumeReport } from "../../src/job/reports.ts"

const GIB = 2 ** 30
const SIZE = 64 * GIB
const TOOL = { name: "repair-bde", version: "0.1.0", runtime: "node v20.19.0", system: "linux x64" }

const VOLUME: VolumeReport = {
  index: 1,
  offset: 0x100000,
  size: SIZE,
  where: "GPT partition 3, Basic data partition",
  layout: "windows-8",
  sectorSize: 512,
  volumeId: "40990ACB-B11C-C204-0B3C-A5B7531DB119",
  description: "HARBOUR-PC C: 6/1/2021",
  created: "2021-06-01T12:00:00.000Z",
  windowsBuild: "10.0.19041",
  method: { code: 0x8004, name: "XTS-AES 128" },
  state: "encrypted",
  clearKey: false,
  protectors: [
    {
      id: "294A48D8-41B1-DA0D-561C-43AE6B9C773F",
      kind: "tpm",
      label: "TPM",
      opensWith: "nothing but the computer it belongs to",
      opensAnywhere: false,
    },
    {
      id: "AFB9C56C-B502-953B-9018-52E60C9776A2",
      kind: "recovery-password",
      label: "recovery password",
      created: "2021-06-01T12:00:00.000Z",
      opensWith: "the 48 digits of this key ID (-rp)",
      opensAnywhere: true,
    },
  ],
  metadataCopies: [
    { copy: 1, offset: 0x2100000, health: "unreadable", chosen: false, reason: "a bad sector lies in it" },
    { copy: 2, offset: 0x5c00000, health: "intact", chosen: true, reason: "CRC-32 verifies" },
    { copy: 3, offset: 0x9700000, health: "intact", chosen: false, reason: "CRC-32 verifies" },
  ],
  findings: [
    { code: "metadata-hash-right", severity: "good", text: "the metadata's SHA-256 verifies" },
    {
      code: "mft-record-wrong",
      severity: "damage",
      text: "$MFT record: at 0xc0000000, not what belongs there",
      extent: { start: 0xc0000000, length: 1024 },
    },
    { code: "clear-key", severity: "notice", text: "something worth knowing" },
  ],
}

const counts = { wrong: 0, zeros: 0, unreadable: 0, other: 0, sampled: false, confidence: 1 }

const PROOF: ProofReport = {
  verdict: "proven",
  sentence: `the plaintext is an NTFS volume of ${SIZE - 512} bytes, serial 3B1E-0001`,
  fileSystem: {
    type: "ntfs",
    label: "Harbour",
    serial: "3B1E-0001",
    size: SIZE - 512,
    sectorSize: 512,
    clusterSize: 4096,
    dirty: false,
    hibernated: false,
  },
  regions: [
    {
      region: "boot",
      verdict: "proven",
      ...counts,
      right: 2,
      sentence: "2 of 2 boot sectors and backups are right",
    },
    {
      region: "file-table",
      verdict: "damaged",
      ...counts,
      right: 4093,
      wrong: 1,
      unreadable: 2,
      sampled: true,
      confidence: 0.998,
      sentence: "of a sample, 4093 of 4096 FILE records are right, 1 wrong, 2 unreadable",
    },
    {
      region: "folders",
      verdict: "proven",
      ...counts,
      right: 256,
      sampled: true,
      confidence: 0.985,
      sentence: "of a sample, 256 of 256 blocks of folders are right",
    },
    {
      region: "file-heads",
      verdict: "proven",
      ...counts,
      right: 480,
      other: 32,
      sampled: true,
      confidence: 0.992,
      sentence: "of a sample, 480 of 480 files that name their kind are right",
    },
    {
      region: "free-space",
      verdict: "unproven",
      ...counts,
      right: 0,
      zeros: 90,
      other: 12,
      sampled: true,
      confidence: 0,
      sentence: "of a sample, 102 of 256 places are free, 90 of them empty, 12 with remains of old data",
    },
  ],
}

const REPORT: RepairReport = {
  source: { path: "/dev/sdb", kind: "device", size: SIZE + 2 ** 21, sectorSize: 512 },
  volume: VOLUME,
  openedBy: {
    credential: "recovery password (prompt)",
    protectorId: "AFB9C56C-B502-953B-9018-52E60C9776A2",
    protectorLabel: "recovery password",
  },
  output: "rescued.img",
  start: 0,
  size: SIZE,
  unreadable: [],
  zeroSectorBytes: 0,
  plan: {
    size: SIZE,
    sectorSize: 512,
    runs: [
      { kind: "relocated", start: 0, length: 8192, from: 0x2110000, stored: "encrypted" },
      { kind: "encrypted", start: 8192, length: 0x2100000 - 8192 },
      { kind: "zeroed", start: 0x2100000, length: 0x20000 },
      { kind: "encrypted", start: 0x2120000, length: 48 * GIB - 0x2120000 },
      { kind: "plain", start: 48 * GIB, length: 16 * GIB },
    ],
    bytes: {},
  },
  proof: PROOF,
  sha256: "a87138b8c3659b859e0c377633b17c4a61756e2881690b7e45c0ce03c856ee6a",
  elapsedMs: 754_000,
  dryRun: false,
  next: ["open the output read-only first; run file-system checks on a copy of it, never on the source"],
  exitCode: 0,
}

/** 40 bad places, from one sector to a MiB. */
const LOSSES = Array.from({ length: 40 }, (_, i) => ({
  start: 2 * GIB + i * 913 * 2 ** 20,
  length: i % 8 === 0 ? 2 ** 20 : 512 * (1 + (i % 5)),
}))

const LOST = LOSSES.reduce((sum, { length }) => sum + length, 0)

function collected(report: RepairReport): ReportDocument {
  let clock = Date.UTC(2026, 0, 31, 20, 15)
  const collector = collectReport({ tool: TOOL, now: () => clock })
  for (const [phase, ms] of [
    ["locate", 420],
    ["unlock", 900],
    ["plan", 38],
    ["decrypt", 751_000],
    ["proof", 1_642],
  ] as const) {
    collector.event({ type: "phase", phase })
    clock += ms
  }
  collector.event({
    type: "notice",
    code: "free-space-short",
    text: "only 70 GiB are free where the output goes",
  })
  return collector.result(report)
}

const allRight = PROOF.regions.map((region) =>
  region.region === "file-table"
    ? {
        ...region,
        verdict: "proven" as const,
        right: 4096,
        wrong: 0,
        unreadable: 0,
        confidence: 0.999,
        sentence: "of a sample, 4096 of 4096 FILE records are right",
      }
    : region,
)

function failed(): ReportDocument {
  const collector = collectReport({ tool: TOOL, now: () => Date.UTC(2026, 0, 31) })
  collector.event({ type: "volume", volume: VOLUME })
  return collector.failure(
    new CredentialError("nothing-opened", "no credential opens the volume", {
      next: ["find the recovery password with the key ID AFB9C56C"],
    }),
  )
}

/** Text that would break out of a page that forgot to escape it, in every place that a disk or a person fills. */
export const HOSTILE = `</script><img src=x onerror="document.title='taken'"><!--'"&\u202e\u0007`

function hostile(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hostile)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      typeof inner === "string" && FREE_TEXTS.has(name) ? HOSTILE : hostile(inner),
    ]),
  )
}

const FREE_TEXTS = new Set([
  "path",
  "where",
  "description",
  "windowsBuild",
  "state",
  "label",
  "opensWith",
  "reason",
  "text",
  "code",
  "sentence",
  "credential",
  "protectorLabel",
  "output",
  "serial",
  "volumeId",
])

export const DOCUMENTS: Readonly<Record<string, ReportDocument>> = {
  recovered: collected({ ...REPORT, proof: { ...PROOF, regions: allRight } }),
  "recovered with losses": collected({
    ...REPORT,
    unreadable: LOSSES,
    proof: {
      ...PROOF,
      fileSystem: { ...PROOF.fileSystem!, dirty: true, hibernated: true },
      losses: { free: 5_242_880, used: LOST - 5_242_880, unknown: 0 },
    },
    next: [
      `${LOST} bytes could not be read: they are zeros in the output; 5242880 of them were owned by no file`,
      "Windows hibernated on this volume (fast startup does so too): mount it read-only, never otherwise",
      ...REPORT.next,
    ],
    exitCode: 3,
  }),
  "not proven": collected({
    ...REPORT,
    proof: { verdict: "named", sentence: "the plaintext begins as an NTFS volume", regions: [] },
    exitCode: 3,
  }),
  noise: collected({
    ...REPORT,
    proof: { verdict: "noise", sentence: "the plaintext looks like noise", regions: [] },
    exitCode: 3,
  }),
  "a dry run": collected({ ...withoutProof(REPORT), dryRun: true }),
  "a part of a volume to standard output": collected({
    ...REPORT,
    output: "-",
    start: 4096,
    size: 65_536,
    proof: { ...PROOF, regions: [] },
  }),
  "ended early": failed(),
  "hostile texts": collected(hostile(REPORT) as RepairReport),
}

function withoutProof({ proof: _proof, sha256: _sha256, ...report }: RepairReport): RepairReport {
  return report
}
