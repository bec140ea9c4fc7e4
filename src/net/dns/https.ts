import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2'
import type { Endpoint } from '../../core/address/endpoint.js'
import type { Failure } from '../../core/failure.js'
import type { Outcome } from '../../core/outcome.js'
import { settle } from '../../core/settle.js'
import { isBehindFin } from '../stream/loss.js'
import type { Stream } from '../stream/stream.js'
import type { TlsSession } from '../tls/client.js'
import { type AnyQuestion, type DnsExchange, exchangeOf, type FarEnd, messageOf, SENT_ONCE } from './exchange.js'
import { HttpsFailures } from './https-failures.js'
import { gather, postHttp1, postHttp2, type RequestEvents } from './https-request.js'
import type { ConnectionEvents, DnsConnection } from './pipeline.js'

/** No DNS message is longer. */
const MAX_BODY_BYTES = 0xffff
/** Asked at once over one connection: some servers (BIND 9.18) drop it where more come in one go. */
const MAX_STREAMS = 32
/** Caches of HTTP tell questions apart by their bytes (RFC 8484, section 4.1). */
const ID = 0

export interface HttpsConnectionOptions {
  readonly stream: Stream
  readonly tls: TlsSession | null
  readonly authority: string
  readonly path: string
  readonly endpoint: Endpoint
  readonly signal: AbortSignal
  readonly events: ConnectionEvents
  /** Of an answer that is none to its question. */
  readonly strange: () => Failure
}

/** What became of a request. */
type Fate =
  | { readonly bytes: Uint8Array; readonly ageSeconds: number }
  /** The connection is no more, or takes no more. */
  | 'left'
  /** The server has not looked at it (RFC 9113, section 8.7). */
  | 'refused'

/**
 * DNS over HTTPS with one server, over a TLS connection whose ALPN decides: h2, else HTTP/1.1 (RFC 8484), which carries one
 * question.
 */
export class HttpsConnection implements DnsConnection {
  answered = 0
  readonly #options: HttpsConnectionOptions
  readonly #farEnd: FarEnd
  readonly #failures: HttpsFailures
  readonly #session: ClientHttp2Session | null
  readonly #streams = new Set<ClientHttp2Stream>()
  #most: number
  /** HTTP/1.1 has its one question. */
  #isUsed = false
  #isClosed = false
  #broken: Failure | null = null
  /** Under way or left, in order. */
  readonly #asked = new Set<DnsExchange>()
  #left = 0
  #hasToldEnd = false

