/**
 * `npm start -- INPUT OUTPUT ...`: installs and builds what is missing, then is the command `repair-bde`, in the caller's
 * folder. Without arguments it repairs the sample volume that comes with the package, by the same command.
 */
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { pathToFileURL } from "node:url"
import { CALLERS_FOLDER, PACKAGE_ROOT } from "./package-root.mjs"
import { prepareProgram } from "./prepare.mjs"

const PROGRAM = join(PACKAGE_ROOT, "dist/bin/main.js")
/** As in src/errors.ts, which is not built yet when this is read. */
const EXIT_DONE_WITH_LOSSES = 3

await prepareProgram()
process.chdir(CALLERS_FOLDER)
const given = process.argv.slice(2)
process.argv = [process.execPath, PROGRAM, ...(given.length > 0 ? given : repairSample())]
// In this process: signals, the exit code and the terminal are the command's own.
await import(pathToFileURL(PROGRAM).href)

function repairSample() {
  const sample = relative(CALLERS_FOLDER, join(PACKAGE_ROOT, "sample"))
  const output = join(mkdtempSync(join(tmpdir(), "repair-bde-sample-")), "decrypted.img")
  const credentials = join(sample, "credentials.txt")
  const args = [join(sample, "volume.img"), output, "--credentials-file", credentials, "--hash", "sha256"]
  console.error(`No input was given, so this repairs the sample that comes with the package: a volume whose boot sector is gone,
whose metadata copies 1 and 3 are gone, and whose copy 2 no longer tells where the head of the volume is kept.

  repair-bde ${args.join(" ")}
`)
  process.once("exit", (code) => {
    if (code !== EXIT_DONE_WITH_LOSSES) return
    console.error(`
The exit code is 3: all was done, but a part of it rests on what the metadata can no longer prove.
Your own drive or image: npm start -- INPUT OUTPUT -rp`)
    // To npm everything but 0 is a failure, and it would say so in ten lines.
    process.exitCode = 0
  })
  return args
}
