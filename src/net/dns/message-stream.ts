import type { Socket } from 'node:net'
import type { Endpoint } from '../../core/address/endpoint.js'
import { abortFailure, deadlineFailure, type Failure, failure, fromNodeError } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import { counted } from '../../core/text/digits.js'
import { DueTimer } from './due-timer.js'
import {
  type AnyQuestion,
  type Exchange,
  exchangeOf,
  type FarEnd,
  isPlain,
  MAX_QUESTION_BYTES,
  messageId,
  type PlainQuestion,
  SENT_ONCE,
  type Written,
} from './exchange.js'
import { unusedId } from './random-ids.js'
import { otherMessages } from './udp-failures.js'

/** A stream that ended before its answer came. */
export const UNANSWERED = hint(
  'the server may limit connections or not serve this transport; ask over another one, and compare',
)

/** How messages stand in the byte stream. */
export interface Framing {
  /** How many octets stand before each message. */
  readonly headBytes: number
  /** Writes these for the message that ends before `end`, at `start`. */
  putHead(bytes: Uint8Array, start: number, end: number): void
  /** The messages that a chunk completes; it keeps what is incomplete. */
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** Octets of a message whose end has not come. */
  readonly pendingBytes: number
}

/** What leaves in one write at most. */
const WRITE_BYTES = 16_384

export interface MessageStreamOptions {
  readonly socket: Socket
  readonly framing: Framing
  /** Who it is, for messages. */
  readonly name: string
  readonly endpoint: Endpoint
  readonly tlsProtocol: string | null
  readonly signal: AbortSignal
}

interface Waiting {
  readonly exchange: Exchange
  /** Messages that had answered nothing before it was asked. */
  readonly strangeBefore: number
}

/** Questions and answers over one connected stream, TCP or TLS, several at a time (RFC 7766, section 6.2.1). */
export class MessageStream {
  readonly #options: MessageStreamOptions
  readonly #farEnd: FarEnd
  /** Questions that have been written, by message id. */
  readonly #waiting = new Map<number, Waiting>()
  /** Those of which nothing else is known. */
  readonly #plain = new Map<number, PlainQuestion>()
  /** Ids of those that waited in vain: an answer that comes late is no forgery. */
  readonly #missed = new Set<number>()
  /** Messages so far that answered nothing that waited. */
  #strange = 0
  readonly #timer = new DueTimer((now) => this.#expire(now))
  #ended: Failure | null = null
  /** What this turn of the event loop asks: it leaves in one write. Null where nothing is. */
  #unwritten: Uint8Array | null = null
  #unwrittenBytes = 0

