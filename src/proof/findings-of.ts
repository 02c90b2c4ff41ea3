/** The checks of a file system as findings: one for each kind of structure and outcome, so that eight FILE records make two. */
import { extent, hex } from "../extents/extent.ts"
import type { Check, CheckName, CheckOutcome, FileSystem } from "../filesystem/index.ts"
import type { Finding, Severity } from "../findings.ts"

const STRUCTURE: Readonly<Record<CheckName, string>> = {
  "boot-sector": "boot sector",
  "backup-boot-sector": "backup boot sector",
  "boot-checksum": "boot sector's checksum",
  "backup-boot-checksum": "backup boot region's checksum",
  "mft-record": "$MFT record",
  "mft-mirror-record": "$MFTMirr record",
  "fat-head": "FAT",
  "fs-info": "FSInfo sector",
  "root-directory": "root directory",
}

const OUTCOME: Readonly<Record<CheckOutcome, { severity: Severity; text: string }>> = {
  right: { severity: "good", text: "right" },
  wrong: { severity: "damage", text: "not what belongs there" },
  zeros: { severity: "damage", text: "all zeros" },
  unreadable: { severity: "damage", text: "unreadable" },
  "beyond-end": { severity: "notice", text: "beyond the end of the image" },
}

export function findingsOf(fileSystem: FileSystem, sourceSize: number): Finding[] {
  const groups = new Map<string, Check[]>()
  for (const check of fileSystem.checks) {
    const code = `${check.name}-${check.outcome}`
    groups.set(code, [...(groups.get(code) ?? []), check])
  }
  const findings = [...groups].map(([code, group]) => findingOf(code, group))
  const missing = fileSystem.sizeBytes - sourceSize
  if (missing > 0) findings.push(endsEarly(missing, sourceSize))
  return findings
}

function findingOf(code: string, group: readonly Check[]): Finding {
  const { name, outcome, at, length } = group[0]!
  const { severity, text } = OUTCOME[outcome]
  const count = group.length === 1 ? "" : `${group.length} times, the first `
  return {
    code,
    severity,
    text: `${STRUCTURE[name]}: ${count}at ${hex(at)}, ${text}`,
    extent: extent(at, length),
    evidence: { count: group.length },
  }
}

function endsEarly(missing: number, sourceSize: number): Finding {
  return {
    code: "file-system-truncated",
    severity: "notice",
    text: `the file system goes on for ${missing} bytes beyond the end of the image`,
    extent: extent(sourceSize, missing),
  }
}
