import { Carry } from '../carry.js'
import type { MessageLog } from '../event-log.js'
import { parseFields } from '../fields.js'
import type { Unread } from '../response/head-reader.js'
import { SectionScan } from '../section-scan.js'
import { parseChunkLine } from './chunk-line.js'

const CR = 13
const LF = 10
/** A chunk size with its extensions; what is longer is an attack, not a size. */
const MAX_CHUNK_LINE_BYTES = 16 * 1024
/** Hexadecimal digits that always fit a safe integer: the fast path takes no more. */
const FAST_DIGITS = 12
/** Framing, routing, response control, authentication and the format of the content: RFC 9110 6.5.1. */
const FORBIDDEN_TRAILERS = new Set([
  ...['content-length', 'transfer-encoding', 'trailer', 'host', 'content-encoding', 'content-type', 'content-range'],
  ...['age', 'cache-control', 'date', 'expires', 'location', 'retry-after', 'vary'],
  ...['proxy-authenticate', 'set-cookie', 'www-authenticate'],
])

type State = 'size' | 'data' | 'data-end' | 'trailers' | 'done' | 'failed'

/** Decodes the chunked transfer coding (RFC 9112 7.1) as its bytes come. */
export class ChunkedBody {
  readonly #log: MessageLog
  readonly #line = new Carry(MAX_CHUNK_LINE_BYTES)
  readonly #trailers: Carry
  #state: State = 'size'
  #remaining = 0
  #sawCr = false
  readonly #scan = new SectionScan()
  #unread: Unread | null = null

  constructor(log: MessageLog, maxTrailerBytes: number) {
    this.#log = log
    this.#trailers = new Carry(maxTrailerBytes)
  }

  get state(): State {
    return this.#state
  }

  /** Of what frames the data, what came and could not be read, or not yet. */
  get unread(): Unread | null {
    return this.#unread
  }

  /** Bytes of the present chunk's data that are still to come. */
  get remainingBytes(): number {
    return this.#state === 'data' ? this.#remaining : 0
  }

  /** Called where `remainingBytes` of data were handed on, all or a part. */
  consumeData(sizeBytes: number): void {
    this.#remaining -= sizeBytes
    if (this.#remaining === 0) this.#state = 'data-end'
  }

  /**
   * Reads what frames the data, from `at` on.
   * @param base absolute offset of `chunk[0]`
   * @returns where it stopped: at data, at the end, or at the end of the chunk
   */
  readFraming(chunk: Buffer, at: number, base: number): number {
    let next = at
    while (next < chunk.length) {
      if (this.#state === 'size') next = this.#readSize(chunk, next, base)
      else if (this.#state === 'data-end') next = this.#readDataEnd(chunk, next, base)
      else if (this.#state === 'trailers') next = this.#readTrailers(chunk, next, base)
      else break
    }
    return next
  }

  #readSize(chunk: Buffer, at: number, base: number): number {
    const had = this.#line.size
    if (had === 0) {
      const next = this.#readPlainSize(chunk, at)
      if (next >= 0) return next
    }
    const run = this.#line.join(chunk, at)
    const lf = run.indexOf(LF, had)
    if (lf < 0) {
      this.#line.keep(run)
      this.#unread = { offset: base + at - had, data: this.#line.held }
      if (!this.#line.isFull) return chunk.length
    }
    const end = lf < 0 ? run.length : lf + 1
    const firstOfLine = this.#log.size
    const size = parseChunkLine(run.toString('latin1', 0, end), base + at - had, this.#log.report)
    this.#log.sortFrom(firstOfLine)
    this.#line.clear()
    this.#unread = size === null ? { offset: base + at - had, data: run.subarray(0, end) } : null
    if (size === null) this.#state = 'failed'
    else this.#startChunk(size)
    return at + end - had
  }

  /** The line that nearly every chunk has, a few digits and CRLF, without making a string of it; -1 if it is another. */
  #readPlainSize(chunk: Buffer, at: number): number {
    let size = 0
    let next = at
    for (const last = at + FAST_DIGITS; next < last; next++) {
      const digit = hexDigit(chunk[next])
      if (digit < 0) break
      size = size * 16 + digit
    }
    if (next === at || chunk[next] !== CR || chunk[next + 1] !== LF) return -1
    this.#startChunk(size)
    return next + 2
  }

  #startChunk(size: number): void {
    this.#remaining = size
    this.#state = size === 0 ? 'trailers' : 'data'
  }

  #readDataEnd(chunk: Buffer, at: number, base: number): number {
    const byte = chunk[at]
    if (byte === CR && !this.#sawCr) {
      this.#sawCr = true
      return at + 1
    }
    if (byte === LF) {
      if (!this.#sawCr) this.#log.report('bare-lf', base + at, { section: 'RFC 9112 7.1' })
      this.#sawCr = false
      this.#state = 'size'
      return at + 1
    }
    const offset = base + at - (this.#sawCr ? 1 : 0)
    if (this.#sawCr) this.#unread = { offset, data: Uint8Array.of(CR) }
    this.#log.report('missing-chunk-crlf', offset)
    this.#state = 'failed'
    return at
  }

  #readTrailers(chunk: Buffer, at: number, base: number): number {
    const had = this.#trailers.size
    const run = this.#trailers.join(chunk, at)
    const start = base + at - had
    const end = emptyLine(run) || this.#scan.end(run, 0)
    if (end < 0) {
      this.#trailers.keep(run)
      this.#unread = { offset: start, data: this.#trailers.held }
      if (this.#trailers.isFull) {
        this.#log.report('trailers-too-large', start + run.length)
        this.#state = 'failed'
      }
      return at + run.length - had
    }
    const firstOfTrailers = this.#log.size
    const text = run.toString('latin1', 0, end)
    const { headers, offsets } = parseFields(text, 0, start, this.#scan.suspect, this.#log.report)
    for (const [index, [name]] of headers.entries()) {
      if (FORBIDDEN_TRAILERS.has(name.toLowerCase())) this.#log.report('forbidden-trailer', offsets[index] ?? start)
    }
    this.#log.sortFrom(firstOfTrailers)
    if (headers.length > 0) this.#log.add({ type: 'trailers', offset: start, headers })
    this.#trailers.clear()
    this.#unread = null
    this.#state = 'done'
    return at + end - had
  }
}

/** The length of an empty line at the very beginning, or 0. */
function emptyLine(bytes: Buffer): number {
  if (bytes[0] === LF) return 1
  return bytes[0] === CR && bytes[1] === LF ? 2 : 0
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
