/**
 * The command lines whose answers are pinned in `transcripts/`. `{RP}`, `{PW}`, `{VMK}` and `{FVEK}` stand for the
 * secrets of `volume.img`, `{WRONG RP}` and `{WRONG PW}` for others; no transcript holds one.
 */

export interface Case {
  /** Of the transcript's file. */
  readonly name: string
  /** `repair-bde` when absent. */
  readonly program?: "manage-bde"
  /** After the program's name, split at blanks outside of braces. */
  readonly line: string
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  /** As somebody who is not root. */
  readonly asNobody?: true
  /** The answer holds a recovery password, which the transcript leaves out. */
  readonly showsDigits?: true
  /** Needs a small file system at `small/` or `tight/`. */
  readonly needsSmallDisk?: true
  readonly meddle?: { readonly at: string; readonly act: string; readonly path: string }
}

const usage: readonly Case[] = [
  { name: "usage-alone", line: "" },
  { name: "help", line: "--help" },
  { name: "help-repair", line: "repair /?" },
  { name: "help-inspect", line: "inspect -?" },
  { name: "help-check", line: "check --help" },
  { name: "version", line: "--version" },
  { name: "usage-unknown-option", line: "volume.img out.img -recoverypasword {RP}" },
  { name: "usage-unknown-option-json", line: "volume.img out.img --jsn --json" },
  { name: "usage-missing-output", line: "volume.img -rp {RP}" },
  { name: "usage-password-after-pw", line: "check volume.img -pw {PW}" },
  { name: "usage-two-choices", line: "inspect disk.img --volume 1 --offset 1M" },
  { name: "usage-inspect-with-credential", line: "inspect volume.img -rp {RP}" },
  { name: "missing-key-package", line: "volume.img out.img -kp package.kpg -rp {RP}" },
]

const inspect: readonly Case[] = [
  { name: "inspect", line: "inspect volume.img" },
  { name: "inspect-json", line: "inspect volume.img --json" },
  { name: "inspect-disk", line: "inspect disk.img" },
  { name: "inspect-suspended", line: "inspect suspended.img" },
  { name: "inspect-cut", line: "inspect cut.img" },
  { name: "inspect-no-metadata", line: "inspect no-metadata.img" },
  { name: "inspect-no-such-volume", line: "inspect disk.img --volume 3" },
]

const notBitLocker: readonly Case[] = [
  { name: "input-ntfs", line: "inspect ntfs.img" },
  { name: "input-ntfs-json", line: "inspect ntfs.img --json" },
  { name: "input-luks", line: "check luks.img -rp {RP}" },
  { name: "input-zeros", line: "zeros.img out.img -rp {RP}" },
  { name: "input-noise", line: "inspect noise.img" },
  { name: "input-partitions", line: "inspect partitions.img" },
  { name: "input-offset", line: "inspect disk.img --offset 512K" },
  { name: "input-offset-beyond", line: "inspect disk.img --offset 1T" },
  { name: "input-empty", line: "inspect empty.img" },
  { name: "input-folder", line: "inspect folder" },
  { name: "input-missing", line: "missing.img out.img -rp {RP}" },
  { name: "input-unreadable", line: "inspect unreadable.img", asNobody: true },
  {
    name: "input-shrinks",
    line: "shrinking.img shrunk.img --vmk {VMK}",
    meddle: { at: "plan", act: "truncate", path: "shrinking.img" },
  },
]

const check: readonly Case[] = [
  { name: "check-recovery-password-stdin", line: "check volume.img -rp", stdin: "{RP}\n" },
  { name: "check-password-stdin", line: "check volume.img -pw --json", stdin: "{PW}\r\n" },
  { name: "check-several", line: "check volume.img -rk other.BEK -rp", stdin: "{RP}\n" },
  { name: "check-credentials-file", line: "check volume.img --credentials-file keys.txt" },
  {
    name: "check-environment",
    line: "check volume.img --json",
    env: { REPAIR_BDE_RECOVERY_PASSWORD: "{RP}" },
  },
  { name: "check-startup-key", line: "check volume.img -rk startup.BEK" },
  { name: "check-startup-key-folder", line: "check volume.img -rk keys" },
  { name: "check-vmk", line: "check volume.img --vmk {VMK}" },
  { name: "check-fvek", line: "check volume.img --fvek {FVEK}" },
  { name: "check-clear-key", line: "check suspended.img" },
  { name: "check-one-of-several-volumes", line: "check disk.img --volume 2" },
]

