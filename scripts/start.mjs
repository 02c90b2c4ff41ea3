/**
 * `npm start -- INPUT OUTPUT ...`: installs and builds what is missing, then is the command `repair-bde`, in the caller's
 * folder. Without arguments it decrypts the sample volume that comes with the package, by the same command.
 */
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { pathToFileURL } from "node:url"
import { CALLERS_FOLDER, PACKAGE_ROOT } from "./package-root.mjs"
import { prepareProgram } from "./prepare.mjs"

const PROGRAM = join(PACKAGE_ROOT, "dist/bin/main.js")

await prepareProgram()
process.chdir(CALLERS_FOLDER)
const given = process.argv.slice(2)
process.argv = [process.execPath, PROGRAM, ...(given.length > 0 ? given : decryptSample())]
// In this process: signals, the exit code and the terminal are the command's own.
await import(pathToFileURL(PROGRAM).href)

function decryptSample() {
  const sample = relative(CALLERS_FOLDER, join(PACKAGE_ROOT, "sample"))
  const output = join(mkdtempSync(join(tmpdir(), "repair-bde-sample-")), "decrypted.img")
  const credentials = join(sample, "credentials.txt")
  const args = [join(sample, "volume.img"), output, "--credentials-file", credentials, "--hash", "sha256"]
  console.error(`No input was given, so this decrypts the sample volume that comes with the package:

  repair-bde ${args.join(" ")}
`)
  process.once("exit", (code) => {
    if (code === 0) console.error(`\nYour own drive or image: npm start -- INPUT OUTPUT -rp`)
  })
  return args
}
