import type { StreamEnd } from '../../../net/stream/stream.js'
import type { Anomaly } from '../../../protocol/http/anomaly.js'
import { EventLog } from '../../../protocol/http/event-log.js'
import type { EndReason, MessageEnd } from '../../../protocol/http/events.js'
import type { ReceivedRequest } from '../../../protocol/http/request/head.js'
import { type RequestHeadEvent, RequestReader } from '../../../protocol/http/request/reader.js'
import type { Peer, PeerStream } from '../responder.js'
import { Exchange, type ExchangeOwner } from './exchange.js'
import { KeptBytes } from './kept-bytes.js'
import { refusalStatus } from './refusal.js'

/** A longer head is refused with 431, or 414. */
const MAX_HEAD_BYTES = 32 * 1024
/** A head that is not complete by then, and a request that is not, are given up: slow clients hold nobody up. */
const HEAD_TIMEOUT_MS = 60_000
const REQUEST_TIMEOUT_MS = 300_000
/** Who does not close behind our close is given up, sooner where nothing comes any more (RFC 9112 9.6). */
const LINGER_MS = 30_000
const LINGER_SILENT_MS = 2000

const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')
/** Of bytes that began no request. */
const NO_REQUEST: ReceivedRequest = { method: '', target: '', httpVersion: '', offset: 0, headers: [], expects: null }

/** Who answers, and who is told. */
export interface HttpHandler {
  /** The head has come, and all is well with it: whether to answer now, before the content. */
  answersEarly(request: ReceivedRequest): boolean
  /** Answers, now or later; what is wrong with a request is answered before. */
  answer(exchange: Exchange): void
  /** An exchange is over, however it ended. `end` is that of its request. */
  over(peer: Peer, exchange: Exchange, end: MessageEnd, undecoded: KeptBytes): void
  /** Bytes came that belong to no request, and that nobody answers. */
  stray(peer: Peer, bytes: KeptBytes): void
}

/**
 * One connection of HTTP/1: reads a request, has it answered, reads the next. While an answer waits nothing is read but
 * what the system has handed over already: a client that asks on and on and never reads takes no more memory than that.
 */
export class HttpServerConnection implements ExchangeOwner {
  readonly stream: PeerStream
  readonly keepAliveMs: number
  readonly #peer: Peer
  readonly #handler: HttpHandler
  readonly #log = new EventLog<RequestHeadEvent>()
  readonly #reader = new RequestReader(this.#log, MAX_HEAD_BYTES)
  #exchange: Exchange | null = null
  #anomalies: Anomaly[] = []
  #undecoded = new KeptBytes()
  /** Of the connection, where what is read at present begins. */
  #base = 0
  #isReading = false
  /** What came behind a request that waits for its answer. */
  #rest: { readonly chunk: Buffer; readonly at: number } | null = null
  #held: Promise<void> | null = null
  #goOn: () => void = () => {}
  #hasFin = false
  #isGone = false
  /** When the connection was closed from here; null while it is open. */
  #closedMs: number | null = null
  #stray: KeptBytes | null = null
  /** When something came last, and when what is being read began to come. */
  #cameMs = performance.now()
  #begunMs: number | null = null

  constructor(peer: Peer, handler: HttpHandler, keepAliveMs: number) {
    this.#peer = peer
    this.#handler = handler
    this.stream = peer.takeStream()
    this.keepAliveMs = keepAliveMs
  }

  get signal(): AbortSignal {
    return this.#peer.signal
  }

