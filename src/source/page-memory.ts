/**
 * Memory that starts on a page. Direct I/O takes no other, ordinary buffers start anywhere, and a WebAssembly memory is
 * the only page-aligned one that JavaScript can ask for.
 */

// The compiler's own description of WebAssembly comes with that of a browser.
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number }) => { readonly buffer: ArrayBuffer }
}

const WASM_PAGE = 65536

/** At least `length` zero bytes. */
export function pageMemory(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new WebAssembly.Memory({ initial: Math.ceil(length / WASM_PAGE) }).buffer)
}