  constructor(options: MessageStreamOptions) {
    this.#options = options
    const { socket, framing, name, endpoint, tlsProtocol, signal } = options
    this.#farEnd = { address: endpoint.address ?? '', tlsProtocol, httpVersion: null }
    socket.on('data', (chunk: Uint8Array) => {
      for (const message of framing.push(chunk)) this.#receive(message)
    })
    socket.on('error', (error) => {
      const base = fromNodeError(error, 'read', { endpoint })
      this.#end({ ...base, message: `asking ${name} failed: ${base.message}` })
    })
    socket.on('end', () => this.#end(this.#cutOff()))
    socket.on('close', () => this.#end(this.#cutOff()))
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Whether no further question can be asked here. */
  get ended(): boolean {
    return this.#ended !== null
  }

  ask(asked: AnyQuestion): void {
    const refusal = this.#ended ?? (this.#options.signal.aborted ? this.#interrupted() : null)
    if (refusal) {
      exchangeOf(asked).failed(refusal)
      return
    }
    const id = unusedId(this.#waiting, this.#plain)
    const strangeBefore = this.#strange
    if (isPlain(asked)) {
      asked.strangeBefore = strangeBefore
      this.#plain.set(id, asked)
    } else this.#waiting.set(id, { exchange: asked, strangeBefore })
    this.#timer.set(asked.deadline.at)
    this.#write(asked, id)
  }

  close(): void {
    const { socket, name, endpoint } = this.#options
    this.#end(abortFailure('read', `the connection to ${name} was closed`, { endpoint }))
    socket.destroy()
  }

  #receive(message: Uint8Array): void {
    const id = messageId(message)
    const question = this.#plain.get(id)
    if (question?.accepts(message, message.length, id)) {
      this.#plain.delete(id)
      this.#stopIfIdle()
      question.answered()
      return
    }
    if (question) this.#takeOver(id, question)
    const waiting = this.#waiting.get(id)
    const fit = waiting?.exchange.accepts(message, message.length, id) ?? 'other'
    if (!waiting || fit !== 'answer') {
      if (fit === 'other' && !this.#missed.delete(id)) this.#strange++
      return
    }
    this.#settle(id, waiting)
    const dropped = this.#strange - waiting.strangeBefore
    waiting.exchange.answered(this.#farEnd, dropped === 0 ? SENT_ONCE : { ...SENT_ONCE, dropped }, performance.now())
  }

  /** False where it waits no more: what another one's failure led to may have ended it. */
  #settle(id: number, waiting: Waiting): boolean {
    if (this.#waiting.get(id) !== waiting) return false
    this.#waiting.delete(id)
    this.#stopIfIdle()
    return true
  }

  #stopIfIdle(): void {
    if (this.#waiting.size + this.#plain.size === 0) this.#timer.stop()
  }

  /** It waits on as every other question does. */
  #takeOver(id: number, question: PlainQuestion): void {
    this.#plain.delete(id)
    this.#waiting.set(id, { exchange: question.exchange(), strangeBefore: question.strangeBefore })
  }

  #write(question: Written, id: number): void {
    const { framing } = this.#options
    if (this.#unwrittenBytes + framing.headBytes + MAX_QUESTION_BYTES > WRITE_BYTES) this.#flush()
    if (this.#unwritten === null) {
      this.#unwritten = new Uint8Array(WRITE_BYTES)
      setImmediate(() => this.#flush())
    }
    const start = this.#unwrittenBytes
    const end = question.write(this.#unwritten, start + framing.headBytes, id)
    framing.putHead(this.#unwritten, start, end)
    this.#unwrittenBytes = end
  }

  #flush(): void {
    if (this.#unwritten !== null && !this.#ended) {
      this.#options.socket.write(this.#unwritten.subarray(0, this.#unwrittenBytes))
    }
    this.#unwritten = null
    this.#unwrittenBytes = 0
  }

  #expire(now: number): number {
    const { name, endpoint } = this.#options
    let next = Number.POSITIVE_INFINITY
    for (const [id, question] of this.#plain) {
      if (question.deadline.at > now) next = Math.min(next, question.deadline.at)
      else this.#takeOver(id, question)
    }
    for (const [id, waiting] of [...this.#waiting]) {
      const { exchange, strangeBefore } = waiting
      if (exchange.deadline.at > now) next = Math.min(next, exchange.deadline.at)
      else if (this.#settle(id, waiting)) {
        this.#missed.add(id)
        const others = otherMessages(this.#strange - strangeBefore, 'message')
        const text = `${name} did not answer in ${exchange.deadline.inWords}${others}`
        exchange.failed(deadlineFailure('read', text, { endpoint, deadline: exchange.deadline }))
      }
    }
    return next
  }

  readonly #onAbort = () => this.#failAll(this.#interrupted())

  #failAll(failed: Failure): void {
    for (const [id, question] of this.#plain) this.#takeOver(id, question)
    for (const [id, waiting] of [...this.#waiting]) {
      if (this.#settle(id, waiting)) waiting.exchange.failed(failed)
    }
  }

  #interrupted(): Failure {
    const { name, endpoint } = this.#options
    return abortFailure('read', `asking ${name} was interrupted`, { endpoint })
  }

  #cutOff(): Failure {
    const { name, endpoint, framing } = this.#options
    const { pendingBytes } = framing
    const how =
      pendingBytes > 0
        ? `in the middle of an answer, after ${counted(pendingBytes, 'byte')} of it`
        : 'before it answered'
    return failure({
      phase: 'read',
      origin: 'peer',
      code: 'EBADRESP',
      endpoint,
      message: `${name} ended the connection ${how}`,
      ...UNANSWERED,
    })
  }

  #end(failed: Failure): void {
    this.#ended ??= failed
    const { signal, socket } = this.#options
    signal.removeEventListener('abort', this.#onAbort)
    this.#failAll(failed)
    socket.destroy()
  }
}
