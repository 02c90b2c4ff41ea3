/** A recovery password as somebody typed it, to the ones that may have been meant, the likeliest first. */
export { groupsAsTyped } from "./readings.ts"
export * from "./search-plan.ts"
