/** What a shell asks of a job, as plain data, and what a job asks of its surroundings. */
import type { Crypto } from "../crypto/crypto.ts"
import type { Credential } from "../credential/index.ts"
import { Secret } from "../crypto/secret.ts"
import type { Extent } from "../extents/extent.ts"
import type { JobEvent } from "./events.ts"
import type { LoadedKeyPackage } from "./load-key-packages.ts"
import type { KeyPlaces } from "./search-places.ts"

export { Secret }

/** An input, and which of its volumes. */
export interface InputChoice {
  readonly path: string
  /** From 1, as `inspect` lists them. */
  readonly volume?: number
  /** Where the volume starts, in bytes from the start of the input, negative when it begins before it; nothing is searched then. */
  readonly offset?: number
  /** Bytes in the volume, with `offset`; as its own structures say otherwise, or up to the end of the input. */
  readonly size?: number
  /** The mapfile with which ddrescue made the image: what is not finished in it was never read, and is not data. */
  readonly map?: string
}

/** Where a credential came from, in words for the table of tries: "--recovery-password", "prompt", "REPAIR_BDE_PASSWORD". */
type Origin = { readonly origin: string }

/** A credential as a person gives it. All of them are tried on all key protectors of their kind. */
export type CredentialInput =
  | ({ readonly kind: "recovery-password" | "password" | "vmk" | "fvek"; readonly text: Secret } & Origin)
  /** A .BEK file, or a folder of them. */
  | ({ readonly kind: "startup-key"; readonly path: string } & Origin)
  /** A certificate with its private key: .pfx, .p12, PEM or DER; `pin` is the password of the file. */
  | ({ readonly kind: "public-key"; readonly path: string; readonly pin?: Secret } & Origin)
  /** A file that holds the key itself; as text, it is in any common notation. */
  | ({ readonly kind: "vmk" | "fvek"; readonly path: string } & Origin)
  /** One that a place held. */
  | ({ readonly kind: "found"; readonly credential: Credential } & Origin)

export interface CheckRequest {
  readonly input: InputChoice
  readonly credentials: readonly CredentialInput[]
  /** Key packages (files, or folders of them): for when the metadata on the volume does not suffice. */
  readonly keyPackages?: readonly (string | LoadedKeyPackage)[]
  /** Where to look for keys, once it is known which ones the drive asks for. */
  readonly places?: KeyPlaces
}

export interface RepairRequest extends CheckRequest {
  /** A file, a block device, or `-` for standard output. */
  readonly output: string
  /** An existing output may be overwritten; answers nothing else. Absent: only one that an earlier run began is gone on with. */
  readonly overwrite?: boolean
  /** Goes on with an earlier run, or fails. Absent: goes on where there is one. */
  readonly resume?: boolean
  /** The mapfile of the output. Absent: OUTPUT.map while the run goes on, and after it where something is left to do. */
  readonly map?: string
  /** A mapfile of the same in positions of the input. */
  readonly sourceMap?: string
  /** Seconds from a write until it is durable and in the map; 5 when absent. */
  readonly mapInterval?: number
  /** Zeros become holes in an image that this run creates. Absent: they do. */
  readonly sparse?: boolean
  /** Raw all-zero sectors stay zeros instead of being decrypted to noise: trimmed areas of an SSD. */
  readonly keepZeros?: boolean
  /** The output of a cut image is extended, with a hole, to the volume's own size. */
  readonly fullSize?: boolean
  /** Digest the output. */
  readonly hash?: boolean
  /** Only this part of the plaintext volume; the output begins at its start. */
  readonly range?: Extent
  /** Go on where the plaintext looks like noise. */
  readonly forceNoise?: boolean
  /** Plan, and stop before the first byte is written. */
  readonly dryRun?: boolean
  /** Workers; chosen from the processors when absent. */
  readonly lanes?: number
  /** Stands in the output, repeated, where nothing could be read; zeros when absent. */
  readonly fill?: Uint8Array
  readonly reading?: ReadingRequest
}

/** How to read a drive that fails. */
export interface ReadingRequest {
  /** How often bad sectors are read again in the end; 0 when absent. */
  readonly retries?: number
  /** From the end to the start. */
  readonly isReversed?: boolean
  /** More bad areas than these end the run. */
  readonly maxErrors?: number
  /** A read of a device that takes longer counts as failed; a minute when absent. */
  readonly readTimeoutMs?: number
  /** How long to wait for a drive that goes away, Infinity for as long as it takes; not at all when absent. */
  readonly waitMs?: number
  /** A device with read errors is read on without asking. */
  readonly despiteErrors?: boolean
}

/** The shortest way to a credential, for programs. */
export function recoveryPassword(digits: string): CredentialInput {
  return { kind: "recovery-password", text: Secret.ofText(digits), origin: "program" }
}

export function password(text: string): CredentialInput {
  return { kind: "password", text: Secret.ofText(text), origin: "program" }
}

/** @param path a .BEK file, or a folder of them */
export function startupKey(path: string): CredentialInput {
  return { kind: "startup-key", path, origin: "program" }
}

/** A question that only a person may answer, such as overwriting a device that holds a file system. */
export interface Question {
  readonly code: string
  readonly text: string
  /** What has to be typed, any of these, where a yes says too little. */
  readonly answers?: readonly string[]
}

export interface JobContext {
  readonly crypto: Crypto
  readonly signal: AbortSignal
  readonly emit: (event: JobEvent) => void
  /** Absent where nobody can be asked: the job then refuses. */
  readonly ask?: (question: Question) => Promise<boolean>
  /** What a person types unseen; absent where nobody can be asked. */
  readonly askSecret?: (question: string) => Promise<Secret>
  /** Told each secret that comes up on the way, before anything can fail with it in hand: a report of a crash must not hold it. */
  readonly remember?: (secret: Secret) => void
}

/** What a caller may give of it: everything has a default. */
export type JobShell = Partial<JobContext>
