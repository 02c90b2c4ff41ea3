/**
 * Was this metadata written by a holder of the volume's key? The CRC-32 proves a copy intact; the SHA-256 under the VMK
 * proves where it comes from. A copy with a right CRC and a wrong hash was changed by somebody else.
 */
import { equalBytes } from "../bytes/compare.ts"
import type { Crypto } from "../crypto/crypto.ts"
import type { Secret } from "../crypto/secret.ts"
import { hex } from "../extents/extent.ts"
import type { Finding } from "../findings.ts"
import { type MetadataBlock, parseKeyDatum, readCcmBox, readKey } from "../fve/index.ts"

/** The verdict as a finding, so that it stands in every report. */
export function verifyMetadata(block: MetadataBlock, vmk: Secret | undefined, crypto: Crypto): Finding {
  const expected = expectedHash(block, vmk, crypto)
  if (expected === "unverifiable") {
    const text =
      "the SHA-256 of the metadata cannot be checked: it is wrapped by the VMK, which was not given"
    return { code: "metadata-hash-unverified", severity: "notice", text }
  }
  if (expected === undefined) {
    const text = "the SHA-256 of the metadata is missing or damaged: it cannot be told who wrote it"
    return { code: "metadata-hash-lost", severity: "damage", text }
  }
  if (equalBytes(expected, crypto.sha256(block.bytes.subarray(0, block.infoSize)))) {
    const text = "the metadata was written by a holder of the volume's key: its SHA-256 verifies"
    return { code: "metadata-hash-right", severity: "good", text }
  }
  return {
    code: "metadata-hash-wrong",
    severity: "damage",
    text: `the SHA-256 of the metadata's first ${hex(block.infoSize)} bytes is wrong: they were changed without the volume's key`,
  }
}

/** A volume without a VMK keeps the hash in the clear. */
function expectedHash(
  { validation }: MetadataBlock,
  vmk: Secret | undefined,
  crypto: Crypto,
): Uint8Array | "unverifiable" | undefined {
  const datum = validation?.hash
  if (!datum) return undefined
  const box = readCcmBox(datum)
  if (!box) return readKey(datum)?.key
  if (!vmk) return "unverifiable"
  const plaintext = crypto.openCcm(vmk.reveal(), box)
  return plaintext && parseKeyDatum(plaintext)?.key
}