  /** Resolves once the connection is over and all that came has been told. */
  async serve(): Promise<void> {
    this.stream.take((bytes) => this.#take(bytes))
    void this.stream.peerEnded.then(() => this.#finish())
    this.#leave(await this.stream.ended)
  }

  /** Gives up a client that is too slow. `idleMs`: how long it may leave the connection unused; null: another looks. */
  look(nowMs: number, idleMs: number | null): void {
    if (this.#closedMs !== null) {
      const silentMs = nowMs - Math.max(this.#cameMs, this.#closedMs)
      if (silentMs > LINGER_SILENT_MS || nowMs - this.#closedMs > LINGER_MS) this.stream.end('done', null)
      return
    }
    if (this.#exchange?.isRequestOver) return
    const { stage } = this.#reader
    if (stage === 'start') {
      if (idleMs !== null && nowMs - this.#cameMs > idleMs) this.#close()
      return
    }
    const patienceMs = stage === 'head' ? HEAD_TIMEOUT_MS : REQUEST_TIMEOUT_MS
    if (nowMs - (this.#begunMs ?? nowMs) > patienceMs) this.#cutOff('timeout')
  }

  answered(exchange: Exchange): void {
    if (exchange.closes) this.#close()
    if (exchange.isRequestOver) this.#over(exchange)
  }

  #take(bytes: Uint8Array): Promise<void> | undefined {
    this.#cameMs = performance.now()
    this.#begunMs ??= this.#cameMs
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return this.#read(chunk, 0)
  }

  /** What reading is to wait for, where an answer is to go out first. */
  #read(chunk: Buffer, from: number): Promise<void> | undefined {
    this.#isReading = true
    let at = from
    while (at < chunk.length) {
      if (this.#exchange?.isRequestOver) {
        this.#isReading = false
        this.#rest = { chunk, at }
        this.#held ??= new Promise((resolve) => {
          this.#goOn = resolve
        })
        return this.#held
      }
      at = this.#exchange === null && this.#closedMs !== null ? this.#drop(chunk, at) : this.#step(chunk, at)
    }
    this.#base += chunk.length
    this.#isReading = false
    return undefined
  }

  #step(chunk: Buffer, at: number): number {
    const next = this.#reader.read(chunk, at, this.#base)
    const { end } = this.#reader
    const isLost = end !== null && end.stage !== 'done'
    this.#hear()
    if (isLost) this.#undecoded.add(chunk.subarray(next))
    if (end) this.#endRequest(end)
    return isLost ? chunk.length : next
  }

  #readOn(): void {
    const rest = this.#rest
    if (rest === null || this.#isReading) return
    this.#rest = null
    if (this.#read(rest.chunk, rest.at)) return
    this.#held = null
    this.#goOn()
  }

  #hear(): void {
    for (const event of this.#log.take()) {
      if (event.type === 'request') this.#begin(event)
      else if (event.type === 'anomaly') this.#anomalies.push(event.anomaly)
      else if (event.type === 'body') this.#exchange?.content.add(event.data)
      else if (event.type === 'undecoded') this.#undecoded.add(event.data)
      else if (event.type === 'trailers' && this.#exchange) this.#exchange.trailers = event.headers
    }
  }

  /** A head has come. What must not wait for the content is answered now. */
  #begin({ request, framing, persistent }: RequestHeadEvent): void {
    const exchange = new Exchange(request, this.#anomalies, this)
    exchange.closes = !persistent
    this.#exchange = exchange
    if (this.#isGone) return
    const refused = refusalStatus(this.#anomalies)
    if (request.expects !== null) {
      const isToCome = framing.kind === 'chunked' || (framing.kind === 'length' && framing.lengthBytes > 0)
      if (refused !== null) this.#refuse(exchange, refused)
      else if (!isToCome) return
      // Told no, the client may send the content or not: nothing behind this can be framed.
      else if (this.#handler.answersEarly(request)) this.#answerAndClose(exchange)
      else void this.stream.write(CONTINUE)
    } else if (request.method === 'CONNECT') {
      exchange.closes = true
      exchange.sendStatus(405, ['Allow', 'GET, HEAD'])
    } else if (refused === null && this.#handler.answersEarly(request)) {
      this.#handler.answer(exchange)
    }
  }

  #answerAndClose(exchange: Exchange): void {
    exchange.closes = true
    this.#handler.answer(exchange)
  }

  #refuse(exchange: Exchange, statusCode: number): void {
    exchange.closes = true
    exchange.sendStatus(statusCode)
  }

  /** No more of this request comes, or none that could be read. */
  #endRequest(end: MessageEnd): void {
    const exchange = this.#exchange ?? new Exchange(this.#reader.request ?? NO_REQUEST, this.#anomalies, this)
    this.#exchange = exchange
    exchange.isRequestOver = true
    exchange.isWhole = end.stage === 'done'
    if (!end.persistent) exchange.closes = true
    if (this.#isGone) return
    if (exchange.hasBegun) {
      if (exchange.isAnswered) this.answered(exchange)
      return
    }
    const refused = refusalStatus(this.#anomalies)
    if (end.reason === 'timeout') this.#refuse(exchange, 408)
    else if (refused !== null || end.verdict !== 'complete') this.#refuse(exchange, refused ?? 400)
    else this.#handler.answer(exchange)
  }

  #over(exchange: Exchange): void {
    if (this.#exchange !== exchange) return
    this.#tell(exchange)
    if (this.#hasFin) this.#close()
    this.#readOn()
  }

  #tell(exchange: Exchange): void {
    const { end } = this.#reader
    // By their places, however the bytes came: a rule about the line may be told once the fields are known.
    this.#anomalies.sort((one, other) => one.offset - other.offset)
    if (end) this.#handler.over(this.#peer, exchange, end, this.#undecoded)
    this.#exchange = null
    this.#anomalies = []
    if (!this.#undecoded.isEmpty) this.#undecoded = new KeptBytes()
    this.#begunMs = this.#rest === null ? null : this.#cameMs
    this.#reader.next()
  }

  #cutOff(reason: EndReason): void {
    this.#reader.endByConnection(reason, this.#base)
    this.#hear()
    const { end } = this.#reader
    if (end) this.#endRequest(end)
  }

  /** The client says no more; what it asked for is still answered. */
  #finish(): void {
    this.#hasFin = true
    if (this.#exchange?.isRequestOver) return
    if (this.#reader.stage === 'start') this.#close()
    else this.#cutOff(this.#isCut() ? 'no-close-notify' : 'fin')
  }

  #isCut(): boolean {
    return this.stream.closeNotify === false
  }

  #close(): void {
    if (this.#closedMs !== null) return
    this.#closedMs = performance.now()
    this.stream.halfClose()
  }

  /** Behind the last request. */
  #drop(chunk: Buffer, at: number): number {
    this.#stray ??= new KeptBytes()
    this.#stray.add(chunk.subarray(at))
    return chunk.length
  }

  /** The connection is gone: what was asked and not answered is told of too. */
  #leave({ reason }: Pick<StreamEnd, 'reason'>): void {
    this.#isGone = true
    const why = END_REASONS[reason] ?? 'abort'
    if (this.#exchange?.isRequestOver) this.#tell(this.#exchange)
    const rest = this.#rest
    this.#rest = null
    for (let at = rest?.at ?? 0; rest && at < rest.chunk.length; ) {
      at = this.#closedMs === null ? this.#step(rest.chunk, at) : this.#drop(rest.chunk, at)
      if (this.#exchange?.isRequestOver) this.#tell(this.#exchange)
    }
    if (rest) this.#base += rest.chunk.length
    if (this.#reader.stage !== 'start') this.#cutOff(why)
    if (this.#exchange) this.#tell(this.#exchange)
    if (this.#stray) this.#handler.stray(this.#peer, this.#stray)
    this.#goOn()
  }
}

const END_REASONS: Partial<Readonly<Record<StreamEnd['reason'], EndReason>>> = {
  fin: 'fin',
  reset: 'reset',
  refused: 'reset',
  timeout: 'timeout',
  idle: 'timeout',
  'max-time': 'timeout',
}
