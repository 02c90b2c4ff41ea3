/** The lines of a text of any size, a piece at a time: a file may be larger than memory, and its lines may have no end. */
import { decoderNameOf } from "../bytes/decode-text.ts"

/** Longer than any line of a table or of LDIF. What is longer is cut here, and whoever reads it sees that it is too long. */
export const LONGEST_LINE = 1 << 21

/** Enough to tell the encoding. */
const SAMPLE_LENGTH = 1 << 16

/** Batches of lines without their ends. */
export async function* textLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  let decoder: InstanceType<typeof TextDecoder> | undefined
  let rest = ""
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(decoderNameOf(chunk.subarray(0, SAMPLE_LENGTH)))
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n")
    rest = lines.pop()!.slice(0, LONGEST_LINE)
    yield lines.map(withoutReturn)
  }
  rest += decoder?.decode() ?? ""
  if (rest !== "") yield [withoutReturn(rest)]
}

function withoutReturn(line: string): string {
  const cut = line.slice(0, LONGEST_LINE)
  return cut.endsWith("\r") ? cut.slice(0, -1) : cut
}
