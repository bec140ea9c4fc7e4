import { ChunkedBody } from '../body/chunked-body.js'
import type { EventLog } from '../event-log.js'
import type { BodyFraming, EndReason, MessageEnd, ResponseStage, Verdict } from '../events.js'
import { ofRequests, type ReceivedRequest, type RequestHeadRead, requestOf } from './head.js'
import { RequestHeadReader } from './head-reader.js'
import { readPlainRequest } from './plain-request.js'

/** A head has come; what else is told of a request stands in `MessagePart`. */
export interface RequestHeadEvent {
  readonly type: 'request'
  readonly request: ReceivedRequest
  readonly framing: BodyFraming
  /** Whether the connection may carry another request, as far as the head can tell. */
  readonly persistent: boolean
}

type State = 'head' | 'length' | 'chunked' | 'ended'

/**
 * Reads one request from its first byte to its verdict, however its bytes are cut (RFC 9112). What breaks a rule is told
 * as raw-http tells it of responses; every byte is told, as a part of what it belongs to or as `undecoded`. Memory is
 * bounded: content is handed out as views of what was read.
 */
export class RequestReader {
  readonly #log: EventLog<RequestHeadEvent>
  readonly #maxHeadBytes: number
  #state: State = 'head'
  /** Of a head that is cut or not as it should be. */
  #headReader: RequestHeadReader | null = null
  #chunked: ChunkedBody | null = null
  #request: ReceivedRequest | null = null
  #persistent = false
  #lengthBytes = 0
  #bodyBytes = 0
  #end: MessageEnd | null = null

  constructor(log: EventLog<RequestHeadEvent>, maxHeadBytes: number) {
    this.#log = log
    this.#maxHeadBytes = maxHeadBytes
  }

  /** Ready for the next request of the connection. */
  next(): void {
    this.#log.reset()
    this.#state = 'head'
    this.#headReader = null
    this.#chunked = null
    this.#request = null
    this.#persistent = false
    this.#lengthBytes = 0
    this.#bodyBytes = 0
    this.#end = null
  }

  /** What it asks for; of a head that failed or was cut off, as far as it came. null before its line has come. */
  get request(): ReceivedRequest | null {
    return this.#request
  }

  /** The end, once it has been reached and added to the log. */
  get end(): MessageEnd | null {
    return this.#end
  }

  /** How far it has come. `start`: nothing but empty lines. */
  get stage(): ResponseStage {
    if (this.#end) return this.#end.stage
    if (this.#state === 'head') return (this.#headReader?.isEmpty ?? true) ? 'start' : 'head'
    return this.#chunked?.state === 'trailers' ? 'trailers' : 'body'
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
      case 'ended':
        throw new Error('read after the end of the request')
    }
  }

  /** No more bytes come, of `receivedBytes`: a request that was begun is incomplete. */
  endByConnection(reason: EndReason, receivedBytes: number): void {
    const { stage } = this
    const head = this.#state === 'head' ? this.#headReader : null
    const firstOfHead = this.#log.size
    head?.cutOff()
    this.#request ??= head?.partial?.request ?? null
    this.#log.sortFrom(firstOfHead)
    if (stage !== 'start' && stage !== 'done' && (reason === 'fin' || reason === 'no-close-notify')) {
      this.#log.report(`truncated-${stage}`, receivedBytes, this.#state === 'length' ? { text: this.#shortfall() } : {})
    }
    this.#addUnread()
    this.#addEnd(receivedBytes, 'incomplete', stage, reason)
  }

  #readHead(chunk: Buffer, at: number, base: number): number {
    const firstOfHead = this.#log.size
    const plain = this.#headReader ? null : readPlainRequest(chunk, at, base)
    if (plain && plain.end - at <= this.#maxHeadBytes) {
      const head = requestOf(plain.line, plain.section, base + at, true, ofRequests(this.#log.report))
      this.#log.sortFrom(firstOfHead)
      this.#takeHead(head, base + plain.end)
      return plain.end
    }
    this.#headReader ??= new RequestHeadReader(this.#log, this.#maxHeadBytes)
    const next = this.#headReader.read(chunk, at, base)
    const { outcome, partial } = this.#headReader
    this.#log.sortFrom(firstOfHead)
    if (outcome === 'failed') {
      this.#request = partial?.request ?? null
      this.#fail(base + next, 'head')
    } else if (outcome !== null) {
      this.#takeHead(outcome, base + next)
    }
    return next
  }

  #takeHead({ request, framing }: RequestHeadRead, offset: number): void {
    this.#request = request
    this.#persistent = framing.persistent
    this.#headReader = null
    const { body } = framing
    this.#log.add({ type: 'request', request, framing: body, persistent: framing.persistent })
    switch (body.kind) {
      case 'length':
        this.#lengthBytes = body.lengthBytes
        this.#state = 'length'
        if (body.lengthBytes === 0) this.#finish(offset)
        break
      case 'chunked':
        this.#chunked = new ChunkedBody(this.#log, this.#maxHeadBytes)
        this.#state = 'chunked'
        break
      case 'none':
        this.#finish(offset)
        break
      default:
        this.#fail(offset, 'body')
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
    this.#bodyBytes += to - from
    this.#log.add({ type: 'body', offset: base + from, data: chunk.subarray(from, to) })
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

  #finish(offset: number): void {
    this.#addEnd(offset, this.#log.hasError ? 'malformed' : 'complete', 'done', null)
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
