/**
 * The port of all cryptography: a parameter of everything above, so that the slow readable twin (`reference.ts`), the fast
 * one (`node.ts`) and a browser's are exchanged in one place.
 */
import type { EncryptionMethod } from "./method.ts"
import type { SectorCipher } from "./sector-cipher.ts"

/** A wrapped datum: AES-256-CCM, nonce of 12 bytes, tag of 16, no additional data. */
export interface CcmBox {
  readonly nonce: Uint8Array
  readonly tag: Uint8Array
  readonly ciphertext: Uint8Array
}

export interface StretchOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/** Stretches candidates side by side, in a thread of its own where there are threads: what a search needs. */
export interface Stretcher {
  /**
   * One stretch for each initial value; up to four take hardly longer than one.
   * @param initials 1 to 4, of 32 bytes @param salt 16 bytes, of all of them
   * @throws the signal's reason when it is aborted
   */
  stretch(
    initials: readonly Uint8Array[],
    salt: Uint8Array,
    options?: StretcherOptions,
  ): Promise<Uint8Array[]>
  close(): Promise<void>
}

export interface StretcherOptions {
  readonly signal?: AbortSignal
  /** Fewer than a whole stretch has: to measure the speed. What comes out is no key then. */
  readonly steps?: number
}

export interface Crypto {
  /** SHA-256 of the parts in order. */
  sha256(...parts: readonly Uint8Array[]): Uint8Array
  /** SHA-1 of the parts in order: what paddings and thumbprints of certificates are made with. It proves nothing any more. */
  sha1(...parts: readonly Uint8Array[]): Uint8Array
  /** The plaintext, or `undefined` when the tag does not verify: there is no third way. */
  openCcm(key: Uint8Array, box: CcmBox): Uint8Array | undefined
  sealCcm(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): CcmBox
  /**
   * The block that an RSA ciphertext holds, its padding included; `undefined` when the ciphertext is not as long as the
   * modulus, or not below it.
   * @param key a PKCS#1 RSAPrivateKey in DER @throws RangeError when it is none
   */
  decryptRsa(key: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined
  /**
   * The key stretch of passwords and recovery passwords: 2^20 chained SHA-256.
   * @param initial 32 bytes @param salt 16 bytes
   * @throws the signal's reason when it is aborted
   */
  stretch(initial: Uint8Array, salt: Uint8Array, options?: StretchOptions): Promise<Uint8Array>
  /** As many as there are processors. The caller closes them. */
  openStretchers(): readonly Stretcher[]
  /** @param fvek the whole key as unwrapped, unused parts included @throws RangeError when its length does not fit */
  createSectorCipher(
    method: EncryptionMethod,
    fvek: Uint8Array,
    sectorSize: number,
    options?: { readonly bufferLength?: number },
  ): SectorCipher
}
