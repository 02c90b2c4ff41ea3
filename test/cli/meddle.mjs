/**
 * A preload (`node --import`) that does something at a known moment of a run, so that accidents happen when they should:
 * MEDDLE is JSON of { at, act: "crash" | "truncate" | "fill", path?, text? }, where `at` is a piece of the line
 * that the program is about to write.
 */
import { appendFileSync, truncateSync } from "node:fs"

const { at, act, path, text } = JSON.parse(process.env.MEDDLE)

const ACTS = {
  /** `text` is JSON of messages: each is the cause of the one before. */
  crash() {
    throw JSON.parse(text).reduceRight((cause, message) => new Error(message, { cause }), undefined)
  },
  truncate: () => truncateSync(path, 4096),
  fill() {
    try {
      for (;;) appendFileSync(path, new Uint8Array(4096))
    } catch {
      // It is full.
    }
  },
}

for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream)
  stream.write = (line, ...rest) => {
    if (String(line).includes(at)) ACTS[act]()
    return write(line, ...rest)
  }
}
