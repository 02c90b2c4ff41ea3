/**
 * Device numbers of Linux as stat(2) gives them: major and minor laid out around the old 8 and 8 bits, which keep their
 * place (makedev(3)). What the kernel knows of a block device lies in a folder named by them.
 */

/** `/sys/dev/block/8:1`, in text only. */
export function linuxDeviceFolder(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n)
  return `/sys/dev/block/${major}:${minor}`
}
