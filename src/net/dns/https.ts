import { request as requestHttp1 } from 'node:http'
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2'
import type { Readable } from 'node:stream'
import pLimit from 'p-limit'
import type { Endpoint } from '../../core/address/endpoint.js'
import type { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure, failure, fromNodeError } from '../../core/failure.js'
import { type Hinted, hint } from '../../core/hint.js'
import type { Outcome } from '../../core/outcome.js'
import { settle } from '../../core/settle.js'
import { isBehindFin } from '../stream/loss.js'
import type { Stream } from '../stream/stream.js'
import type { TlsSession } from '../tls/client.js'
import type { FarEnd } from './exchange.js'
import { UNANSWERED } from './message-stream.js'

/** No DNS message is longer. */
const MAX_BODY_BYTES = 0xffff
/** Asked at once over one connection: some servers (BIND 9.18) drop it where more come in one go. */
const MAX_STREAMS = 32
const MEDIA_TYPE = 'application/dns-message'

/** Of RST_STREAM, by their numbers (RFC 9113, section 7). */
const STREAM_ERRORS: Readonly<Record<number, string>> = {
  1: 'PROTOCOL_ERROR',
  2: 'INTERNAL_ERROR',
  3: 'FLOW_CONTROL_ERROR',
  7: 'REFUSED_STREAM',
  8: 'CANCEL',
  11: 'ENHANCE_YOUR_CALM',
  12: 'INADEQUATE_SECURITY',
  13: 'HTTP_1_1_REQUIRED',
}

export interface HttpsQuestion {
  readonly path: string
  readonly message: Uint8Array
  readonly deadline: Deadline
}

/** A DNS message; null where the question is to be asked over another connection. */
export type HttpsAnswer = Uint8Array | null

export interface HttpsChannelOptions {
  readonly stream: Stream
  readonly tls: TlsSession | null
  readonly authority: string
  readonly endpoint: Endpoint
  readonly signal: AbortSignal
}

/** What a request tells, over either version of HTTP. */
interface RequestEvents {
  onHead(status: number, type: string | undefined, body: Readable): void
  /** Told by an error, or by the code of RST_STREAM: 0 for none. Also told of a request that is answered. */
  onLost(why: Error | number, isAnswering: boolean): void
}

/** DNS over HTTPS with one server, over a TLS connection whose ALPN decides: h2, else HTTP/1.1 (RFC 8484). */
export class HttpsChannel {
  readonly farEnd: FarEnd
  readonly #options: HttpsChannelOptions
  readonly #session: ClientHttp2Session | null
  readonly #limit = pLimit(MAX_STREAMS)
  readonly #streams = new Set<ClientHttp2Stream>()
  /** HTTP/1.1 has its one question. */
  #isUsed = false
  #hasAnswered = false
  #broken: Failure | null = null

