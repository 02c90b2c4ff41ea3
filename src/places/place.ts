/**
 * A place where keys may lie: a folder, an export of a directory, the directory service itself. Each kind of place is a file
 * of its own behind this one interface.
 *
 * A place compares names only: which key opens what is found out where the volume is. What it cannot read of an entry is a
 * finding, and the search goes on behind it; it throws only when the place as a whole cannot be searched, and the job then goes
 * on with the next place.
 */
import type { RecoveryPasswordCredential, StartupKeyCredential } from "../credential/index.ts"
import type { Secret } from "../crypto/secret.ts"
import type { Finding } from "../findings.ts"
import type { CcmBox } from "../crypto/crypto.ts"
import type { KeyBackup, KeyPackage } from "../fve/index.ts"

/** What a drive asks for. GUIDs are upper case without braces, as everywhere; any list may be empty. */
export interface WantedKeys {
  readonly volumeIds: readonly string[]
  /** Key IDs: of the key protectors that something could be found for. */
  readonly protectorIds: readonly string[]
  /** The first eight characters of key IDs, as Windows shows them and directories are searched by. */
  readonly shortIds: readonly string[]
  /** Names of computers, from the descriptions of the volumes. */
  readonly computers: readonly string[]
}

/** What a place says of a key beside the key itself. Only the origin is certain; names may be wrong or missing. */
export interface KeyFacts {
  /** Where in the place, for people, completing "found in …": "keys.csv, row 12", "entry CN=…". Never a secret. */
  readonly origin: string
  /** The key ID: the GUID of the key protector that it is for. */
  readonly protectorId?: string
  /** The start of the key ID, where no more of it stands there. */
  readonly shortId?: string
  readonly volumeId?: string
  readonly computer?: string
  readonly created?: Date
}

export type FoundKey =
  | { readonly kind: "recovery-password"; readonly credential: RecoveryPasswordCredential }
  | { readonly kind: "startup-key"; readonly credential: StartupKeyCredential }
  /** One that came out of a key backup has the backup with it, which knows where the volume lies. */
  | { readonly kind: "key-package"; readonly keyPackage: KeyPackage; readonly backup?: KeyBackup }
  /** A startup key as the registry of a Windows volume keeps it, wrapped with the auto-unlock key of that volume. */
  | { readonly kind: "auto-unlock-key"; readonly wrapped: CcmBox }

export type KeyCandidate = KeyFacts & FoundKey

/** What a search yields, in the order in which the place holds it. */
export type PlaceItem =
  | { readonly type: "candidate"; readonly candidate: KeyCandidate }
  /**
   * About the place: what in it is broken, how a table was read. `evidence.protectorId` names the key ID that a broken entry
   * is for: when the drive asks for that very one, it is told first.
   */
  | { readonly type: "finding"; readonly finding: Finding }

export interface PlaceContext {
  readonly signal: AbortSignal
  /** Said before something that others can see or that takes long: "Entra ID writes an audit entry for each key that is read". */
  readonly notice: (code: string, text: string) => void
  /** Asks a person, hidden, for what the place wants to know: a password. Absent where nobody can be asked. */
  readonly askSecret?: (question: string) => Promise<Secret>
  /** Told each secret that comes up on the way and is no key: a token. */
  readonly remember?: (secret: Secret) => void
}

export interface KeyPlace {
  /** As the person typed it; in messages it stands for the place. */
  readonly spec: string
  /**
   * Everything in the place that is for these keys, or may be: what names no key ID is yielded too, and files yield what is
   * for other volumes, which the caller counts. Bounded in time and memory whatever the place holds; one pass.
   * @throws AppError when the place cannot be searched at all, and the signal's reason when it is aborted
   */
  search(wanted: WantedKeys, context: PlaceContext): AsyncIterable<PlaceItem>
}
