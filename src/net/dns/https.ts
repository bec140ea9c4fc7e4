import { request as requestHttp1 } from 'node:http'
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import pLimit from 'p-limit'
import type { Endpoint } from '../../core/address/endpoint.js'
import type { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure, failure, fromNodeError } from '../../core/failure.js'
import { type Hinted, hint } from '../../core/hint.js'
import type { Outcome } from '../../core/outcome.js'
import { settle } from '../../core/settle.js'
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

export interface HttpsAnswer {
  readonly message: Uint8Array
  readonly httpVersion: '1.1' | '2'
}

export interface HttpsQuestion {
  readonly path: string
  readonly message: Uint8Array
  readonly deadline: Deadline
  readonly signal: AbortSignal
}

/** DNS over HTTPS with one server, over a TLS connection whose ALPN decides: h2, else HTTP/1.1 (RFC 8484). */
export class HttpsChannel {
  readonly #tls: TLSSocket
  readonly #authority: string
  readonly #endpoint: Endpoint
  #session: ClientHttp2Session | null = null
  readonly #limit = pLimit(MAX_STREAMS)
  readonly #streams = new Set<ClientHttp2Stream>()
  #used = false
  #broken: Failure | null = null

  constructor(tls: TLSSocket, authority: string, endpoint: Endpoint) {
    this.#tls = tls
    this.#authority = authority
    this.#endpoint = endpoint
    if (tls.alpnProtocol !== 'h2') return
    this.#session = connectHttp2(`https://${authority}`, { createConnection: () => tls })
    this.#session.on('error', (error) => {
      this.#broken ??= this.#failed(error)
    })
    // The socket may be half open, and HTTP/2 does not notice that the other half has ended.
    tls.once('end', () => this.#onEnd())
  }

  /** Whether no further question can be asked here. HTTP/1.1 takes one. */
  get ended(): boolean {
    if (this.#session === null) return this.#used || this.#tls.destroyed
    return this.#broken !== null || this.#session.closed || this.#session.destroyed
  }

  /** POSTs a message. A status other than 200 is HTTP_nnn; another media type, or more than a message, EBADRESP. */
  exchange(question: HttpsQuestion): Promise<Outcome<HttpsAnswer>> {
    return this.#limit(() => this.#exchange(question))
  }

  #exchange(question: HttpsQuestion): Promise<Outcome<HttpsAnswer>> {
    const { deadline, signal } = question
    const endpoint = this.#endpoint
    const name = `https://${this.#authority}${question.path}`
    const words = {
      onDeadline: () =>
        this.#broken ??
        deadlineFailure('read', `${name} did not answer in ${deadline.inWords}`, { endpoint, deadline }),
      onAbort: () => this.#broken ?? abortFailure('read', `asking ${name} was interrupted`, { endpoint }),
    }
    return settle<HttpsAnswer>({ deadline, signal, ...words }, (done) => {
      if (this.#broken) return void done.fail(this.#broken)
      const onFailure = (failed: Failure) => done.fail(this.#broken ?? failed)
      const onResponse = (status: number, type: string | undefined, body: AsyncIterable<Uint8Array>) => {
        this.#read(name, status, type, body).then(
          (read) => ('message' in read ? done.ok(read) : onFailure(read.failure)),
          (error: Error) => onFailure(this.#failed(error, true)),
        )
      }
      const onError = (error: Error | Failure) => onFailure(error instanceof Error ? this.#failed(error) : error)
      return this.#session
        ? this.#post2(this.#session, question, onResponse, onError)
        : this.#post1(question, onResponse, onError)
    })
  }

  close(): void {
    this.#session?.destroy()
    this.#tls.destroy()
  }

  /** Returns how to give it up. */
  #post2(session: ClientHttp2Session, { path, message }: HttpsQuestion, onResponse: OnResponse, onError: OnError) {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      accept: MEDIA_TYPE,
      'content-type': MEDIA_TYPE,
      'content-length': message.length,
    })
    this.#streams.add(stream)
    stream.once('close', () => this.#streams.delete(stream))
    // Once there is a head, its reader is told of every early end.
    const onClose = () => onError(this.#resetStream(stream.rstCode))
    stream.on('error', (error) => onError(stream.rstCode ? this.#resetStream(stream.rstCode) : error))
    stream.on('close', onClose)
    stream.on('response', (headers) => {
      stream.off('close', onClose)
      onResponse(headers[':status'] ?? 0, headers['content-type'], stream)
    })
    stream.end(message)
    return () => void stream.destroy()
  }

  #post1({ path, message }: HttpsQuestion, onResponse: OnResponse, onError: OnError) {
    this.#used = true
    const headers = { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE, 'content-length': message.length }
    const request = requestHttp1({
      createConnection: () => this.#tls,
      method: 'POST',
      path,
      headers: { host: this.#authority, connection: 'close', ...headers },
    })
    const onClose = () => onError(this.#unanswered('ended the connection before it answered'))
    request.on('error', onError)
    request.on('close', onClose)
    request.on('response', (response) => {
      request.off('close', onClose)
      onResponse(response.statusCode ?? 0, response.headers['content-type'], response)
    })
    request.end(message)
    return () => void request.destroy()
  }

  async #read(
    name: string,
    status: number,
    type: string | undefined,
    body: AsyncIterable<Uint8Array>,
  ): Promise<HttpsAnswer | { readonly failure: Failure }> {
    const broken = (code: string, message: string, hinted: Hinted) => ({
      failure: failure({ phase: 'protocol', origin: 'peer', code, endpoint: this.#endpoint, message, ...hinted }),
    })
    if (status !== 200) {
      return broken(
        `HTTP_${status}`,
        `${name} answered with HTTP status ${status}, not with a DNS message`,
        statusHint(status),
      )
    }
    if (type?.split(';')[0]?.trim().toLowerCase() !== MEDIA_TYPE) {
      const text = `${name} answered with ${type ?? 'no media type'} instead of ${MEDIA_TYPE}`
      return broken('EBADRESP', text, hint('that is an ordinary web page, or another protocol on the same path'))
    }
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of body) {
      size += chunk.length
      if (size > MAX_BODY_BYTES) {
        return broken('EBADRESP', `${name} sent more than ${MAX_BODY_BYTES} bytes`, hint('no DNS message is that long'))
      }
      chunks.push(chunk)
    }
    return { message: Buffer.concat(chunks), httpVersion: this.#session ? '2' : '1.1' }
  }

  /** Whole answers are still read; of the others nothing more comes. */
  #onEnd(): void {
    this.#broken ??= this.#unanswered('ended the connection before it answered')
    for (const stream of [...this.#streams]) if (stream.pending || stream.state.remoteClose === 0) stream.destroy()
    this.#session?.close()
  }

  #resetStream(code: number | undefined): Failure {
    if (!code) return this.#unanswered('closed the stream before it answered')
    const name = STREAM_ERRORS[code] ?? 'an error'
    return this.#unanswered(`reset the stream instead of answering: ${name} (${code}, RFC 9113, section 7)`)
  }

  /** The same as for a connection over TLS that ends: it may be an idle one that was closed. */
  #unanswered(what: string): Failure {
    const message = `https://${this.#authority} ${what}`
    return failure({
      phase: 'read',
      origin: 'peer',
      code: 'EBADRESP',
      endpoint: this.#endpoint,
      message,
      ...UNANSWERED,
    })
  }

  #failed(error: Error, answering = false): Failure {
    // Node calls every early end a reset; a true one names the system call that told of it.
    if ('code' in error && error.code === 'ECONNRESET' && !('syscall' in error)) {
      const when = answering ? 'in the middle of an answer' : 'before it answered'
      return this.#unanswered(`ended the connection ${when}`)
    }
    const base = fromNodeError(error, 'read', { endpoint: this.#endpoint })
    return { ...base, message: `asking ${this.#authority} over HTTPS failed: ${base.message}` }
  }
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

type OnResponse = (status: number, type: string | undefined, body: AsyncIterable<Uint8Array>) => void
type OnError = (error: Error | Failure) => void
