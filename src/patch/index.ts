/**
 * Patches as data, forth and back. The hand that writes them, `apply.ts`, is not behind this door: whoever wants it has to
 * name it, and `test/layers.test.ts` knows who may.
 */
export * from "./edit-state.ts"
export { unreadablePlaces } from "./failures.ts"
export type { PatchMedium } from "./medium.ts"
export * from "./rewrite.ts"
export * from "./undo-file.ts"
