import { Deadline } from '../../core/deadline.js'
import { deadlineFailure, type Failure } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import { pause } from '../../core/settle.js'
import { formatDuration } from '../../core/text/duration.js'
import type { CloseReason, ConversationOptions } from '../../net/stream/channel.js'
import type { Stream, StreamEnd } from '../../net/stream/stream.js'
import type { EndReason, ResponseEvent } from '../../protocol/http/events.js'
import { ResponseDecoder } from '../../protocol/http/response/decoder.js'
import type { TimedReach } from './open.js'
import type { EncodedRequest, Question } from './request.js'
import type { ResponseSink } from './response-sink.js'

/** A request is written in pieces, so that a peer that reads slowly is not taken for a silent one. */
const WRITE_BYTES = 65_536
/** How long a peer that was asked to close may be silent before we do: bytes behind the message would come by then. */
const LINGER_MS = 200
/** And how long it may go on sending them. */
const LINGER_LIMIT_MS = 2000

export interface HttpConnectionOptions extends Pick<ConversationOptions, 'name' | 'idleMs' | 'deadline' | 'signal'> {
  /** How long the peer may neither take more of a request nor begin its answer, in milliseconds; undefined for any time. */
  readonly answerMs: number | undefined
}

/** When a request had been sent and when its answer began and ended, on the clock of `performance.now()`. */
export interface Moments {
  readonly beganAt: number
  sentAt: number | null
  firstByteAt: number | null
  endedAt: number
}

/** One question and its answer. */
export interface HttpExchange {
  readonly question: Question
  readonly sink: ResponseSink
  readonly moments: Moments
}

/** How a peer ends a connection. */
export type GivenUp = Exclude<EndReason, 'abort' | 'timeout'>

export interface Exchanged {
  /** What ended the connection meanwhile, or null: what the answers were worth is for their sinks to say. */
  readonly failure: Failure | null
  /** The connection had ended before a byte of an answer. */
  readonly givenUp: GivenUp | null
}

/** What is known of a request that its peer did not take as a whole. */
export interface Untaken {
  /** Handed to the system; the peer may have taken less. */
  readonly sentBytes: number
  /** Of the reset that refused the rest; null where we stopped, since the answer was there. */
  readonly code: string | null
}

/** Exchanges on one stream, one after another, until the peer or a failure ends it. */
export class HttpConnection {
  readonly reached: TimedReach
  readonly #stream: Stream
  readonly #options: HttpConnectionOptions
  readonly #decoder = new ResponseDecoder()
  /** Those whose answer has not ended, and the last. */
  #exchanges: HttpExchange[] = []
  #answered: (exchange: HttpExchange) => void = () => {}
  #sentBytes = 0
  #taking: Promise<void> | undefined
  #failure: Failure | null = null
  /** Aborted once no more comes. */
  readonly #over = new AbortController()
  /** Of what came before the requests that are under way. */
  #receivedBefore = 0
  /** Whether those may be sent again where the peer has given the connection up. */
  #mayRetry = false
  #givenUp: GivenUp | null = null
  #begun = false
  #wake: () => void = () => {}
  #callOffAnswer: () => void = () => {}

  constructor(reached: TimedReach, options: HttpConnectionOptions) {
    this.reached = reached
    this.#options = options
    this.#stream = reached.stream
  }

  /** Whether the peer keeps the connection for another request. */
  get reusable(): boolean {
    return !this.#isOver && this.#decoder.reusable && this.#decoder.outstanding === 0
  }

  /** Over TLS, whether the peer closed in order; null where it has not closed, and for plain TCP. */
  get closeNotify(): boolean | null {
    return this.#stream.closeNotify
  }

  /** Bytes that came so far. */
  get wireBytes(): number {
    return this.#decoder.receivedBytes
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted
  }

