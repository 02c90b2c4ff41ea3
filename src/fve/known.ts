/** Facts that were looked for: what is not there becomes absent, instead of present and `undefined`. */

type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

export function known<T extends object>(facts: T): Known<T> {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)) as Known<T>
}
