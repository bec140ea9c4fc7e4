import type { Report } from '../anomaly.js'
import { decideFraming, type RequestContext } from '../body/framing.js'
import { Carry } from '../carry.js'
import type { EventLog } from '../event-log.js'
import type { BodyFraming, ResponseHead } from '../events.js'
import { lineEnd, parseFields } from '../fields.js'
import { SectionScan } from '../section-scan.js'
import { type PlainHead, readPlainHead } from './plain-head.js'
import { parseStatusLine } from './status-line.js'

const CR = 13
const LF = 10
const BEGINNINGS = ['HTTP/', 'ICY '].map((text) => Buffer.from(text, 'latin1'))

/** Bytes that came and could not be read, or not yet. */
export interface Unread {
  /** Absolute, of the first. */
  readonly offset: number
  readonly data: Uint8Array
}

export interface Head {
  readonly head: ResponseHead
  readonly framing: BodyFraming
  readonly persistent: boolean
  /** Bytes of the body that were read before it was clear that there is no head (HTTP/0.9), else null. */
  readonly body: Buffer | null
}

/** Reads one head, interim or final, out of chunks that may cut it anywhere. */
export class HeadReader {
  readonly #log: EventLog
  readonly #carry: Carry
  readonly #isFirst: boolean
  #emptyBytes = 0
  readonly #scan = new SectionScan()
  #outcome: Head | 'failed' | null = null
  #unread: Unread | null = null

  /** @param isFirst whether nothing came on this connection before: only then can it be HTTP/0.9 */
  constructor(log: EventLog, maxHeadBytes: number, isFirst: boolean) {
    this.#log = log
    this.#carry = new Carry(maxHeadBytes)
    this.#isFirst = isFirst
  }

  /** null while more bytes are needed; `failed`, reported, where there is no telling what the bytes are. */
  get outcome(): Head | 'failed' | null {
    return this.#outcome
  }

  /** What came, where it has made no head: null where it has, and where nothing came. */
  get unread(): Unread | null {
    return this.#unread
  }

  /** Whether not one byte has come. */
  get isEmpty(): boolean {
    return this.#carry.size === 0
  }

  /**
   * @param base absolute offset of `chunk[0]`
   * @returns where the head ended in the chunk, or the chunk's length
   */
  read(chunk: Buffer, at: number, base: number, request: RequestContext): number {
    const had = this.#carry.size
    const run = this.#carry.join(chunk, at)
    const offset = base + at - had
    this.#skipEmptyLines(run)
    const beginning = beginningOf(run, this.#emptyBytes)
    if (beginning === 'other') {
      this.#readHeadless(run, offset)
      return at + run.length - had
    }
    const end = beginning === 'known' ? this.#scan.end(run, this.#emptyBytes) : -1
    if (end < 0) {
      this.#carry.keep(run)
      this.#unread = { offset, data: this.#carry.held }
      if (this.#carry.isFull) {
        this.#log.report('head-too-large', offset + run.length)
        this.#outcome = 'failed'
      }
      return at + run.length - had
    }
    this.#outcome = this.#parse(run.subarray(this.#emptyBytes, end), offset + this.#emptyBytes, offset, request)
    this.#unread = this.#outcome === 'failed' ? { offset, data: run.subarray(0, end) } : null
    return at + end - had
  }

  #skipEmptyLines(run: Buffer): void {
    let at = this.#emptyBytes
    while (run[at] === CR || run[at] === LF) at++
    this.#emptyBytes = at
  }

  #readHeadless(run: Buffer, offset: number): void {
    if (!this.#isFirst) {
      this.#log.report('invalid-status-line', offset + this.#emptyBytes)
      this.#outcome = 'failed'
      this.#unread = { offset, data: run }
      return
    }
    this.#log.report('http-09', offset)
    this.#unread = null
    const head = {
      offset,
      httpVersion: '0.9',
      statusCode: null,
      statusText: '',
      headers: [],
      bytes: run.subarray(0, 0),
    }
    this.#outcome = { head, framing: { kind: 'close', codings: [] }, persistent: false, body: run }
  }

  #parse(bytes: Buffer, offset: number, messageOffset: number, request: RequestContext): Head | 'failed' {
    const { report } = this.#log
    if (offset > messageOffset) report('leading-empty-line', messageOffset)
    const plain = readPlainHead(bytes, 0, offset) // it may only have been cut
    if (plain) return headOf(plain, bytes, offset, request, report)
    const text = bytes.toString('latin1')
    const next = text.indexOf('\n') + 1
    const line = text.slice(0, lineEnd(text, 0, next, offset, report))
    const status = parseStatusLine(line, offset, report)
    if (status === null) return 'failed'
    const section = parseFields(text, next, offset, this.#scan.suspect, report)
    return headOf({ status, section }, bytes, offset, request, report)
  }
}

/** What a head that has been read means for the body behind it. */
export function headOf(
  { status, section }: Pick<PlainHead, 'status' | 'section'>,
  bytes: Buffer,
  offset: number,
  request: RequestContext,
  report: Report,
): Head {
  const { body: framing, persistent } = decideFraming(status, section, request, offset, report)
  const { httpVersion, statusCode, statusText } = status
  const head = { offset, httpVersion, statusCode, statusText, headers: section.headers, bytes }
  return { head, framing, persistent, body: null }
}

/** Whether a head begins at `start`: it does, it does not, or the bytes so far could be either. */
function beginningOf(run: Buffer, start: number): 'known' | 'other' | 'open' {
  for (const text of BEGINNINGS) {
    let same = 0
    while (same < text.length && run[start + same] === text[same]) same++
    if (same === text.length) return 'known'
    if (start + same === run.length) return 'open'
  }
  return 'other'
}
