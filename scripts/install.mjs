/**
 * Installs the packages of a folder from its package-lock.json, when and only when what lies in node_modules is not what
 * the lock names. npm's own record of what it installed (node_modules/.package-lock.json) is the evidence, so that an
 * `npm ci` by hand counts as well.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** What npm says when nobody answers: no name service, no route, no registry, a proxy that drops the line. */
const NO_NETWORK =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|EPIPE|ENOTCACHED|ERR_SOCKET_TIMEOUT/
/** npm's own errors begin with what happened and go on with its manual. */
const LINES_OF_A_REASON = 5

/** @param what for the person who waits: "the compiler" */
export function installWhenNeeded(folder, what) {
  if (isInstalled(folder)) return
  console.error(`Installing ${what} ...`)
  const { status, stderr } = runNpm(folder, [
    "ci",
    "--include=dev",
    "--loglevel=error",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=2000",
  ])
  if (status === 0) return
  console.error(explain(folder, what, stderr))
  process.exit(1)
}

function isInstalled(folder) {
  const record = join(folder, "node_modules/.package-lock.json")
  if (!existsSync(record)) return false
  const installed = readPackages(record)
  return Object.entries(readPackages(join(folder, "package-lock.json")))
    .filter(([path, entry]) => path !== "" && isMeantForThisMachine(entry))
    .every(
      ([path, { integrity }]) => installed[path]?.integrity === integrity && existsSync(join(folder, path)),
    )
}

function readPackages(lock) {
  return JSON.parse(readFileSync(lock, "utf8")).packages
}

/** Optional packages carry the compiled program of one system each; which C library it has, only npm finds out. */
function isMeantForThisMachine({ optional, os, cpu, libc }) {
  if (!optional) return true
  return !libc && os?.includes(process.platform) && cpu?.includes(process.arch)
}

/** npm tells its scripts where it lies; its name alone is not a program on Windows. */
function runNpm(folder, args) {
  const npm = process.env.npm_execpath
  const [program, before] = npm ? [process.execPath, [npm]] : ["npm", []]
  return spawnSync(program, [...before, ...args], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  })
}

function explain(folder, what, stderr) {
  if (NO_NETWORK.test(stderr)) {
    return `No connection to the npm registry, which is needed once to install ${what}: connect, then run this again.`
  }
  const reason = stderr.trim().split("\n").slice(0, LINES_OF_A_REASON).join("\n")
  return `npm could not install ${what} (npm ci in ${folder} says more):\n${reason}`
}
