/** Certificates for servers of the tests, signed by a certification authority that lives as long as they do. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { runTool } from "../suites/tools.ts"

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

/** @param names for which they are, as OpenSSL writes them: `IP:127.0.0.1`, `DNS:dc1.rb.test` */
export function makeCertificates(folder: string, ...names: readonly string[]): Certificates {
  const path = (name: string): string => join(folder, name)
  const [ca, caKey, key, certificate] = ["ca.pem", "ca.key", "key.pem", "certificate.pem"].map(path)
  const openssl = (...args: readonly string[]): Buffer => runTool("openssl", ...args)
  const newKey = ["-newkey", "rsa:2048", "-nodes", "-days", "2"]
  openssl("req", "-x509", ...newKey, "-keyout", caKey!, "-out", ca!, "-subj", "/CN=Authority of a test")
  openssl("req", ...newKey, "-keyout", key!, "-out", path("request.pem"), "-subj", "/CN=server")
  writeFileSync(path("extensions"), `subjectAltName=${names.join(",")}\n`)
  const signing = ["-CA", ca!, "-CAkey", caKey!, "-CAcreateserial", "-days", "2"]
  const extensions = ["-extfile", path("extensions")]
  openssl("x509", "-req", "-in", path("request.pem"), ...signing, ...extensions, "-out", certificate!)
  return { ca: ca!, certificate: certificate!, key: key! }
}
