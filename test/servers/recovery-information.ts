/** What Windows keeps of a drive in a directory, as LDIF. */
import { serializeGuid } from "../../src/bytes/guid.ts"

export interface RecoveryInformation {
  readonly keyId: string
  readonly volumeId: string
  readonly recoveryPassword: string
  readonly keyPackage?: Uint8Array
}

/** @param container the distinguished name below which the computer stands */
export function computerEntry(name: string, container: string): string {
  return lines(
    `dn: CN=${name},${container}`,
    "objectClass: computer",
    `sAMAccountName: ${name}$`,
    "userAccountControl: 4096",
  )
}

/** @param computer the distinguished name of its account */
export function recoveryEntry(information: RecoveryInformation, computer: string): string {
  const { keyId, volumeId, recoveryPassword, keyPackage } = information
  return lines(
    `dn: CN=2026-11-22T08:00:00-00:00{${keyId}},${computer}`,
    "objectClass: msFVE-RecoveryInformation",
    `msFVE-RecoveryPassword: ${recoveryPassword}`,
    `msFVE-RecoveryGuid:: ${base64(serializeGuid(keyId))}`,
    `msFVE-VolumeGuid:: ${base64(serializeGuid(volumeId))}`,
    ...(keyPackage ? [`msFVE-KeyPackage:: ${base64(keyPackage)}`] : []),
  )
}

const lines = (...all: readonly string[]): string => `${all.join("\n")}\n\n`
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")
