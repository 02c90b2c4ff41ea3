/** Places for keys in the scene: what an administrator exported, and the papers of an owner. */
import { serializeGuid } from "../../src/bytes/guid.ts"
import type { ForgedVolume } from "../forge/forge.ts"
import { RECOVERY_PASSWORD } from "../forge/protectors.ts"

/** Of other computers; none of them opens a volume of the scene. */
const OTHERS = [
  ["0BADC0DE-1111-4222-8333-444455556666", "333333-333333-333333-333333-333333-333333-333333-333333"],
  ["FEEDFACE-1111-4222-8333-444455556666", "444444-444444-444444-444444-444444-444444-444444-444444"],
] as const

/** A folder, and the files that lie in the scene for it. */
export const PAPERS = "papers"

export function placesScene({ protectors }: ForgedVolume): Record<string, string> {
  const { id } = protectors.find(({ kind }) => kind === "recovery-password")!
  const [first, second] = OTHERS
  const slipped = RECOVERY_PASSWORD.replace("330033", "330034")
  return {
    "export.ldif": `version: 1\r\n\r\n${[first, [id, RECOVERY_PASSWORD] as const].map(ldifEntry).join("\r\n")}`,
    "export.csv": table([first, [id, RECOVERY_PASSWORD], second]),
    "others.csv": table([first, second]),
    "mistyped.txt": `${id}\r\n${slipped}\r\n`,
    [`${PAPERS}/BitLocker Recovery Key ${first[0]}.TXT`]: `\ufeffKey:\r\n\r\n\t${first[1]}\r\n`,
    [`${PAPERS}/notes.txt`]: `milk, bread\ncomputer: ${RECOVERY_PASSWORD.replaceAll("-", " ")}\n`,
    [`${PAPERS}/print-out.pdf`]: "%PDF-1.7\n\u0001\u0002\u0003\u0004",
  }
}

function table(rows: readonly (readonly [string, string])[]): string {
  return [
    "Device;Key ID;Recovery key",
    ...rows.map(([id, password], i) => `PC${i};${id};${password}`),
    "",
  ].join("\r\n")
}

function ldifEntry([id, password]: readonly [string, string]): string {
  return [
    `dn: CN=2024-01-31T10:00:00-00:00{${id}},CN=FORGE,OU=Laptops,DC=example,DC=com`,
    "objectClass: msFVE-RecoveryInformation",
    `msFVE-RecoveryGuid:: ${Buffer.from(serializeGuid(id)).toString("base64")}`,
    `msFVE-RecoveryPassword: ${password}`,
    "",
  ].join("\r\n")
}
