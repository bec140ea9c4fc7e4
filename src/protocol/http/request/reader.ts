import type { EventLog } from '../event-log.js'
import type { BodyFraming, EndReason } from '../events.js'
import { MessageReader } from '../message-reader.js'
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

/**
 * Reads the requests of a connection, one after the other. What breaks a rule is told as raw-http tells it of responses;
 * every byte is told, as a part of what it belongs to or as `undecoded`.
 */
export class RequestReader extends MessageReader {
  readonly #log: EventLog<RequestHeadEvent>
  protected head: RequestHeadReader | null = null
  /** That a connection ends between two requests is in order. */
  protected readonly nothingCame = null
  #request: ReceivedRequest | null = null

  constructor(log: EventLog<RequestHeadEvent>, maxHeadBytes: number) {
    super(log, maxHeadBytes)
    this.#log = log
  }

  /** Ready for the next request of the connection. */
  next(): void {
    this.beginAnew()
    this.head = null
    this.#request = null
  }

  /** What it asks for; of a head that failed or was cut off, as far as it came. null before its line has come. */
  get request(): ReceivedRequest | null {
    return this.#request
  }

  /** No more bytes come, of `receivedBytes`: a request that was begun is incomplete, and told as far as it came. */
  override endByConnection(reason: EndReason, receivedBytes: number): void {
    const firstOfHead = this.#log.size
    this.head?.cutOff()
    this.#request ??= this.head?.partial?.request ?? null
    this.#log.sortFrom(firstOfHead)
    super.endByConnection(reason, receivedBytes)
  }

  protected readHead(chunk: Buffer, at: number, base: number): number {
    const firstOfHead = this.#log.size
    const plain = this.head ? null : readPlainRequest(chunk, at, base)
    if (plain && plain.end - at <= this.maxHeadBytes) {
      const head = requestOf(plain.line, plain.section, base + at, true, ofRequests(this.#log.report))
      this.#log.sortFrom(firstOfHead)
      this.#take(head, base + plain.end)
      return plain.end
    }
    this.head ??= new RequestHeadReader(this.#log, this.maxHeadBytes)
    const next = this.head.read(chunk, at, base)
    const { outcome, partial } = this.head
    this.#log.sortFrom(firstOfHead)
    if (outcome === 'failed') {
      this.#request = partial?.request ?? null
      this.fail(base + next, 'head')
    } else if (outcome !== null) {
      this.#take(outcome, base + next)
    }
    return next
  }

  #take({ request, framing: { body, persistent } }: RequestHeadRead, offset: number): void {
    this.#request = request
    this.head = null
    this.#log.add({ type: 'request', request, framing: body, persistent })
    this.enter(body, persistent, offset)
  }
}
