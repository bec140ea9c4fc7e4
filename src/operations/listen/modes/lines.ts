/** A line that is never ended must not fill the memory: it is cut here. */
const MAX_LINE_BYTES = 65_536
const LF = 0x0a
const CR = 0x0d

/** Lines without their LF or CRLF; the last also where it has none. Longer ones than 64 KiB come in pieces. */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    for (let at = rest.indexOf(LF); at >= 0; at = rest.indexOf(LF)) {
      yield rest.subarray(0, at > 0 && rest[at - 1] === CR ? at - 1 : at)
      rest = rest.subarray(at + 1)
    }
    while (rest.length > MAX_LINE_BYTES) {
      yield rest.subarray(0, MAX_LINE_BYTES)
      rest = rest.subarray(MAX_LINE_BYTES)
    }
  }
  if (rest.length > 0) yield rest
}
