/**
 * Startup keys: `.BEK` files, each a dataset with one external info datum. Windows 11 adds the volume's GUID, which makes
 * them 180 bytes instead of 156. The key ID inside counts, not the name of the file.
 */
import { CredentialError } from "../errors.ts"
import { dateToFiletime, filetimeToDate } from "../bytes/filetime.ts"
import { parseGuid, serializeGuid } from "../bytes/guid.ts"
import { Secret } from "../crypto/secret.ts"
import {
  type Datum,
  DatumRole,
  DatumType,
  ExternalInfoBody,
  KeyType,
  parseDataset,
  readKey,
  serializeDataset,
  serializeDatum,
  serializeKeyDatum,
  serializeUnicodeDatum,
} from "../fve/index.ts"
import type { StartupKeyCredential } from "./credential.ts"

/**
 * @param name of the file, for the message
 * @throws CredentialError when the bytes hold no external key
 */
export function parseStartupKey(file: Uint8Array, name = "the file"): StartupKeyCredential {
  const datums = parseDataset(file, 0, file.length, [])?.datums ?? []
  const info = datums.find(
    ({ type, body }) => type === DatumType.externalInfo && body.length >= ExternalInfoBody.size,
  )
  const key = info?.properties.map(readKey).find((inner) => inner?.keyType === KeyType.externalKey)
  if (!info || !key) {
    throw new CredentialError(
      "startup-key-malformed",
      `no startup key in ${name}, which has ${file.length} bytes`,
      {
        next: ["give a .BEK file as Windows saved it: 156 or 180 bytes, and hidden on the USB stick"],
        data: { size: file.length },
      },
    )
  }
  const { id, created } = ExternalInfoBody.parse(info.body)
  const volumeId = findVolumeId(info)
  const date = filetimeToDate(created)
  return {
    kind: "startup-key",
    keyId: id,
    key: new Secret(key.key),
    ...(volumeId && { volumeId }),
    ...(date && { created: date }),
  }
}

function findVolumeId({ properties }: Datum): string | undefined {
  const datum = properties.find(({ role, type }) => role === DatumRole.volumeId && type === DatumType.guid)
  return datum && datum.body.length >= 16 ? parseGuid(datum.body) : undefined
}

/** The file, as Windows 11 writes it when the volume is known and as earlier ones do when not. */
export function serializeStartupKey({ keyId, key, volumeId, created }: StartupKeyCredential): Uint8Array {
  const filetime = created ? dateToFiletime(created) : 0n
  const volume = volumeId
    ? [serializeDatum({ role: DatumRole.volumeId, type: DatumType.guid, body: [serializeGuid(volumeId)] })]
    : []
  const body = [
    ExternalInfoBody.serialize({ id: keyId, created: filetime }),
    serializeUnicodeDatum(DatumRole.property, "ExternalKey"),
    ...volume,
    serializeKeyDatum({ keyType: KeyType.externalKey, keyFlags: 0, key: key.reveal() }, 1),
  ]
  const info = serializeDatum({ role: DatumRole.startupKey, type: DatumType.externalInfo, body })
  return serializeDataset({ id: keyId, nonceCounter: 1, method: 0, created: filetime }, [info])
}
