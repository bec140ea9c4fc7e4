import { ChunkedBody } from '../body/chunked-body.js'
import type { RequestContext } from '../body/framing.js'
import type { EventLog } from '../event-log.js'
import type { BodyFraming, EndReason, MessageEnd, ResponseStage, Verdict } from '../events.js'
import { type Head, HeadReader, headOf } from './head-reader.js'
import { readPlainHead } from './plain-head.js'

type State = 'head' | 'length' | 'chunked' | 'close' | 'ended'

/** Reads one response, its interim heads included, from the first byte to its verdict. */
export class ResponseReader {
  readonly #log: EventLog
  readonly #request: RequestContext
  readonly #maxHeadBytes: number
  #state: State = 'head'
  #isFirst: boolean
  /** Of a head that is cut or not as it should be. */
  #headReader: HeadReader | null = null
  #chunked: ChunkedBody | null = null
  #framing: BodyFraming['kind'] | null = null
  #statusCode: number | null = null
  #persistent = false
  #lengthBytes = 0
  #bodyBytes = 0
  #end: MessageEnd | null = null

  /** @param isFirst whether it is the first response of its connection */
  constructor(request: RequestContext, log: EventLog, maxHeadBytes: number, isFirst: boolean) {
    this.#request = request
    this.#log = log
    this.#maxHeadBytes = maxHeadBytes
    this.#isFirst = isFirst
    log.reset()
  }

  /** The end, once it has been reached and added to the log. */
  get end(): MessageEnd | null {
    return this.#end
  }

  /** How the body is framed, once the final head has been read. */
  get framing(): BodyFraming['kind'] | null {
    return this.#framing
  }

  /**
   * @param base absolute offset of `chunk[0]`
   * @returns where it stopped in the chunk; to be called again unless there is an end
   */
  read(chunk: Buffer, at: number, base: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(chunk, at, base)
      case 'length': {
        const taken = Math.min(this.#lengthBytes - this.#bodyBytes, chunk.length - at)
        this.#addBody(chunk, at, at + taken, base)
        if (this.#bodyBytes === this.#lengthBytes) this.#finish(base + at + taken)
        return at + taken
      }
      case 'chunked':
        return this.#readChunked(chunk, at, base)
      case 'close':
        this.#addBody(chunk, at, chunk.length, base)
        return chunk.length
      case 'ended':
        throw new Error('read after the end of the response')
    }
  }

  /** The connection ended after `receivedBytes`: only a body that is read to the close is complete by that. */
  endByConnection(reason: EndReason, receivedBytes: number): void {
    if (this.#state === 'close') {
      if (reason === 'no-close-notify') this.#log.report('no-close-notify', receivedBytes)
      if (reason === 'fin') this.#finish(receivedBytes, reason)
      else this.#addEnd(receivedBytes, 'incomplete', 'body', reason)
      return
    }
    const stage = this.#stage()
    if (reason === 'fin' || reason === 'no-close-notify') {
      const rule = stage === 'start' ? 'no-response' : (`truncated-${stage}` as const)
      this.#log.report(rule, receivedBytes, this.#state === 'length' ? { text: this.#shortfall() } : {})
    }
    this.#addUnread()
    this.#addEnd(receivedBytes, 'incomplete', stage, reason)
  }

  #readHead(chunk: Buffer, at: number, base: number): number {
    const plain = this.#headReader ? null : readPlainHead(chunk, at, base)
    const firstOfHead = this.#log.size
    if (plain && plain.end - at <= this.#maxHeadBytes) {
      const bytes = chunk.subarray(at, plain.end)
      const head = headOf(plain, bytes, base + at, this.#request, this.#log.report)
      this.#log.sortFrom(firstOfHead)
      this.#takeHead(head, base + plain.end)
      return plain.end
    }
    this.#headReader ??= new HeadReader(this.#log, this.#maxHeadBytes, this.#isFirst)
    const next = this.#headReader.read(chunk, at, base, this.#request)
    const { outcome } = this.#headReader
    this.#log.sortFrom(firstOfHead)
    if (outcome === 'failed') this.#fail(base + next, 'head')
    else if (outcome !== null) this.#takeHead(outcome, base + next)
    return next
  }

  #takeHead({ head, framing, persistent, body }: Head, offset: number): void {
    const code = head.statusCode
    if (code !== null && code >= 100 && code < 200 && code !== 101) {
      this.#log.add({ type: 'informational', head })
      this.#headReader = null
      this.#isFirst = false
      return
    }
    this.#log.add({ type: 'head', head, framing })
    this.#statusCode = code
    this.#persistent = persistent
    this.#framing = framing.kind
    if (body) this.#addBody(body, 0, body.length, head.offset)
    this.#enterBody(framing, offset)
  }

  #enterBody(framing: BodyFraming, offset: number): void {
    switch (framing.kind) {
      case 'none':
      case 'tunnel':
        this.#finish(offset)
        break
      case 'invalid':
        this.#fail(offset, 'body')
        break
      case 'length':
        this.#lengthBytes = framing.lengthBytes
        this.#state = 'length'
        if (framing.lengthBytes === 0) this.#finish(offset)
        break
      case 'chunked':
        this.#chunked = new ChunkedBody(this.#log, this.#maxHeadBytes)
        this.#state = 'chunked'
        break
      case 'close':
        this.#state = 'close'
        break
    }
  }

  #readChunked(chunk: Buffer, at: number, base: number): number {
    const chunked = this.#chunked
    if (!chunked) throw new Error('a chunked body without its decoder')
    const taken = Math.min(chunked.remainingBytes, chunk.length - at)
    if (taken > 0) {
      chunked.consumeData(taken)
      this.#addBody(chunk, at, at + taken, base)
      return at + taken
    }
    const next = chunked.readFraming(chunk, at, base)
    if (chunked.state === 'done') this.#finish(base + next)
    else if (chunked.state === 'failed') this.#fail(base + next, 'body')
    return next
  }

  #addBody(chunk: Buffer, from: number, to: number, base: number): void {
    if (this.#statusCode === 205 && this.#bodyBytes === 0) this.#log.report('body-in-205', base + from)
    this.#bodyBytes += to - from
    this.#log.add({ type: 'body', offset: base + from, data: chunk.subarray(from, to) })
  }

  #stage(): 'start' | 'head' | 'body' | 'trailers' {
    if (this.#state === 'head') return (this.#headReader?.isEmpty ?? true) ? 'start' : 'head'
    return this.#chunked?.state === 'trailers' ? 'trailers' : 'body'
  }

  #shortfall(): string {
    return `The connection was closed after ${this.#bodyBytes} of ${this.#lengthBytes} bytes of the body.`
  }

  #fail(offset: number, stage: ResponseStage): void {
    this.#addUnread()
    this.#addEnd(offset, 'malformed', stage, null)
  }

  #addUnread(): void {
    const unread = this.#headReader?.unread ?? this.#chunked?.unread
    if (unread) this.#log.add({ type: 'undecoded', ...unread })
  }

  #finish(offset: number, reason: EndReason | null = null): void {
    this.#addEnd(offset, this.#log.hasError ? 'malformed' : 'complete', 'done', reason)
  }

  #addEnd(offset: number, verdict: Verdict, stage: ResponseStage, reason: EndReason | null): void {
    this.#state = 'ended'
    this.#end = {
      type: 'end',
      offset,
      verdict,
      stage,
      reason,
      bodyBytes: this.#bodyBytes,
      persistent: this.#persistent && verdict === 'complete',
      suppressedAnomalies: this.#log.suppressedAnomalies,
    }
    this.#log.add(this.#end)
  }
}
