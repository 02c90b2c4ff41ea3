/**
 * Loaded into the program before it starts: kills it at a chosen write to a chosen file, after so many of its bytes. What the
 * system was told until then stays, as after a power cut.
 */
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"

const { path, write: fatal, bytes: reached } = JSON.parse(process.env.DIE_AT_WRITE)
const { open, write, writeSync } = fs
const watched = new Set()
let count = 0

fs.open = (name, flags, callback) =>
  open(name, flags, (error, fd) => {
    if (name === path && (flags & 3) !== fs.constants.O_RDONLY) watched.add(fd)
    callback(error, fd)
  })

fs.write = (fd, buffer, offset, length, at, callback) => {
  if (watched.has(fd) && ++count === fatal) {
    const part = Math.round(reached * length)
    if (part > 0) writeSync(fd, buffer, offset, part, at)
    process.kill(process.pid, "SIGKILL")
  }
  write(fd, buffer, offset, length, at, callback)
}
syncBuiltinESMExports()
