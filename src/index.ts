/** The public API: re-exports, nothing else. README shows it in eight lines. */
export * from "./errors.ts"
export type { Extent } from "./extents/extent.ts"
export type { Finding, Severity } from "./findings.ts"
export * from "./job/index.ts"
export type { ByteSource } from "./source/byte-source.ts"