const locked: readonly Case[] = [
  { name: "locked-nothing-given", line: "volume.img out.img" },
  { name: "locked-tpm-only", line: "check tpm.img -rp {RP}" },
  { name: "locked-wrong-recovery-password", line: "volume.img out.img -rp {WRONG RP}" },
  { name: "locked-wrong-vmk-json", line: `volume.img out.img --vmk ${"5a".repeat(32)} --json` },
  { name: "locked-wrong-password", line: "volume.img out.img -pw", stdin: "{WRONG PW}\n" },
  { name: "locked-environment", line: "check volume.img", env: { REPAIR_BDE_PASSWORD: "{WRONG PW}" } },
  { name: "locked-other-startup-key", line: "volume.img out.img -rk other.BEK" },
  { name: "locked-wrong-vmk", line: `check volume.img --vmk ${"5a".repeat(32)}` },
  { name: "locked-wrong-fvek", line: `check volume.img --fvek ${"5a".repeat(32)}` },
  { name: "malformed-recovery-password", line: "volume.img out.img -rp", stdin: "{RP}0\n" },
  {
    name: "malformed-recovery-password-groups",
    line: "check volume.img -rp 110011-220023-330033-440044-550055-660066-999999-12345l",
  },
  { name: "malformed-startup-key", line: "check volume.img -rk keys.txt" },
  { name: "malformed-vmk", line: "check volume.img --vmk 00112233445566778899aabbccddeeff" },
  { name: "missing-startup-key", line: "check volume.img -rk missing.BEK" },
  { name: "missing-credentials-file", line: "check volume.img --credentials-file missing.txt" },
  { name: "malformed-credentials-file", line: "check volume.img --credentials-file broken-keys.txt" },
  { name: "no-line-on-stdin", line: "check volume.img -rp" },
  { name: "several-volumes", line: "check disk.img -rp {RP}" },
  { name: "metadata-lost", line: "no-metadata.img out.img -rp {RP}" },
]

const repair: readonly Case[] = [
  { name: "repair", line: "volume.img repaired.img -rp {RP} --hash sha256" },
  { name: "repair-json", line: "volume.img repaired-json.img --fvek {FVEK} --json --hash sha256" },
  { name: "repair-log", line: "volume.img repaired-log.img --vmk {VMK} -lf log.txt -q" },
  { name: "repair-dry-run", line: "repair volume.img out.img -rk startup.BEK --dry-run" },
  { name: "repair-suspended", line: "suspended.img repaired-suspended.img" },
  { name: "repair-cut", line: "cut.img repaired-cut.img --vmk {VMK}" },
  { name: "repair-range", line: "volume.img repaired-range.img --fvek {FVEK} --range 0:64K" },
  { name: "repair-wrong-fvek", line: `volume.img repaired-noise.img --fvek ${"5a".repeat(32)}` },
  {
    name: "repair-wrong-fvek-forced",
    line: `volume.img repaired-noise.img --fvek ${"5a".repeat(32)} --force-noise`,
  },
]

/** The sample's recovery password has the key ID AFB9C56C. */
const inPlace: readonly Case[] = [
  { name: "help-undo", line: "undo --help" },
  { name: "in-place-dry-run", line: "damaged-1.img -nov --vmk {VMK} --dry-run" },
  { name: "in-place", line: "damaged-2.img -nov --vmk {VMK} --yes-write-to afb9c56c --undo-file 2.undo" },
  {
    name: "in-place-json",
    line: "damaged-3.img -nov --vmk {VMK} --yes-write-to AFB9C56C --undo-file 3.undo --json",
  },
  { name: "in-place-without-key", line: "damaged-1.img -nov --dry-run" },
  { name: "in-place-nothing-wrong", line: "volume.img -nov --vmk {VMK}" },
  { name: "in-place-nobody-agrees", line: "damaged-1.img -nov --vmk {VMK} -f" },
  { name: "in-place-other-key-id", line: "damaged-1.img -nov --vmk {VMK} --yes-write-to 00000000" },
  {
    name: "in-place-undo-file-exists",
    line: "damaged-1.img -nov --vmk {VMK} --yes-write-to AFB9C56C --undo-file existing.img",
  },
  {
    name: "in-place-unwritable",
    line: "damaged-1.img -nov --vmk {VMK} --yes-write-to AFB9C56C",
    asNobody: true,
  },
  { name: "in-place-with-output", line: "damaged-1.img out.img -nov" },
  { name: "in-place-with-range", line: "damaged-1.img -nov --range 0:64K" },
  { name: "in-place-without-nov", line: "damaged-1.img out.img --yes-write-to AFB9C56C" },
  { name: "undo-dry-run", line: "undo patched.undo patched-1.img --dry-run" },
  { name: "undo", line: "undo patched.undo patched-2.img" },
  { name: "undo-json", line: "undo patched.undo patched-3.img --json" },
  { name: "undo-nothing-to-do", line: "undo patched.undo damaged-1.img" },
  { name: "undo-other-drive", line: "undo patched.undo volume.img" },
  { name: "undo-other-size", line: "undo patched.undo cut.img" },
  { name: "undo-cut-file", line: "undo cut.undo patched-1.img" },
  { name: "undo-foreign-file", line: "undo keys.txt patched-1.img --json" },
  { name: "undo-missing-file", line: "undo missing.undo patched-1.img" },
]

