/** A QR code for a terminal. The library that makes it is loaded with this file, and this file only when one is asked for. */
import { encodeQR } from "qr"

/** Light modules that a reader needs around the code (ISO/IEC 18004, 9.1). */
const QUIET_ZONE = 4
/** Two rows of modules in one of characters. Lit halves are the light modules: terminals are dark. */
const HALVES = { both: "█", upper: "▀", lower: "▄", none: " " }

/** Lines of block characters, right on a terminal with a dark background. */
export function qrCode(text: string): string[] {
  const modules = encodeQR(text, "raw", { ecc: "medium", border: QUIET_ZONE })
  const isLight = (row: number, column: number): boolean => modules[row]?.[column] !== true
  return Array.from({ length: Math.ceil(modules.length / 2) }, (_, line) =>
    modules[0]!
      .map((_module, column) => {
        const [upper, lower] = [isLight(2 * line, column), isLight(2 * line + 1, column)]
        if (upper) return lower ? HALVES.both : HALVES.upper
        return lower ? HALVES.lower : HALVES.none
      })
      .join(""),
  )
}
