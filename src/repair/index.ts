/**
 * Differently damaged metadata in, one account of the volume out: `reconcile` before any key, `settle` when the volume is
 * open. Both keep their reasons.
 */
export type { Account } from "./account.ts"
export { type Doubt, type DoubtfulFacts, type DoubtfulField, doubtFindings } from "./doubts.ts"
export type { CopyHealth, JudgedCopy } from "./judge-copies.ts"
export type { Candidate } from "./intact-blocks.ts"
export { type OriginalBoot, type OriginalBootQuestion, findOriginalBoot } from "./original-boot.ts"
export * from "./plan-patch.ts"
export { FRONT_SECTORS, type BootSectorEvidence, rebuildBootSector } from "./plan-patch-boot.ts"
export * from "./plan-patch-datums.ts"
export * from "./plan-patch-metadata.ts"
export * from "./plan-patch-structures.ts"
export { type Reconciled, reconcile } from "./reconcile.ts"
export { type FoundGeometry, type KnownGeometry, keysFit, searchGeometry } from "./search-geometry.ts"
export { factsOfGeometry, geometryFindings } from "./search-geometry-facts.ts"
export { type Settled, settle } from "./settle.ts"
export type { DisplacedBlock, MetadataEvidence } from "./witnesses.ts"
