/**
 * Datums: the entries of a dataset, packed without alignment, each a header of 8 bytes and a body. Structures of the bodies
 * by type; roles, types and key types by the numbers they have on disk. Names after Geoff Chappell's notes on the public
 * symbols of fveapi.dll and libbde's format document; numbers confirmed on volumes of Windows Vista to 11.
 *
 * Unknown roles, types and flags are normal: each new Windows added some. They are kept and skipped, never refused.
 */
import { bytes, type Parsed, struct, u16, u32, u64 } from "../bytes/struct.ts"
import { guid } from "../bytes/guid.ts"

export const DatumHeader = struct("datum header", {
  size: u16("bytes in the datum, this header included"),
  role: u16("what the datum is for"),
  type: u16("how the body is laid out"),
  flags: u16("bit 0 is set in every datum on disk and clear in the keys inside wrapped datums"),
})
export type DatumHeader = Parsed<typeof DatumHeader>

export const DatumRole = {
  property: 0x0000,
  keyProtector: 0x0002,
  fvek: 0x0003,
  validationInfo: 0x0004,
  startupKey: 0x0006,
  description: 0x0007,
  autoUnlockKey: 0x000b,
  publicKey: 0x000c,
  identificationField: 0x000e,
  virtualization: 0x000f,
  /** In a stretch key: the recovery password itself, wrapped by the VMK (Windows 8 and later). */
  recoveryPassword: 0x0012,
  /** In a stretch key: the stretched recovery password, wrapped by the VMK (Windows 8 and later). */
  stretchedRecoveryPassword: 0x0013,
  /** In a startup key of Windows 11: the volume it belongs to. */
  volumeId: 0x0019,
} as const

export const DatumType = {
  erased: 0x0000,
  key: 0x0001,
  unicode: 0x0002,
  stretchKey: 0x0003,
  useKey: 0x0004,
  aesCcm: 0x0005,
  tpmBlob: 0x0006,
  validationInfo: 0x0007,
  vmkInfo: 0x0008,
  externalInfo: 0x0009,
  update: 0x000a,
  errorLog: 0x000b,
  asymmetricBlob: 0x000c,
  exportedPublicKey: 0x000d,
  publicKeyInfo: 0x000e,
  virtualizationInfo: 0x000f,
  concatHashKey: 0x0012,
  backupInfo: 0x0015,
  guid: 0x0017,
} as const

/** First field of key, stretch key and use key bodies. An FVEK has its `EncryptionMethod` here. */
export const KeyType = {
  recoveryPassword: 0x1000,
  password: 0x1001,
  clearKey: 0x2000,
  externalKey: 0x2002,
  vmk: 0x2003,
  metadataHash: 0x2005,
  publicKeyIntermediate: 0x2006,
  stretchedPassword: 0x2007,
  stretchedRecoveryPassword: 0x2008,
} as const

export const KeyBody = struct("key body", {
  keyType: u16("what the key is; the encryption method when it is an FVEK"),
  keyFlags: u16("0x04 enhanced PIN, 0x10 enhanced crypto, 0x40 PBKDF2; 0 on all volumes seen"),
})

export const StretchKeyBody = struct("stretch key body", {
  keyType: u16("0x1000 recovery password, 0x1001 password"),
  keyFlags: u16("as in a key"),
  salt: bytes(16, "salt of the key stretch"),
})

export const UseKeyBody = struct("use key body", {
  keyType: u16("what the wrapped key in the properties is"),
  keyFlags: u16("as in a key"),
})

const NONCE_LENGTH = 12
const TAG_LENGTH = 16

export const AesCcmBody = struct("AES-CCM body", {
  nonce: bytes(NONCE_LENGTH, "FILETIME and u32 counter; the driver writes times with the top byte 0x81"),
  tag: bytes(TAG_LENGTH, "authentication tag, stored before the ciphertext"),
})

export const VmkInfoBody = struct("VMK info body", {
  id: guid("key protector ID, which Windows shows as the key ID"),
  created: u64("FILETIME of creation"),
  reserved24: u16("0 on all volumes seen", 0),
  protection: u16("high byte: mask of the factors"),
})

export const ExternalInfoBody = struct("external info body", {
  id: guid("key protector ID"),
  created: u64("FILETIME of creation, the same as in the VMK info"),
})

export const BackupInfoBody = struct("backup info body", {
  first: u64("FILETIME of a backup of the recovery password"),
  second: u64("FILETIME, the same on all volumes seen"),
  kind: u16("Unconfirmed: mask of the kinds of backup"),
  reserved18: u16("2 on all volumes seen"),
})

/** Unconfirmed names; the place of the thumbprint is certain. */
export const PublicKeyInfoBody = struct("public key info body", {
  tag: bytes(4, 'letters "gsin"'),
  size: u32("bytes in the body", 0x25),
  reserved8: u32("2"),
  thumbprintLength: u32("bytes in the thumbprint", 20),
  thumbprint: bytes(20, "SHA-1 of the certificate"),
  reserved36: bytes(1, "0"),
})

/** Microsoft's BCRYPT_RSAKEY_BLOB; the exponent and the modulus follow, big-endian. */
export const ExportedPublicKeyBody = struct("exported public key body", {
  magic: bytes(4, 'letters "RSA1"'),
  bitLength: u32("bits in the modulus"),
  exponentLength: u32("bytes in the public exponent"),
  modulusLength: u32("bytes in the modulus"),
  prime1Length: u32("of a private key; 0", 0),
  prime2Length: u32("of a private key; 0", 0),
})

export const VirtualizationInfoBody = struct("virtualization info body", {
  backupOffset: u64("where the head of the volume is kept"),
  backupSize: u64("bytes in the head of the volume"),
})

/** Follows the virtualization info since Windows 8. Only sizes, the system's version and the flags are understood. */
export const VirtualizationExtension = struct("virtualization extension", {
  version: u16("5 on all volumes seen"),
  size: u16("bytes in the extension", 0x4c),
  reserved4: u32("0"),
  flags: u64("0x01 4096-byte sectors, 0x40 encrypt-on-write used or To Go, 0x100 decrypting or paused"),
  logOffset: u64("conversion log of To Go volumes, else 0"),
  logSize: u32("bytes in that log, else 0"),
  sectorSize: u32("bytes in a sector of the volume"),
  physicalSectorSize: u32("4096 where flags has 0x01"),
  osMajor: u32("version of the Windows that created the volume"),
  osMinor: u32("version of the Windows that created the volume"),
  osBuild: u32("build of the Windows that created the volume"),
  platformId: u32("2: Windows NT"),
  servicePackMajor: u16("0"),
  servicePackMinor: u16("0"),
  suiteMask: u16("as in OSVERSIONINFOEX"),
  productType: bytes(2, "product type and a reserved byte, as in OSVERSIONINFOEX"),
  extraOffset: u64("an extra region after the head's backup, all zero on the volumes seen"),
  extraSize: u32("bytes in the extra region"),
  reserved72: u32("0"),
})
export type VirtualizationExtension = Parsed<typeof VirtualizationExtension>

/** Bytes of the body before the properties, for the types that have properties. */
export const PROPERTIES_AFTER: ReadonlyMap<number, number> = new Map([
  [DatumType.stretchKey, StretchKeyBody.size],
  [DatumType.useKey, UseKeyBody.size],
  [DatumType.vmkInfo, VmkInfoBody.size],
  [DatumType.externalInfo, ExternalInfoBody.size],
  [DatumType.update, 0x24],
])
