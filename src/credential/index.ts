/** What a person holds, in every form it is written down in, to the credential that unlocking tries. */
export * from "./certificate.ts"
export * from "./credential.ts"
export * from "./password.ts"
export * from "./raw-key.ts"
export * from "./recovery-password.ts"
export * from "./startup-key.ts"
export * from "./stretch-input.ts"
