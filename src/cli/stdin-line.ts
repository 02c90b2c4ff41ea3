/**
 * One line of standard input for each secret that is asked for where there is no terminal. It is read byte by byte, so that
 * exactly this line is taken and the rest stays for whoever comes next, and synchronously, while the signals still
 * have their default action: a script that waits here can be ended as ever.
 */
import { readSync } from "node:fs"

const STANDARD_INPUT = 0
const RETRY_MS = 20

/** Without its line end; `undefined` at the end of the input. */
export function readStdinLine(): string | undefined {
  const line: number[] = []
  for (let byte = readByte(); byte !== 0x0a; byte = readByte()) {
    if (byte === undefined) {
      if (line.length === 0) return undefined
      break
    }
    line.push(byte)
  }
  if (line.at(-1) === 0x0d) line.pop()
  return new TextDecoder().decode(Uint8Array.from(line))
}

function readByte(): number | undefined {
  const byte = new Uint8Array(1)
  for (;;) {
    try {
      return readSync(STANDARD_INPUT, byte, 0, 1, null) === 1 ? byte[0] : undefined
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === "EOF") return undefined
      // A pipe that another process has set to non-blocking.
      if (code !== "EAGAIN") throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
    }
  }
}
