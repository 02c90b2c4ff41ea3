/** Key material and credentials in, volume keys out, with the reason for each that did not fit. */
export type { LabelledCredential } from "./attempts.ts"
export * from "./protector-words.ts"
export * from "./reveal-keys.ts"
export {
  type RecoveryPasswordMatch,
  measureStretchers,
  recoverySalts,
  searchRecoveryPassword,
} from "./search-recovery-password.ts"
export type { Try, TryOutcome } from "./tries.ts"
export * from "./unlock-volume.ts"
