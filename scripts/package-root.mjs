/** Where the package lies, whatever folder its scripts are called from. */
import { realpathSync } from "node:fs"
import { fileURLToPath } from "node:url"

export const PACKAGE_ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "")

/** The folder of the person who called: npm runs scripts in the package's own. */
export const CALLERS_FOLDER = process.env.INIT_CWD ?? process.cwd()

/** Is the module with this `import.meta.url` the script that was called, and not only imported? */
export function isMain(url) {
  return fileURLToPath(url) === realpathSync(process.argv[1] ?? ".")
}