  constructor(options: HttpsConnectionOptions) {
    const { stream, tls, authority, path, endpoint, signal } = options
    this.#options = options
    this.#failures = new HttpsFailures(endpoint, authority, path)
    const isHttp2 = tls?.report.alpn === 'h2'
    const tlsProtocol = tls?.report.protocol ?? null
    this.#farEnd = { address: endpoint.address ?? '', tlsProtocol, httpVersion: isHttp2 ? '2' : '1.1' }
    this.#most = isHttp2 ? MAX_STREAMS : 1
    stream.begin({ name: authority, signal })
    const socket = stream.lend()
    this.#session = isHttp2 ? connectHttp2(`https://${authority}`, { createConnection: () => socket }) : null
    if (this.#session === null) return // its one request tells
    this.#session.on('error', (error) => {
      this.#broken ??= this.#failures.ofLoss(error)
    })
    this.#session.on('close', () => this.#tellEnd())
    // The socket may be half open, and HTTP/2 does not notice that the other half has ended.
    void stream.peerEnded.then(() => this.#onEnd(null))
    void stream.ended.then(({ error }) => this.#onEnd(error))
  }

  get ended(): boolean {
    if (this.#broken !== null || this.#options.stream.over) return true
    return this.#session === null ? this.#isUsed : this.#session.closed || this.#session.destroyed
  }

  get waiting(): number {
    return this.#asked.size - this.#left
  }

  get most(): number {
    return this.#most
  }

  ask(asked: AnyQuestion): void {
    void this.#carry(exchangeOf(asked))
  }

  close(): void {
    this.#isClosed = true
    this.#session?.destroy()
    this.#options.stream.end('interrupted', null)
  }

  async #carry(exchange: DnsExchange): Promise<void> {
    const { events } = this.#options
    this.#asked.add(exchange)
    const outcome = await this.#request(exchange)
    if (outcome.ok && outcome.value === 'left') this.#left++
    else {
      this.#asked.delete(exchange)
      if (!outcome.ok) exchange.failed(outcome.failure)
      else if (outcome.value === 'refused') this.#refused(exchange)
      else if (typeof outcome.value === 'object') this.#answer(exchange, outcome.value)
      events.room()
    }
    this.#tellEnd()
  }

  #answer(exchange: DnsExchange, { bytes, ageSeconds }: Exclude<Fate, string>): void {
    this.answered++
    if (exchange.accepts(bytes, bytes.length, ID) !== 'answer') exchange.failed(this.#options.strange())
    else exchange.answered({ ...this.#farEnd, ageSeconds }, SENT_ONCE, performance.now())
  }

  /** The server bears fewer at once. Where it refuses one alone, it is that one. */
  #refused(exchange: DnsExchange): void {
    if (this.waiting === 0) {
      exchange.failed(this.#failures.ofLoss(constants.NGHTTP2_REFUSED_STREAM))
      return
    }
    this.#most = Math.min(this.#most, this.waiting)
    this.#options.events.refused(exchange)
  }

  /** Once it takes no more, and nothing that it has is under way any longer. */
  #tellEnd(): void {
    if (!this.ended || this.waiting > 0 || this.#hasToldEnd) return
    this.#hasToldEnd = true
    const { events, signal } = this.#options
    const interrupted = signal.aborted || this.#isClosed
    const failure = interrupted ? this.#failures.interrupted() : (this.#broken ?? this.#failures.ofLoss(0))
    events.ended(this, { failure, left: [...this.#asked], interrupted })
  }

  /**
   * POSTs the question. A status other than 200 is HTTP_nnn; another media type, or more than a message, EBADRESP.
   */
  #request(exchange: DnsExchange): Promise<Outcome<Fate>> {
    const { stream, signal } = this.#options
    const failures = this.#failures
    const { deadline } = exchange
    const words = { onDeadline: () => failures.silent(deadline), onAbort: () => failures.interrupted() }
    return settle<Fate>({ deadline, ...words }, (done) => {
      const lose = (why: Error | number, isAnswering: boolean) => {
        const failed = failures.ofLoss(why, isAnswering)
        if (signal.aborted) done.fail(failures.interrupted())
        else if (this.ended) {
          this.#broken ??= failed
          done.ok('left')
        } else if (why === constants.NGHTTP2_REFUSED_STREAM) done.ok('refused')
        else done.fail(failed)
      }
      let isRefused = false
      const request = this.#post(messageOf(exchange, ID), {
        onHead: ({ status, type, ageSeconds }, body) => {
          const refusal = failures.ofHead(status, type)
          isRefused = refusal !== null
          if (refusal) {
            this.answered++
            done.fail(refusal)
          }
          gather(body, MAX_BODY_BYTES, (bytes) => {
            if (bytes !== null) return done.ok({ bytes, ageSeconds })
            done.fail(failures.tooLong(MAX_BODY_BYTES))
            request.destroy()
          })
        },
        onLost: (why, isAnswering) => {
          if (this.#session) return lose(why, isAnswering)
          // The stream knows how it ended; Node calls every early end of HTTP/1.1 a reset.
          void stream.ended.then(({ error }) => lose(isBehindFin(error) ? why : (error ?? why), isAnswering))
        },
      })
      // Of what is answered the rest is read: servers bear with few streams that are reset.
      return ({ ok }) => void (ok || isRefused || request.destroy())
    })
  }

  #post(message: Uint8Array, events: RequestEvents): { destroy(): unknown } {
    const { stream, authority, path } = this.#options
    if (this.#session) {
      const request = postHttp2(this.#session, path, message, events)
      this.#streams.add(request)
      request.on('close', () => this.#streams.delete(request))
      return request
    }
    this.#isUsed = true
    return postHttp1(() => stream.lend(), authority, path, message, events)
  }

  /** Whole answers are still read; of the others nothing more comes. */
  #onEnd(error: Error | null): void {
    this.#broken ??= this.#failures.ofLoss(error !== null && !isBehindFin(error) ? error : 0)
    for (const stream of [...this.#streams]) if (stream.pending || stream.state.remoteClose === 0) stream.destroy()
    this.#session?.close()
    this.#tellEnd()
  }
}