  /**
   * Sends what asks the questions of `exchanges` and takes what comes into their sinks, until the last answer or the
   * connection has ended; `answered` is told of each in the turn in which its end was taken. With `mayRetry` a connection that
   * ends before a byte of an answer is no answer: the sinks hear nothing of it, and `givenUp` says how it ended.
   */
  async exchange(
    { pieces }: EncodedRequest,
    exchanges: readonly HttpExchange[],
    { mayRetry, answered }: { readonly mayRetry: boolean; readonly answered: (exchange: HttpExchange) => void },
  ): Promise<Exchanged> {
    this.#exchanges = [...exchanges]
    this.#answered = answered
    this.#sentBytes = 0
    this.#receivedBefore = this.wireBytes
    this.#mayRetry = mayRetry
    for (const { question, sink } of exchanges) {
      sink.onLimit = (failure) => this.#stream.end('expectation', failure)
      this.#decoder.expect({ method: question.method })
    }
    const done = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    if (!this.#begun) this.#begin()
    const sending = this.#send(pieces, exchanges)
    this.#stream.take((bytes) => this.#take(bytes))
    await done
    if (!this.#isOver && exchanges.at(-1)?.moments.sentAt === null && !(await this.#soon(sending))) await this.close()
    // The others are not answered any more: the connection was to close behind this one.
    if (this.#decoder.outstanding > 0) {
      await this.linger()
      await this.close()
    }
    await sending
    return { failure: this.#failure, givenUp: this.#givenUp }
  }

  /** After the last response, where the connection is to be closed: waits a little for the peer to do so. */
  async linger(): Promise<void> {
    const limit = Deadline.after(LINGER_LIMIT_MS)
    let heardBytes = -1
    while (!this.#isOver && this.wireBytes !== heardBytes && !limit.expired) {
      heardBytes = this.wireBytes
      await pause(LINGER_MS, this.#over.signal)
    }
  }

  /** Whether the peer had answered and closed before it took the whole request with a body, as far as that shows; else null. */
  async untaken({ question, moments }: HttpExchange): Promise<Untaken | null> {
    const stream = this.#stream
    const isCut = moments.sentAt === null
    if (!isCut && (!question.hasBody || !this.#isOver)) return null
    // Behind the peer's FIN its system still refuses what it has no use for.
    if (!stream.over) stream.halfClose()
    const { error } = await stream.ended
    const { code = null } = (error ?? {}) as NodeJS.ErrnoException
    return isCut || error ? { sentBytes: this.#sentBytes, code } : null
  }

  /** Closes from this side. */
  async close(): Promise<void> {
    this.#stream.end('done', null)
    await this.#end('abort', null)
  }

  #begin(): void {
    this.#begun = true
    const stream = this.#stream.begin(this.#options)
    void stream.peerEnded.then(() => this.#end(this.#inOrder(), null))
    void stream.ended.then((end) => this.#end(this.#reasonOf(end), this.#failureOf(end)))
  }

  /**
   * Whether the rest of a request whose answer is already there goes out as well: that a write is done may be told later
   * than what is read in the same turn. A peer that has answered may also never read it.
   */
  async #soon(sending: Promise<void>): Promise<boolean> {
    const patience = new AbortController()
    const tooLate = pause(LINGER_MS, patience.signal).then(() => false)
    const sent = await Promise.race([sending.then(() => true), tooLate])
    patience.abort()
    return sent
  }

  async #send(pieces: readonly Uint8Array[], exchanges: readonly HttpExchange[]): Promise<void> {
    const stream = this.#stream
    for (const bytes of inWrites(pieces)) {
      if (!stream.writable) return
      this.#awaitAnswer()
      const wait = stream.write(bytes)
      if (wait) await wait
      if (stream.writeError || stream.over) return
      this.#sentBytes += bytes.length
      const now = performance.now()
      for (const { question, moments } of exchanges) if (question.endsAt <= this.#sentBytes) moments.sentAt ??= now
    }
    this.#awaitAnswer()
  }

  /** From here on the peer has the time allowed to begin its answer. */
  #awaitAnswer(): void {
    this.#callOffAnswer()
    const { answerMs } = this.#options
    const [exchange] = this.#exchanges
    if (answerMs === undefined || this.#isOver || !exchange || exchange.moments.firstByteAt !== null) return
    this.#callOffAnswer = Deadline.after(answerMs).onExpire(() => this.#stream.end('idle', null))
  }

  /** Silence before an answer is told as that, whichever bound it met. */
  #failureOf({ reason, failure }: StreamEnd): Failure | null {
    const moments = this.#exchanges[0]?.moments
    if (reason !== 'idle' || !moments || moments.firstByteAt !== null) return failure
    const { name, answerMs, idleMs } = this.#options
    const [answer, idle] = [answerMs ?? Number.POSITIVE_INFINITY, idleMs ?? Number.POSITIVE_INFINITY]
    const waited = formatDuration(Math.min(answer, idle))
    const more = hint('allow an answer more time', answer <= idle ? 'more-time' : 'more-silence')
    return moments.sentAt === null
      ? deadlineFailure('write', `${name} is connected and took no more of the request for ${waited}`, more)
      : deadlineFailure('read', `${name} is connected and did not begin to answer within ${waited}`, more)
  }

  #take(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isOver || this.#stream.over) return undefined
    const offset = this.wireBytes
    const taken = this.#hand(bytes, offset, this.#decoder.push(bytes), performance.now())
    if (!taken) return undefined
    this.#taking = taken.finally(() => {
      this.#taking = undefined
    })
    return this.#taking
  }

  /** Gives each sink what is its own: `bytes` from `offset` on, which came at `now`, and what they were decoded to. */
  #hand(bytes: Uint8Array, offset: number, events: readonly ResponseEvent[], now: number): Promise<void> | undefined {
    const [exchange, next] = this.#exchanges
    if (!exchange) return undefined
    const { sink, moments } = exchange
    if (moments.firstByteAt === null && bytes.length > 0) {
      moments.firstByteAt = now
      this.#callOffAnswer()
    }
    const end = moments.endedAt > 0 ? undefined : events.find((event) => event.type === 'end')
    if (!end) {
      const last = events.at(-1)
      const isInterim = last?.type === 'informational'
      if (isInterim && last.head.offset + last.head.bytes.length === offset + bytes.length) {
        moments.firstByteAt = null
        this.#awaitAnswer()
      }
      return sink.take(bytes, offset, events)
    }
    // Receiving ends here, however long it takes to put away what came.
    moments.endedAt = now
    const isShared = next && (end.persistent || this.#isOver)
    const own = isShared ? events.indexOf(end) + 1 : events.length
    const ownBytes = isShared ? bytes.subarray(0, end.offset - offset) : bytes
    const goOn = (): Promise<void> | undefined => {
      this.#answered(exchange)
      if (!isShared) {
        this.#wake()
        return undefined
      }
      this.#exchanges.shift()
      this.#awaitAnswer()
      const rest = bytes.subarray(ownBytes.length)
      if (rest.length === 0 && own === events.length) return undefined
      return this.#hand(rest, offset + ownBytes.length, events.slice(own), now)
    }
    const taken = sink.take(ownBytes, offset, events.slice(0, own))
    return taken ? taken.then(goOn) : goOn()
  }

  /** Once: no more will come. What came before is taken first. */
  async #end(reason: EndReason, failure: Failure | null): Promise<void> {
    if (this.#isOver) return
    this.#over.abort()
    this.#callOffAnswer()
    this.#failure = failure && { ...failure, endpoint: this.reached.endpoint }
    await this.#taking
    const isPeers = reason !== 'abort' && reason !== 'timeout'
    if (isPeers && this.#mayRetry && this.wireBytes === this.#receivedBefore) {
      this.#givenUp = reason
    } else {
      await this.#endAnswers(this.#decoder.end(reason))
    }
    this.#wake()
  }

  async #endAnswers(events: readonly ResponseEvent[]): Promise<void> {
    // One that was to be the last leaves the others to this end.
    const [first, next] = this.#exchanges
    if (next && first && first.moments.endedAt > 0) this.#exchanges.shift()
    await this.#hand(new Uint8Array(), this.wireBytes, events, performance.now())
  }

  #reasonOf({ reason }: StreamEnd): EndReason {
    if (reason === 'fin') return this.#inOrder()
    return END_REASONS[reason] ?? 'reset'
  }

  #inOrder(): EndReason {
    return this.reached.tls && this.closeNotify !== true ? 'no-close-notify' : 'fin'
  }
}

const END_REASONS: Readonly<Partial<Record<CloseReason, EndReason>>> = {
  idle: 'timeout',
  'max-time': 'timeout',
  interrupted: 'abort',
  done: 'abort',
  expectation: 'abort',
}

/** What stands in `pieces`, so that a short request goes out at once and a long one in parts. */
function* inWrites(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += WRITE_BYTES) {
      const part = piece.subarray(at, at + WRITE_BYTES)
      held.push(part)
      heldBytes += part.length
      if (heldBytes < WRITE_BYTES) continue
      yield Buffer.concat(held)
      held = []
      heldBytes = 0
    }
  }
  if (heldBytes > 0) yield Buffer.concat(held)
}
