import type { Endpoint } from '../../core/address/endpoint.js'
import { abortFailure, deadlineFailure, type Failure, failure, fromNodeError } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import { counted } from '../../core/text/digits.js'
import { isBehindFin } from '../stream/loss.js'
import type { Stream, StreamEnd } from '../stream/stream.js'
import { DueTimer } from './due-timer.js'
import {
  type AnyQuestion,
  type DnsExchange,
  type FarEnd,
  isPlain,
  MAX_QUESTION_BYTES,
  messageId,
  type PlainQuestion,
  SENT_ONCE,
  type WrittenExchange,
} from './exchange.js'
import type { ConnectionEvents, DnsConnection } from './pipeline.js'
import { unusedId } from './random-ids.js'
import { otherMessages } from './udp-failures.js'

/** A stream that ended before its answer came. */
export const UNANSWERED = hint(
  'the server may limit connections or not serve this transport; ask over another one, and compare',
)

/** How messages stand in the byte stream. */
export interface MessageFraming {
  /** How many octets stand before each message. */
  readonly headBytes: number
  /** Writes these for the message that ends before `end`, at `start`. */
  putHead(bytes: Uint8Array, start: number, end: number): void
  /** The messages that a chunk completes; it keeps what is incomplete. */
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** Octets of a message whose end has not come. */
  readonly pendingBytes: number
}

/** Half of the ids there are, so that a free one is soon found. */
const MAX_QUESTIONS = 0x8000

/** What leaves in one write at most. */
const WRITE_BYTES = 16_384

export interface MessageStreamOptions {
  readonly stream: Stream
  readonly framing: MessageFraming
  /** Who it is, for messages. */
  readonly name: string
  readonly endpoint: Endpoint
  readonly tlsProtocol: string | null
  readonly signal: AbortSignal
  readonly events: ConnectionEvents
}

interface Waiting {
  readonly exchange: DnsExchange
  /** Messages that had answered nothing before it was asked. */
  readonly strangeBefore: number
}

/** Questions and answers over one connected stream, TCP or TLS, several at a time (RFC 7766, section 6.2.1). */
export class MessageStream implements DnsConnection {
  answered = 0
  readonly most = MAX_QUESTIONS
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
  /** What this turn of the event loop asks: it leaves in one write. Null where nothing is. */
  #unwritten: Uint8Array | null = null
  #unwrittenBytes = 0

  constructor(options: MessageStreamOptions) {
    this.#options = options
    const { stream, framing, name, endpoint, tlsProtocol, signal } = options
    this.#farEnd = { address: endpoint.address ?? '', tlsProtocol, httpVersion: null }
    const received = (bytes: Uint8Array) => {
      for (const message of framing.push(bytes)) this.#receive(message)
      return undefined
    }
    stream.begin({ name, signal, received })
    void stream.peerEnded.then(() => stream.end('fin', null))
    void stream.ended.then((end) => this.#onEnd(end))
  }

  get ended(): boolean {
    return this.#options.stream.over
  }

  get waiting(): number {
    return this.#waiting.size + this.#plain.size
  }

  ask(asked: AnyQuestion): void {
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
    this.#options.stream.end('interrupted', null)
  }

  #receive(message: Uint8Array): void {
    const id = messageId(message)
    const question = this.#plain.get(id)
    if (question?.accepts(message, message.length, id)) {
      this.#plain.delete(id)
      this.answered++
      this.#stopIfIdle()
      question.answered()
      this.#options.events.room()
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
    this.answered++
    const dropped = this.#strange - waiting.strangeBefore
    waiting.exchange.answered(this.#farEnd, dropped === 0 ? SENT_ONCE : { ...SENT_ONCE, dropped }, performance.now())
    this.#options.events.room()
  }

  /** False where it waits no more: what another one's failure led to may have ended it. */
  #settle(id: number, waiting: Waiting): boolean {
    if (this.#waiting.get(id) !== waiting) return false
    this.#waiting.delete(id)
    this.#stopIfIdle()
    return true
  }

  #stopIfIdle(): void {
    if (this.waiting === 0) this.#timer.stop()
  }

  /** It waits on as every other question does. */
  #takeOver(id: number, question: PlainQuestion): void {
    this.#plain.delete(id)
    this.#waiting.set(id, { exchange: question.exchange(), strangeBefore: question.strangeBefore })
  }

  #write(question: WrittenExchange, id: number): void {
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
    if (this.#unwritten) void this.#options.stream.write(this.#unwritten.subarray(0, this.#unwrittenBytes))
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
        this.#options.events.room()
      }
    }
    return next
  }

  #onEnd(end: StreamEnd): void {
    this.#timer.stop()
    const left = [
      ...[...this.#waiting.values()].map(({ exchange }) => exchange),
      ...[...this.#plain.values()].map((question) => question.exchange()),
    ]
    this.#waiting.clear()
    this.#plain.clear()
    const failure = this.#failureOf(end)
    this.#options.events.ended(this, { left, failure, interrupted: end.reason === 'interrupted' })
  }

  #failureOf({ reason, error }: StreamEnd): Failure {
    const { name, endpoint } = this.#options
    if (reason === 'interrupted') return abortFailure('read', `asking ${name} was interrupted`, { endpoint })
    if (error === null || isBehindFin(error)) return this.#cutOff()
    const base = fromNodeError(error, 'read', { endpoint })
    return { ...base, message: `asking ${name} failed: ${base.message}` }
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
}
