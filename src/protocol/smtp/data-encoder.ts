const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e
const CRLF = Buffer.from('\r\n')
const STUFFING = Buffer.from('.')
const EMPTY = Buffer.alloc(0)

/**
 * A message as DATA carries it (RFC 5321 sections 2.3.8, 4.5.2): every line end is made CRLF, be it CRLF, CR or LF; a dot at
 * the beginning of a line is doubled; exactly one CRLF stands before the final dot. All other bytes stay as they
 * are. The output is the same however the input was cut.
 */
export class DataEncoder {
  #atLineStart = true
  /** The last byte was a CR, which has been written as CRLF already: an LF that follows belongs to it. */
  #afterCr = false
  #lineBytes = 0
  #longestLineBytes = 0
  #sizeBytes = 0

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
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const parts: Uint8Array[] = []
    let copied = 0
    let stuffed = 0
    let at = 0
    if (this.#afterCr && bytes.length > 0) {
      this.#afterCr = false
      if (bytes[0] === LF) copied = at = 1
    }
    let cr = bytes.indexOf(CR, at)
    let lf = bytes.indexOf(LF, at)
    while (at < bytes.length) {
      if (this.#atLineStart && bytes[at] === DOT) {
        parts.push(bytes.subarray(copied, at), STUFFING)
        copied = at
        stuffed++
      }
      const end = sooner(cr, lf)
      if (end < 0) {
        this.#lineBytes += bytes.length - at
        this.#atLineStart = false
        break
      }
      this.#endLine(end - at)
      const paired = end === cr && lf === end + 1
      at = paired ? end + 2 : end + 1
      if (!paired) {
        parts.push(bytes.subarray(copied, end), CRLF)
        copied = at
        this.#afterCr = end === cr && at === bytes.length
      }
      if (cr >= 0 && cr < at) cr = bytes.indexOf(CR, at)
      if (lf >= 0 && lf < at) lf = bytes.indexOf(LF, at)
    }
    const out = copied === 0 && parts.length === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(copied)])
    this.#sizeBytes += out.length - stuffed
    return out
  }

  /** The last bytes: a CRLF if the message did not end in one, and the final dot. */
  finish(): Uint8Array {
    const end = this.#atLineStart ? EMPTY : CRLF
    this.#sizeBytes += end.length
    if (!this.#atLineStart) this.#endLine(0)
    return Buffer.concat([end, STUFFING, CRLF])
  }

  #endLine(bytes: number): void {
    this.#longestLineBytes = Math.max(this.#longestLineBytes, this.#lineBytes + bytes)
    this.#lineBytes = 0
    this.#atLineStart = true
  }
}

/** The smaller of two positions where -1 means none. */
function sooner(a: number, b: number): number {
  return a < 0 ? b : b < 0 ? a : Math.min(a, b)
}
