/**
 * The WebAssembly kernels, compiled once a process and thread. Their sources and memory layouts are in `src/kernels/`;
 * all sizes and places are bytes in the memory that the caller gives them.
 */
import { readFileSync } from "node:fs"

export interface Kernels {
  readonly xts: {
    maskSectors(target: number, masks: number, tweaks: number, sectorCount: number, sectorSize: number): void
    applyMasks(target: number, masks: number, length: number): void
  }
  readonly cbc: {
    chainBlocks(
      target: number,
      decrypted: number,
      ciphertext: number,
      ivs: number,
      sectorCount: number,
      sectorSize: number,
    ): void
  }
  readonly diffuser: {
    decryptSectors(
      sectors: number,
      keys: number,
      lanes: number,
      sectorCount: number,
      sectorSize: number,
    ): void
    encryptSectors(
      sectors: number,
      keys: number,
      lanes: number,
      sectorCount: number,
      sectorSize: number,
    ): void
  }
  readonly stretch: {
    stretch(steps: number): void
  }
  readonly "stretch-four": {
    stretch(steps: number): void
  }
}

const compiled = new Map<string, WebAssembly.Module>()

export function compileKernel(name: keyof Kernels): WebAssembly.Module {
  let module = compiled.get(name)
  if (!module) {
    module = new WebAssembly.Module(readFileSync(new URL(`../kernels/${name}.wasm`, import.meta.url)))
    compiled.set(name, module)
  }
  return module
}

export function loadKernel<Name extends keyof Kernels>(
  name: Name,
  memory: WebAssembly.Memory,
): Kernels[Name] {
  return new WebAssembly.Instance(compileKernel(name), { env: { memory } })
    .exports as unknown as Kernels[Name]
}
