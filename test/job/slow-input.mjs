/**
 * Loaded into the program before it starts: reads of one file take their time, in every thread, and each is written down as
 * `milliseconds position length`, so that what a run has read is known even after it was killed.
 */
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"

const { path, log, bytesPerSecond } = JSON.parse(process.env.SLOW_INPUT)
const { open, read, readSync } = fs
const slow = new Set()
const clock = new Int32Array(new SharedArrayBuffer(4))
const millisecondsFor = (length) => (1000 * length) / bytesPerSecond

function note(at, length) {
  fs.appendFileSync(log, `${Date.now()} ${at} ${length}\n`)
}

fs.open = (name, flags, callback) =>
  open(name, flags, (error, fd) => {
    if (!error && name === path) slow.add(fd)
    else slow.delete(fd)
    callback(error, fd)
  })

fs.read = (fd, buffer, offset, length, at, callback) => {
  if (!slow.has(fd)) return read(fd, buffer, offset, length, at, callback)
  note(at, length)
  setTimeout(() => read(fd, buffer, offset, length, at, callback), millisecondsFor(length))
}

fs.readSync = (fd, buffer, offset, length, at) => {
  if (!slow.has(fd)) return readSync(fd, buffer, offset, length, at)
  note(at, length)
  Atomics.wait(clock, 0, 0, millisecondsFor(length))
  return readSync(fd, buffer, offset, length, at)
}
syncBuiltinESMExports()