/** The way of somebody whose drive does not open any more: what does it ask for, where is it, and get the data back. */
const places: readonly Case[] = [
  { name: "keys-1-inspect", line: "inspect damaged-1.img" },
  { name: "keys-2-find", line: "keys find damaged-1.img --in export.ldif --in papers" },
  { name: "keys-3-repair", line: "damaged-1.img repaired-found.img --keys export.ldif --keys papers" },
  { name: "help-keys-find", line: "keys find --help" },
  { name: "keys-find-json", line: "keys find volume.img --in export.csv --json" },
  { name: "keys-find-unnamed", line: "keys find volume.img --in papers" },
  { name: "keys-find-mistyped", line: "keys find volume.img --in mistyped.txt --in export.csv" },
  { name: "keys-find-others", line: "keys find volume.img --in others.csv" },
  { name: "keys-find-suspended", line: "keys find suspended.img --in others.csv" },
  { name: "keys-find-metadata-lost", line: "keys find no-metadata.img --in export.csv" },
  { name: "keys-find-no-place", line: "keys find volume.img" },
  { name: "keys-find-missing-place", line: "keys find volume.img --in missing --in startup.BEK" },
  { name: "keys-find-no-place-at-all", line: "keys find volume.img --in missing --json" },
  { name: "keys-find-directory-without-user", line: "keys find volume.img --in ldaps://dc.example.com" },
  {
    name: "keys-find-directory-with-login",
    line: "keys find volume.img --in ldaps://admin:Passw0rd@dc.example.com --ldap-user admin",
  },
  { name: "keys-find-directory-malformed", line: "keys find volume.img --in ldaps://dc.example.com?user=x" },
  {
    name: "keys-find-kerberos-over-ldaps",
    line: "keys find volume.img --in ldaps://dc.example.com --kerberos",
  },
  { name: "usage-kerberos-and-user", line: "check volume.img --keys ldap://dc --kerberos --ldap-user admin" },
  { name: "keys-find-no-bitlocker", line: "keys find ntfs.img --in papers" },
  { name: "keys-half-a-command", line: "keys volume.img" },
  { name: "check-keys", line: "check volume.img --keys papers/notes.txt" },
  { name: "check-keys-none", line: "check volume.img --keys mistyped.txt" },
]

const outputs: readonly Case[] = [
  { name: "output-exists", line: "volume.img existing.img --vmk {VMK}" },
  { name: "output-forced", line: "volume.img overwritten.img --vmk {VMK} -f" },
  { name: "output-is-input", line: "volume.img ./folder/../volume.img --vmk {VMK} -f" },
  { name: "output-is-folder", line: "volume.img folder --vmk {VMK} -f" },
  { name: "output-in-missing-folder", line: "volume.img missing/out.img --vmk {VMK}" },
  { name: "output-unwritable", line: "volume.img closed/out.img --vmk {VMK}", asNobody: true },
  {
    name: "output-too-small-disk",
    line: "volume.img tight/out.img --vmk {VMK} --no-sparse",
    needsSmallDisk: true,
  },
  {
    name: "output-fills-up",
    line: "volume.img small/out.img --vmk {VMK} --json",
    needsSmallDisk: true,
    meddle: { at: '"phase":"decrypt"', act: "fill", path: "small/filler" },
  },
  { name: "report-without-form", line: "volume.img out.img --vmk {VMK} --report volume.img" },
  { name: "report-is-other-file", line: "volume.img out.img --vmk {VMK} --report notes.html" },
  { name: "report-in-missing-folder", line: "volume.img out.img --vmk {VMK} --report missing/r.html" },
  { name: "log-is-input", line: "volume.img out.img --vmk {VMK} -lf volume.img" },
  { name: "log-is-other-file", line: "inspect volume.img -lf not-a-log.txt" },
]

