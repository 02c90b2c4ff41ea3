/**
 * The part of the WebAssembly API that is used here. TypeScript knows it only as a part of a browser's types, and Node's
 * types leave it out.
 */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { readonly initial: number; readonly maximum?: number })
    readonly buffer: ArrayBuffer
  }
  // oxlint-disable-next-line typescript/no-extraneous-class -- opaque, as it is in WebAssembly
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>)
    readonly exports: Readonly<Record<string, unknown>>
  }
}
