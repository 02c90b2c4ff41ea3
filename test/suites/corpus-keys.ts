/** Opens the volumes of the corpus as plainly as can be: each credential tried on each key protector of its kind. */
import { readFileSync } from "node:fs"
import {
  parsePassword,
  parseRecoveryPassword,
  parseStartupKey,
  stretchInputOfPassword,
  stretchInputOfRecoveryPassword,
} from "../../src/credential/index.ts"
import { nodeCrypto } from "../../src/crypto/node.ts"
import {
  type KeyProtector,
  type MetadataBlock,
  parseKeyDatum,
  readKeyProtectors,
} from "../../src/fve/index.ts"
import { stretched } from "../forge/stretched-keys.ts"
import { type CorpusEntry, corpusFile } from "./corpus.ts"

/** The VMK that each credential of the entry opens; none on a decrypted volume. */
export async function corpusVmks(block: MetadataBlock, { credentials }: CorpusEntry): Promise<Uint8Array[]> {
  const { password, recoveryPasswords = [], startupKey } = credentials
  const { sha256 } = nodeCrypto
  const vmks: (Uint8Array | undefined)[] = []
  if (password !== undefined) {
    const initial = stretchInputOfPassword(parsePassword(password).forms[0]!.text.reveal(), sha256)
    vmks.push(await openStretched(block, "password", initial))
  }
  for (const digits of recoveryPasswords) {
    const initial = stretchInputOfRecoveryPassword(parseRecoveryPassword(digits).key16.reveal(), sha256)
    vmks.push(await openStretched(block, "recovery-password", initial))
  }
  if (startupKey !== undefined) {
    const { keyId, key } = parseStartupKey(readFileSync(corpusFile(startupKey)))
    const protector = readKeyProtectors(block.dataset).find(({ id }) => id === keyId)
    vmks.push(protector && openVmk(protector, key.reveal()))
  }
  for (const protector of readKeyProtectors(block.dataset)) {
    if (protector.clearKey) vmks.push(openVmk(protector, protector.clearKey.reveal()))
  }
  return vmks.filter((vmk) => vmk !== undefined)
}

async function openStretched(
  { dataset }: MetadataBlock,
  kind: KeyProtector["kind"],
  initial: Uint8Array,
): Promise<Uint8Array | undefined> {
  for (const protector of readKeyProtectors(dataset).filter((one) => one.kind === kind)) {
    const vmk = protector.salt && openVmk(protector, await stretched(initial, protector.salt))
    if (vmk) return vmk
  }
  return undefined
}

function openVmk({ wrappedVmk }: KeyProtector, key: Uint8Array): Uint8Array | undefined {
  const [opened] = wrappedVmk.flatMap((box) => nodeCrypto.openCcm(key, box) ?? [])
  return opened && parseKeyDatum(opened)?.key
}
