const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e

/**
 * A message as DATA carries it (RFC 5321 sections 2.3.8, 4.5.2): every line end is made CRLF, be it CRLF, CR or LF; a dot at
 * the beginning of a line is doubled; exactly one CRLF stands before the final dot. All other bytes stay as they
 * are. The output is the same however the input was cut.
 */
export class DataEncoder {
  /** The byte before, as it came in; at the beginning it is as if a line had just ended. */
  #last = LF
  #sizeBytes = 0
  #lineBytes = 0
  #longestLineBytes = 0

  /** Size so far as SIZE counts it (RFC 1870 section 3): CRLF line ends, no doubled dots, no final dot. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** The longest line so far without its CRLF; RFC 5321 4.5.3.1.6 promises no more than 998. */
  get longestLineBytes(): number {
    return Math.max(this.#longestLineBytes, this.#lineBytes)
  }

  /** Where nothing needs to change the chunk itself is returned, not a copy. */
  transform(chunk: Uint8Array): Uint8Array {
    // One pass in plain JavaScript: with lines as short as a mail's it beats a native search per line by far.
    let out: Uint8Array | null = null
    let at = 0
    let stuffed = 0
    let lineStart = -this.#lineBytes
    let last = this.#last
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0
      if (byte <= DOT || last === CR || last === LF) {
        const lineFeed = last === CR && byte !== LF
        const carriageReturn = byte === LF && last !== CR
        const dot = byte === DOT && (last === LF || last === CR)
        if (last === LF || lineFeed) lineStart = i
        if (byte === CR || carriageReturn) this.#endLine(i - lineStart)
        if (lineFeed || carriageReturn || dot) {
          out ??= startCopy(chunk, i)
          if (lineFeed) out[at++] = LF
          if (carriageReturn) out[at++] = CR
          if (dot) {
            out[at++] = DOT
            stuffed++
          }
        }
      }
      if (out) out[at] = byte
      at++
      last = byte
    }
    this.#last = last
    this.#lineBytes = last === CR || last === LF ? 0 : chunk.length - lineStart
    this.#sizeBytes += at - stuffed
    return out?.subarray(0, at) ?? chunk
  }

  /** The last bytes: what the message lacks of a final CRLF, and the final dot. */
  finish(): Uint8Array {
    const end = this.#last === LF ? '' : this.#last === CR ? '\n' : '\r\n'
    this.#sizeBytes += end.length
    this.#endLine(this.#lineBytes)
    this.#lineBytes = 0
    this.#last = LF
    return Buffer.from(`${end}.\r\n`)
  }

  #endLine(bytes: number): void {
    if (bytes > this.#longestLineBytes) this.#longestLineBytes = bytes
  }
}

/** Room for the worst, every byte doubled and a line end that the chunk before still owes, with the first bytes in it. */
function startCopy(chunk: Uint8Array, bytes: number): Uint8Array {
  const out = Buffer.allocUnsafe(2 * chunk.length + 1)
  out.set(chunk.subarray(0, bytes))
  return out
}
