import { Carry } from '../carry.js'
import type { MessageLog } from '../event-log.js'
import { lineEnd, parseFields } from '../fields.js'
import { isTokenByte } from '../plain-fields.js'
import type { Unread } from '../response/head-reader.js'
import { SectionScan } from '../section-scan.js'
import { ofRequests, type RequestHeadRead, requestOf } from './head.js'
import { parseRequestLine, type RequestLine } from './request-line.js'

const CR = 13
const LF = 10
/** So many are waited for before bytes that begin no request are given up: what they are can be told by then. */
const TELLING_BYTES = 3

/** Reads one head out of chunks that may cut it anywhere. */
export class RequestHeadReader {
  readonly #log: MessageLog
  readonly #carry: Carry
  readonly #scan = new SectionScan()
  #emptyBytes = 0
  /** How far the end of the line has been looked for. */
  #searched = 0
  #line: RequestLine | null = null
  /** Index behind the line, once it has been read. */
  #lineEnd = 0
  #outcome: RequestHeadRead | 'failed' | null = null
  #partial: RequestHeadRead | null = null
  #unread: Unread | null = null

  constructor(log: MessageLog, maxHeadBytes: number) {
    this.#log = log
    this.#carry = new Carry(maxHeadBytes)
  }

  /** null while more bytes are needed; `failed`, reported, where there is no telling what the bytes are. */
  get outcome(): RequestHeadRead | 'failed' | null {
    return this.#outcome
  }

  /** What can be told of a head that failed or was cut off; null where not even its line came. */
  get partial(): RequestHeadRead | null {
    return this.#partial
  }

  /** What came, where it has made no head: null where it has, and where nothing came. */
  get unread(): Unread | null {
    return this.#unread
  }

  /** Whether nothing has come but empty lines. */
  get isEmpty(): boolean {
    return this.#carry.size === this.#emptyBytes
  }

  /** Whether the request line has been read. */
  get hasLine(): boolean {
    return this.#line !== null
  }

  /**
   * @param base absolute offset of `chunk[0]`
   * @returns where the head ended in the chunk, or what came of it; or the chunk's length
   */
  read(chunk: Buffer, at: number, base: number): number {
    const had = this.#carry.size
    const run = this.#carry.join(chunk, at)
    const offset = base + at - had
    if (this.#line === null && !this.#readLine(run, offset)) return at + this.#fail(run, this.#lineEnd, offset) - had
    const end = this.#line === null ? -1 : this.#scan.end(run, this.#lineEnd - 1)
    if (end >= 0) {
      this.#outcome = this.#readFields(run, end, offset, true)
      return at + end - had
    }
    this.#carry.keep(run)
    this.#unread = { offset, data: this.#carry.held }
    if (this.#carry.isFull) {
      this.#log.report(this.#line ? 'head-too-large' : 'request-line-too-long', offset + run.length)
      this.#fail(run, run.length, offset)
    }
    return at + run.length - had
  }

  /** The connection ended, or nobody waits any longer: what came by then is told as far as it goes. */
  cutOff(): void {
    const { held } = this.#carry
    const offset = this.#unread?.offset ?? 0
    if (this.#line) this.#partial = this.#readFields(held, held.lastIndexOf(LF) + 1, offset, false)
  }

  /** False where no request begins here; `#lineEnd` is behind what was looked at then. */
  #readLine(run: Buffer, offset: number): boolean {
    let start = this.#emptyBytes
    while (run[start] === CR || run[start] === LF) start++
    this.#emptyBytes = start
    const first = run[start]
    if (first === undefined) return true
    if (!isTokenByte(first)) {
      if (run.length - start < TELLING_BYTES) return true
      this.#lineEnd = start + TELLING_BYTES
      this.#reportEmptyLines(offset)
      this.#log.report('invalid-request-line', offset + start)
      return false
    }
    const lf = run.indexOf(LF, Math.max(start, this.#searched))
    this.#searched = run.length
    if (lf < 0) return true
    this.#lineEnd = lf + 1
    this.#reportEmptyLines(offset)
    const report = ofRequests(this.#log.report)
    const text = run.toString('latin1', start, lf + 1)
    const line = text.slice(0, lineEnd(text, 0, text.length, offset + start, report))
    this.#line = parseRequestLine(line, offset + start, report)
    const isKnown = this.#line?.httpVersion.startsWith('1.') === true
    if (this.#line && !isKnown) this.#partial = this.#headless(this.#line, offset)
    return isKnown
  }

  #reportEmptyLines(offset: number): void {
    if (this.#emptyBytes > 0) ofRequests(this.#log.report)('leading-empty-line', offset)
  }

  #headless(line: RequestLine, offset: number): RequestHeadRead {
    const request = { ...line, offset: offset + this.#emptyBytes, headers: [], expects: null }
    return { request, framing: { body: { kind: 'invalid' }, persistent: false } }
  }

  #readFields(run: Buffer, end: number, offset: number, isWhole: boolean): RequestHeadRead | null {
    const report = ofRequests(this.#log.report)
    const text = run.toString('latin1', this.#lineEnd, end)
    const section = parseFields(text, 0, offset + this.#lineEnd, this.#scan.suspect, report)
    return this.#line && requestOf(this.#line, section, offset + this.#emptyBytes, isWhole, report)
  }

  #fail(run: Buffer, end: number, offset: number): number {
    this.#outcome = 'failed'
    this.#unread = { offset, data: run.subarray(0, end) }
    if (this.#line && this.#partial === null) {
      this.#partial = this.#readFields(run, run.lastIndexOf(LF, end) + 1, offset, false)
    }
    return end
  }
}