/** `begun-1.img` and its like are outputs of which the first MiB is there, and a map says so. */
const resumed: readonly Case[] = [
  { name: "resume", line: "volume.img begun-1.img --vmk {VMK}" },
  {
    name: "resume-insisted-json",
    line: "volume.img begun-2.img --fvek {FVEK} --resume --json --hash sha256",
  },
  { name: "resume-other-volume", line: "suspended.img kept.img" },
  { name: "resume-other-range", line: "volume.img kept.img --vmk {VMK} --range 0:64K" },
  { name: "resume-nothing", line: "volume.img out.img --vmk {VMK} --resume" },
  { name: "resume-without-map", line: "volume.img existing.img --vmk {VMK} --resume" },
  { name: "resume-exchanged-output", line: "volume.img exchanged.img --vmk {VMK}" },
  { name: "resume-and-force", line: "volume.img kept.img --vmk {VMK} --resume -f" },
  { name: "resume-to-stdout", line: "volume.img - --vmk {VMK} --resume" },
  { name: "map-kept", line: "volume.img mapped.img --vmk {VMK} --map mapped.map --source-map source.map" },
  { name: "map-without-output", line: "volume.img alone.img --vmk {VMK}" },
  { name: "map-of-other-volume-alone", line: "suspended.img alone.img --map kept.img.map" },
  { name: "map-is-input", line: "volume.img out.img --vmk {VMK} --map volume.img -f" },
  { name: "map-is-no-map", line: "volume.img out.img --vmk {VMK} --map keys.txt -f" },
  { name: "map-to-stdout", line: "volume.img - --vmk {VMK} --map stdout.map" },
  { name: "map-in-missing-folder", line: "volume.img out.img --vmk {VMK} --map missing/out.map" },
  { name: "source-map-of-ddrescue", line: "volume.img out.img --vmk {VMK} --source-map rescued.map -f" },
  { name: "input-map", line: "volume.img holes.img --vmk {VMK} --input-map rescued.map" },
  { name: "input-map-broken", line: "volume.img out.img --vmk {VMK} --input-map broken.map" },
  { name: "input-map-missing", line: "inspect volume.img --input-map missing.map" },
]

const manage = (name: string, line: string, more: Partial<Case> = {}): Case => ({
  name: name === "" ? "manage-bde" : `manage-bde-${name}`,
  program: "manage-bde",
  line,
  ...more,
})

/** The sample's key IDs; its recovery password is in no answer that is pinned here. */
const RECOVERY_ID = "AFB9C56C-B502-953B-9018-52E60C9776A2"
const PASSWORD_ID = "294A48D8-41B1-DA0D-561C-43AE6B9C773F"

