/**
 * Names of drives, as people type them, to the names under which a system reads them raw. Pure text: the platform is a
 * parameter.
 *
 * Windows: `C:` is the folder that was last visited on C, `\\.\C:` the volume's bytes; a trailing backslash would name its
 * root folder (Microsoft, "Naming Files, Paths, and Namespaces"). macOS: `/dev/disk2` reads through a small cache,
 * `/dev/rdisk2` is the same drive without it and several times faster (hdiutil(1), "DEVICE SPECIAL FILES").
 * Unconfirmed: neither was tried on the real system.
 */

/** The path to open for what was typed. */
export function devicePath(path: string, platform: NodeJS.Platform): string {
  if (platform === "win32") return windowsDevicePath(path)
  if (platform === "darwin") return path.replace(/^\/dev\/disk(?=\d)/, "/dev/rdisk")
  return path
}

/** Whether the path names a raw device by its form alone, where stat(2) does not tell. */
export function isDevicePath(path: string, platform: NodeJS.Platform): boolean {
  if (platform === "win32") return WINDOWS_DEVICE.test(path)
  return platform === "darwin" && /^\/dev\/r?disk\d/.test(path)
}

const WINDOWS_DEVICE =
  /^\\\\[.?]\\(?:[a-z]:|PhysicalDrive\d+|Harddisk\d+Partition\d+|Volume\{[0-9a-f-]{36}\})$/i

function windowsDevicePath(path: string): string {
  if (/^[a-z]:\\?$/i.test(path)) return `\\\\.\\${path.slice(0, 2)}`
  if (/^PhysicalDrive\d+$/i.test(path)) return `\\\\.\\${path}`
  const unslashed = path.replaceAll("/", "\\").replace(/\\$/, "")
  return WINDOWS_DEVICE.test(unslashed) ? unslashed : path
}
