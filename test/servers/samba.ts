/**
 * An Active Directory of a test's own: Samba as a domain controller, provisioned into a folder, on an address of the loopback
 * network that no other run uses, and gone with the test. Nothing of the machine's own configuration is read or written.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { isRoot, temporaryFolder } from "../suites/system.ts"
import { requirement } from "../suites/requirements.ts"
import { requireTools, runTool } from "../suites/tools.ts"
import { type Certificates, makeCertificates } from "./certificates.ts"

/** What it takes: ports below 1024 are root's. */
export function requireSamba(): boolean {
  const hasTools = requireTools("samba", "samba-tool", "ldapadd", "openssl")
  return requirement("root, for a domain controller", isRoot) && hasTools
}

const ADMINISTRATOR = { name: "administrator@rb.test", password: "Passw0rd.Test1" }
/** Of the class msFVE-RecoveryInformation, and its confidential attributes ([MS-ADA2], [MS-ADSC]). */
const RECOVERY_INFORMATION = "ea715d30-8f53-40d0-bd1e-6109186d782c"
const RECOVERY_PASSWORD = "43061ac1-c8ad-4ccc-b785-2bfac20fc60a"
const KEY_PACKAGE = "1fd55ea8-88a7-47dc-8129-0daa97186a54"

export type Right = "read" | "read passwords" | "read key packages"

export interface SambaDomain {
  /** An address; the certificate is for it. */
  readonly host: string
  readonly realm: string
  readonly baseDn: string
  readonly folder: string
  readonly administrator: Login
  readonly certificates: Certificates
  add(ldif: string): void
  /** @param container below which the rights hold */
  addUser(name: string, rights: readonly Right[], container: string): Login
  /** Runs `samba-tool` on it. */
  tool(...args: readonly string[]): string
  stop(): Promise<void>
}

export interface Login {
  readonly name: string
  readonly password: string
}

export async function startSamba(): Promise<SambaDomain> {
  const folder = temporaryFolder()
  const path = (name: string): string => join(folder.path, name)
  const host = `127.${64 + (process.pid >> 16)}.${(process.pid >> 8) & 0xff}.${process.pid & 0xff}`
  const certificates = makeCertificates(folder.path, `IP:${host}`, "DNS:dc1.rb.test")
  for (const name of ["run", "ncalrpc"]) mkdirSync(path(name))
  provision(folder.path, host)

  const options = {
    "server services": "ldap, cldap, kdc",
    "pid directory": path("run"),
    "ncalrpc dir": path("ncalrpc"),
    "log file": path("samba.log"),
    "tls keyfile": certificates.key,
    "tls certfile": certificates.certificate,
    "tls cafile": certificates.ca,
  }
  const configuration = ["-s", path("dc/etc/smb.conf")]
  const database = [...configuration, "-H", path("dc/private/sam.ldb")]
  const given = Object.entries(options).map(([name, value]) => `--option=${name}=${value}`)
  const log = openSync(path("output.log"), "w")
  // With a pipe as standard input it ends when this process does, however that ends.
  const server = spawn("samba", ["-i", "-M", "single", "--debug-stdout", ...configuration, ...given], {
    stdio: ["pipe", log, log],
  })
  const ended = once(server, "exit")
  try {
    await waitForPort(host, 636, () => server.exitCode === null)
  } catch (cause) {
    server.kill()
    throw new Error(readFileSync(path("output.log"), "utf8"), { cause })
  }
  const tool = (...args: readonly string[]): string => runTool("samba-tool", ...args, ...database).toString()

  return {
    host,
    realm: "RB.TEST",
    baseDn: "DC=rb,DC=test",
    folder: folder.path,
    administrator: ADMINISTRATOR,
    certificates,
    tool,
    add(ldif) {
      writeFileSync(path("add.ldif"), ldif)
      writeFileSync(path("ldap.conf"), `TLS_CACERT ${certificates.ca}\n`)
      const { name, password } = ADMINISTRATOR
      const login = ["-x", "-H", `ldaps://${host}`, "-D", name, "-w", password]
      runTool("env", `LDAPCONF=${path("ldap.conf")}`, "ldapadd", ...login, "-f", path("add.ldif"))
    },
    addUser(name, rights, container) {
      const password = `Passw0rd.${name}`
      tool("user", "create", name, password)
      const sid = /objectSid: (\S+)/.exec(tool("user", "show", name, "--attributes=objectSid"))![1]!
      const sddl = rights.map((right) => accessOf(right, sid)).join("")
      if (sddl) tool("dsacl", "set", `--objectdn=${container}`, `--sddl=${sddl}`, "--action=allow")
      return { name: `${name}@rb.test`, password }
    },
    async stop() {
      server.kill()
      await ended
      folder.dispose()
    },
  }
}

function provision(folder: string, host: string): void {
  const options = {
    interfaces: `${host}/8`,
    "bind interfaces only": "yes",
    "vfs objects": "dfs_samba4 acl_xattr xattr_tdb",
    "posix:eadb": join(folder, "eadb.tdb"),
  }
  const domain = {
    targetdir: join(folder, "dc"),
    realm: "RB.TEST",
    domain: "RB",
    "server-role": "dc",
    "dns-backend": "NONE",
    adminpass: ADMINISTRATOR.password,
    "host-name": "dc1",
    "host-ip": host,
    "function-level": "2008_R2",
  }
  const given = Object.entries(options).map(([name, value]) => `--option=${name}=${value}`)
  const facts = Object.entries(domain).map(([name, value]) => `--${name}=${value}`)
  runTool("samba-tool", "domain", "provision", "--use-rfc2307", ...facts, ...given)
}

/** An access control entry in Microsoft's notation (SDDL), inherited by the objects of the class alone. */
function accessOf(right: Right, sid: string): string {
  switch (right) {
    case "read":
      return `(OA;CIIO;RPLCLORC;;${RECOVERY_INFORMATION};${sid})`
    case "read passwords":
      return `(OA;CIIO;CR;${RECOVERY_PASSWORD};${RECOVERY_INFORMATION};${sid})`
    case "read key packages":
      return `(OA;CIIO;CR;${KEY_PACKAGE};${RECOVERY_INFORMATION};${sid})`
  }
}

const PATIENCE_MS = 60_000

async function waitForPort(host: string, port: number, isRunning: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (isRunning() && Date.now() < end) {
    const socket = connect(port, host)
    const isOpen = await Promise.race([
      once(socket, "connect").then(
        () => true,
        () => false,
      ),
      sleep(1000, false),
    ])
    socket.destroy()
    if (isOpen) return
    await sleep(100)
  }
  throw new Error(`nothing listens at ${host}:${port}`)
}