const manageBde: readonly Case[] = [
  manage("", ""),
  manage("help", "-?"),
  manage("help-status", "-status /?"),
  manage("help-protectors", "-protectors -?"),
  manage("help-key-package", "-KeyPackage --help"),
  manage("changes", "-on volume.img"),
  manage("no-command", "volume.img"),
  manage("status", "-status volume.img"),
  manage("status-json", "-status volume.img --json"),
  manage("status-unlocked", "-Status volume.img --vmk {VMK}"),
  manage("status-disk", "-status disk.img -p"),
  manage("status-suspended", "-status suspended.img -P"),
  manage("status-protected", "-status volume.img -p -q"),
  manage("status-no-metadata", "-status no-metadata.img"),
  manage("status-ntfs", "-status ntfs.img -p"),
  manage("status-wrong-key", "-status volume.img -pw", { stdin: "{WRONG PW}\n" }),
  manage("protectors", "-protectors -get volume.img"),
  manage("protectors-json", "-protectors -get volume.img --json"),
  manage("protectors-type", "-protectors -get volume.img -Type ExternalKey"),
  manage("protectors-id", `-protectors -get volume.img -id ${RECOVERY_ID}`),
  manage("protectors-none", "-protectors -get volume.img -type tpm"),
  manage("protectors-no-such-type", "-protectors -get volume.img -type fingerprint"),
  manage("key-package", `-KeyPackage volume.img -ID ${RECOVERY_ID} -path packages --vmk {VMK}`),
  manage(
    "key-package-json",
    `-KeyPackage disk.img -ID ${RECOVERY_ID} -path more-packages --vmk {VMK} --json`,
  ),
  manage("key-package-exists", `-KeyPackage volume.img -ID ${RECOVERY_ID} -path keys --vmk {VMK}`),
  manage("key-package-locked", `-KeyPackage volume.img -ID ${RECOVERY_ID} -path packages`),
  manage("key-package-of-password", `-KeyPackage volume.img -ID ${PASSWORD_ID} -path packages --vmk {VMK}`),
  manage("key-package-no-such-id", "-KeyPackage volume.img -ID 1 --vmk {VMK}"),
  manage(
    "key-package-unknown-id",
    "-KeyPackage volume.img -ID 00000000-0000-0000-0000-000000000001 --vmk {VMK}",
  ),
  manage("key-package-no-folder", `-KeyPackage volume.img -ID ${RECOVERY_ID} -path nowhere --vmk {VMK}`),
]

const keys: readonly Case[] = [
  { name: "help-keys-backup", line: "keys backup --help" },
  { name: "help-keys-reveal", line: "keys reveal -?" },
  { name: "keys-backup", line: "keys backup volume.img no-metadata.img --to packages --vmk {VMK}" },
  { name: "keys-backup-escrow", line: "keys backup disk.img --to more-packages --escrow-only --json" },
  {
    name: "keys-backup-volume",
    line: "keys backup disk.img --volume 2 --to two-packages --escrow-only",
  },
  {
    name: "keys-backup-volume-of-several",
    line: "keys backup disk.img two.img --volume 2 --to packages --escrow-only",
  },
  { name: "keys-backup-locked", line: "keys backup volume.img --to packages" },
  { name: "keys-reveal-unasked", line: "keys reveal volume.img --vmk {VMK}" },
  { name: "keys-reveal-locked", line: "keys reveal volume.img --yes-reveal -rp {WRONG RP}" },
]

const clinic: readonly Case[] = [
  { name: "help-keys-clinic", line: "keys clinic -?" },
  { name: "keys-clinic", line: "keys clinic volume.img -rp", stdin: "{SLIPPED RP}\n", showsDigits: true },
  {
    name: "keys-clinic-json",
    line: "keys clinic volume.img -rp --json -q",
    stdin: "{SLIPPED RP}\n",
    showsDigits: true,
  },
  { name: "keys-clinic-dry-run", line: "keys clinic volume.img -rp --dry-run", stdin: "{HALF RP}\n" },
  { name: "keys-clinic-too-much", line: "keys clinic volume.img -rp", stdin: "{LOST RP}\n" },
  { name: "keys-clinic-tpm-only", line: "keys clinic tpm.img -rp", stdin: "{SLIPPED RP}\n" },
  { name: "keys-clinic-without", line: "keys clinic volume.img" },
]

const certificates: readonly Case[] = [
  { name: "inspect-certificate", line: "inspect certificate.img" },
  {
    name: "check-certificate",
    line: "check certificate.img -Certificate -cf agent.pfx -pin",
    stdin: "{PIN}\n",
  },
  { name: "check-certificate-locked", line: "check certificate.img -cf agent.pfx" },
  { name: "check-certificate-other", line: "check certificate.img -cf other.pem" },
  { name: "check-certificate-without-key", line: "check certificate.img -cf agent.cer" },
  { name: "check-opens-another", line: "check two.img --volume 2 -pw", stdin: "{PW}\n" },
  { name: "check-opens-another-json", line: "check two.img --volume 2 -pw --json", stdin: "{PW}\n" },
  { name: "usage-certificate-alone", line: "check certificate.img -Certificate" },
]

export const CASES = [
  ...clinic,
  ...certificates,
  ...places,
  ...manageBde,
  ...keys,
  ...inPlace,
  ...usage,
  ...inspect,
  ...notBitLocker,
  ...check,
  ...locked,
  ...repair,
  ...outputs,
  ...resumed,
]
