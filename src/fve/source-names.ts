/** Where something was found, as people read it: several copies are "copies 1 and 3", everything else keeps its name. */

export function copyName(copy: number): string {
  return `copy ${copy}`
}

/** @param names at least one, such as "copy 1" and "key package 2" */
export function listSources(names: readonly string[]): string {
  const sorted = [...names].sort()
  const copies = sorted.filter((name) => COPY.test(name)).map((name) => name.replace(COPY, "$1"))
  const others = sorted.filter((name) => !COPY.test(name))
  return listWords([
    ...(copies.length > 1 ? [`copies ${listWords(copies)}`] : copies.map((copy) => `copy ${copy}`)),
    ...others,
  ])
}

const COPY = /^copy (\d+)$/

function listWords(words: readonly string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words.join("")
}