  constructor(options: HttpsChannelOptions) {
    const { stream, tls, authority, endpoint, signal } = options
    this.#options = options
    const isHttp2 = tls?.report.alpn === 'h2'
    const tlsProtocol = tls?.report.protocol ?? null
    this.farEnd = { address: endpoint.address ?? '', tlsProtocol, httpVersion: isHttp2 ? '2' : '1.1' }
    stream.begin({ name: authority, signal })
    const socket = stream.lend()
    this.#session = isHttp2 ? connectHttp2(`https://${authority}`, { createConnection: () => socket }) : null
    if (this.#session === null) return // its one request tells
    this.#session.on('error', (error) => {
      this.#broken ??= this.#failed(error)
    })
    // The socket may be half open, and HTTP/2 does not notice that the other half has ended.
    void stream.peerEnded.then(() => this.#onEnd(null))
    void stream.ended.then(({ error }) => this.#onEnd(error))
  }

  /** Whether no further question can be asked here. */
  get ended(): boolean {
    if (this.#broken !== null || this.#options.stream.over) return true
    return this.#session === null ? this.#isUsed : this.#session.closed || this.#session.destroyed
  }

  /**
   * POSTs a message. A status other than 200 is HTTP_nnn; another media type, or more than a message, EBADRESP. HTTP/1.1
   * carries one exchange; and a server may end a connection over which it has answered when it likes (GOAWAY): what it has
   * left is to be asked again. Where it has answered none at all that is a failure, or there would be no end of it.
   */
  ask(question: HttpsQuestion): Promise<Outcome<HttpsAnswer>> {
    return this.#limit(() => this.#ask(question))
  }

  close(): void {
    this.#session?.destroy()
    this.#options.stream.end('interrupted', null)
  }

  #ask({ path, message, deadline }: HttpsQuestion): Promise<Outcome<HttpsAnswer>> {
    const { stream, authority, endpoint, signal } = this.#options
    const name = `https://${authority}${path}`
    const onDeadline = () =>
      deadlineFailure('read', `${name} did not answer in ${deadline.inWords}`, { endpoint, deadline })
    const onAbort = () => abortFailure('read', `asking ${name} was interrupted`, { endpoint })
    return settle<HttpsAnswer>({ deadline, onDeadline, onAbort }, (done) => {
      const lose = (failed: Failure) => {
        if (signal.aborted) done.fail(onAbort())
        else if (this.#hasAnswered && this.ended) done.ok(null)
        else done.fail(this.#broken ?? failed)
      }
      if (this.#isUsed) {
        done.ok(null)
        return undefined
      }
      if (this.ended) {
        lose(this.#failed(0))
        return undefined
      }
      let isRefused = false
      const request = this.#post(path, message, {
        onHead: (status, type, body) => {
          const refusal = this.#refusalOf(name, status, type)
          isRefused = refusal !== null
          if (refusal) done.fail(refusal)
          gather(body, (bytes) => {
            this.#hasAnswered = true
            if (bytes !== null) return done.ok(bytes)
            const what = `${name} sent more than ${MAX_BODY_BYTES} bytes`
            done.fail(this.#broke('EBADRESP', what, hint('no DNS message is that long')))
            request.destroy()
          })
        },
        onLost: (why, isAnswering) => {
          if (this.#session) return lose(this.#failed(why, isAnswering))
          // The stream knows how it ended; Node calls every early end of HTTP/1.1 a reset.
          void stream.ended.then(({ error }) =>
            lose(this.#failed(isBehindFin(error) ? why : (error ?? why), isAnswering)),
          )
        },
      })
      // Of what is answered the rest is read: servers bear with few streams that are reset.
      return ({ ok }) => void (ok || isRefused || request.destroy())
    })
  }

  #post(path: string, message: Uint8Array, { onHead, onLost }: RequestEvents): { destroy(): unknown } {
    const headers = { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE, 'content-length': message.length }
    let isAnswering = false
    if (this.#session) {
      const stream = this.#session.request({ ':method': 'POST', ':path': path, ...headers })
      this.#streams.add(stream)
      stream.on('response', (head) => {
        isAnswering = true
        onHead(head[':status'] ?? 0, head['content-type'], stream)
      })
      stream.on('error', (error) => onLost(stream.rstCode || error, isAnswering))
      stream.on('close', () => {
        this.#streams.delete(stream)
        onLost(stream.rstCode ?? 0, isAnswering)
      })
      return stream.end(message)
    }
    this.#isUsed = true
    const { stream, authority } = this.#options
    const request = requestHttp1({
      createConnection: () => stream.lend(),
      method: 'POST',
      path,
      headers: { host: authority, connection: 'close', ...headers },
    })
    request.on('response', (response) => {
      isAnswering = true
      response.on('error', (error) => onLost(error, true))
      response.on('close', () => onLost(0, true))
      onHead(response.statusCode ?? 0, response.headers['content-type'], response)
    })
    request.on('error', (error) => onLost(error, isAnswering))
    // Of one that is being answered the response tells.
    request.on('close', () => isAnswering || onLost(0, false))
    return request.end(message)
  }

  /** Why what follows that head is no DNS message; null where it may be one. */
  #refusalOf(name: string, status: number, type: string | undefined): Failure | null {
    if (status !== 200) {
      const text = `${name} answered with HTTP status ${status}, not with a DNS message`
      return this.#broke(`HTTP_${status}`, text, statusHint(status))
    }
    if (type?.split(';')[0]?.trim().toLowerCase() === MEDIA_TYPE) return null
    const text = `${name} answered with ${type ?? 'no media type'} instead of ${MEDIA_TYPE}`
    return this.#broke('EBADRESP', text, hint('that is an ordinary web page, or another protocol on the same path'))
  }

  #broke(code: string, message: string, hinted: Hinted): Failure {
    return failure({ phase: 'protocol', origin: 'peer', code, endpoint: this.#options.endpoint, message, ...hinted })
  }

  /** Whole answers are still read; of the others nothing more comes. */
  #onEnd(error: Error | null): void {
    this.#broken ??= this.#failed(error !== null && !isBehindFin(error) ? error : 0)
    for (const stream of [...this.#streams]) if (stream.pending || stream.state.remoteClose === 0) stream.destroy()
    this.#session?.close()
  }

  /** The same as for a connection over TLS that ends: it may be an idle one that was closed. */
  #unanswered(what: string): Failure {
    const { authority, endpoint } = this.#options
    return failure({
      phase: 'read',
      origin: 'peer',
      code: 'EBADRESP',
      endpoint,
      message: `https://${authority} ${what}`,
      ...UNANSWERED,
    })
  }

  #failed(why: Error | number, isAnswering = false): Failure {
    if (typeof why === 'number' && why !== 0) {
      const code = STREAM_ERRORS[why] ?? 'an error'
      return this.#unanswered(`reset the stream instead of answering: ${code} (${why}, RFC 9113, section 7)`)
    }
    // Node calls every early end a reset; a true one names the system call that told of it.
    if (typeof why === 'number' || ('code' in why && why.code === 'ECONNRESET' && !('syscall' in why))) {
      return this.#unanswered(
        `ended the connection ${isAnswering ? 'in the middle of an answer' : 'before it answered'}`,
      )
    }
    const { authority, endpoint } = this.#options
    const base = fromNodeError(why, 'read', { endpoint })
    return { ...base, message: `asking ${authority} over HTTPS failed: ${base.message}` }
  }
}

/** Reads a body to its end; null where it is longer than any DNS message. */
function gather(body: Readable, done: (bytes: Uint8Array | null) => void): void {
  const chunks: Uint8Array[] = []
  let size = 0
  body.on('data', (chunk: Uint8Array) => {
    size += chunk.length
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
    else done(null)
  })
  body.on('end', () => done(Buffer.concat(chunks)))
}

/** Of a status that is not 200, as RFC 8484, section 4.2.1 and RFC 9110, section 15 have them. */
function statusHint(status: number): Hinted {
  if (status === 429 || status >= 500)
    return hint('the server is overloaded, limits its clients or is broken: ask later, or another one')
  if (status === 401 || status === 403)
    return hint('the server does not serve everybody: ask one that serves this network')
  if (status >= 300 && status < 400) return hint('it lies elsewhere: give the URL that the answer names', 'redirect')
  if (status === 413 || status === 415)
    return hint('the server does not take this question over HTTPS: ask over tls:// or UDP')
  return hint('check the path: most servers answer on /dns-query')
}
