/** Key packages in the words of messages: which one was read, which one is of another volume, which one to ask for. */
import { CredentialError } from "../errors.ts"
import type { Finding } from "../findings.ts"
import type { KeyPackageEncoding, KeyPackageVariant, KeyProtector } from "../fve/index.ts"
import { protectorLabel } from "../unlock/index.ts"
import type { LoadedKeyPackage } from "./load-key-packages.ts"

const VARIANTS: Readonly<Record<KeyPackageVariant, string>> = {
  dataset: "a dataset",
  "prefixed-dataset": "a dataset behind other bytes",
  "metadata-block": "a metadata block",
  "bare-datums": "datums without a dataset",
}

const ENCODINGS: Readonly<Record<KeyPackageEncoding, string>> = {
  binary: "",
  "utf-16": " written as UTF-16 text",
  "utf-8": " written as UTF-8 text",
  ldif: " in LDIF",
  base64: " in base64",
  hex: " in hex",
  registry: " in a registry export",
  decimal: " in a list of numbers",
}

/** What was read, its layout included: no genuine package has confirmed it yet. */
export function describeKeyPackage(loaded: LoadedKeyPackage): Finding {
  const { path, variant, encoding, volumeId, protectors, backup } = loaded
  const volume = volumeId ? `of the volume ${volumeId}` : "that names no volume"
  const held = protectors.map(({ kind, id }) => `${protectorLabel(kind)} ${id}`).join(", ")
  const file = backup ? `key backup of ${backup.created.toISOString().slice(0, 10)}` : "key package"
  const text = `${file} ${path}: ${VARIANTS[variant]}${ENCODINGS[encoding]} ${volume}, with ${held || "no key protector"}`
  const evidence = { path, variant, encoding, volumeId: volumeId ?? null, protectorIds: idsOf(loaded) }
  return { code: "key-package", severity: "notice", text, evidence }
}

/** @param foreign those of `matchKeyPackages`, at least one @param volumeId the volume at hand */
export function foreignKeyPackage(foreign: readonly LoadedKeyPackage[], volumeId: string): CredentialError {
  const list = foreign.map(({ path, volumeId: other }) => `${path} is of the volume ${other}`)
  const message = `no key package for the volume ${volumeId}: ${list.join("; ")}`
  return new CredentialError("key-package-foreign", message, {
    next: askForKeyPackage({ volumeId, protectors: [] }),
    data: {
      volumeId,
      packages: foreign.map(({ path, volumeId: other }) => ({ path, volumeId: other ?? null })),
    },
  })
}

/** Characters of a key ID that Windows shows and directories are searched by. */
const SHORT_ID_LENGTH = 8

/** Next steps where metadata does not suffice, naming what is known of the volume. */
export function askForKeyPackage(known: {
  readonly volumeId?: string | undefined
  readonly protectors: readonly KeyProtector[]
}): string[] {
  const { volumeId, protectors } = known
  const ids = protectors.filter(isPacked).map(({ id }) => id)
  const files = ids.map((id) => `\`${keyPackageName(id)}\``)
  const wanted = volumeId ? ` of the volume ${volumeId}` : ""
  const search = ids.map((id) => id.slice(0, SHORT_ID_LENGTH)).join(" or ")
  return [
    `give the key package${wanted} with --key-package${files.length > 0 ? `: ${files.join(" or ")}` : ""}`,
    `a domain's administrator may find it in AD DS, as msFVE-KeyPackage beside the recovery password${
      search ? ` whose key ID begins with ${search}` : ""
    }`,
  ]
}

/** Windows makes packages of these only: their credentials are all that its repair tool can be told. */
const PACKED_KINDS: ReadonlySet<KeyProtector["kind"]> = new Set(["recovery-password", "startup-key"])

export function isPacked({ kind }: Pick<KeyProtector, "kind">): boolean {
  return PACKED_KINDS.has(kind)
}

/** The file of a key package, as Windows names it. */
export function keyPackageName(protectorId: string): string {
  return `BitLocker Key Package {${protectorId}}.KPG`
}

function idsOf({ protectors }: LoadedKeyPackage): string[] {
  return protectors.map(({ id }) => id)
}
