import { Deadline } from '../../core/deadline.js'
import { deadlineFailure, type Failure } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import { pause } from '../../core/settle.js'
import { formatDuration } from '../../core/text/duration.js'
import type { CloseReason, ConversationOptions } from '../../net/stream/channel.js'
import type { Stream, StreamEnd } from '../../net/stream/stream.js'
import type { EndReason } from '../../protocol/http/events.js'
import { Answers, type HttpExchange } from './answers.js'
import type { TimedReach } from './open.js'
import { type EncodedRequest, inWrites } from './request.js'

/** How long a peer that was asked to close may be silent before we do: bytes behind the message would come by then. */
const LINGER_MS = 200
/** And how long it may go on sending them. */
const LINGER_LIMIT_MS = 2000

export interface HttpConnectionOptions extends Pick<ConversationOptions, 'name' | 'idleMs' | 'deadline' | 'signal'> {
  /** How long the peer may neither take more of a request nor begin its answer, in milliseconds; undefined for any time. */
  readonly answerMs: number | undefined
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
  readonly #answers = new Answers({
    begun: () => this.#callOffAnswer(),
    awaited: () => this.#awaitAnswer(),
    answered: (exchange) => this.#answered(exchange),
    complete: () => this.#wake(),
  })
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
    return !this.#isOver && this.#answers.isReusable
  }

  /** Over TLS, whether the peer closed in order; null where it has not closed, and for plain TCP. */
  get closeNotify(): boolean | null {
    return this.#stream.closeNotify
  }

  /** Bytes that came so far. */
  get wireBytes(): number {
    return this.#answers.receivedBytes
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
    this.#answered = answered
    this.#sentBytes = 0
    this.#receivedBefore = this.wireBytes
    this.#mayRetry = mayRetry
    for (const { sink } of exchanges) sink.onLimit = (failure) => this.#stream.end('expectation', failure)
    this.#answers.expect(exchanges)
    const done = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    if (!this.#begun) this.#begin()
    const sending = this.#send(pieces, exchanges)
    this.#stream.take((bytes) => this.#take(bytes))
    await done
    if (!this.#isOver && exchanges.at(-1)?.moments.sentAt === null && !(await this.#soon(sending))) await this.close()
    // The others are not answered any more: the connection was to close behind this one.
    if (this.#answers.areOutstanding) {
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
    if (answerMs === undefined || this.#isOver || !this.#answers.awaited) return
    this.#callOffAnswer = Deadline.after(answerMs).onExpire(() => this.#stream.end('idle', null))
  }

  /** Silence before an answer is told as that, whichever bound it met. */
  #failureOf({ reason, failure }: StreamEnd): Failure | null {
    const { awaited } = this.#answers
    if (reason !== 'idle' || !awaited) return failure
    const { name, answerMs, idleMs } = this.#options
    const [answer, idle] = [answerMs ?? Number.POSITIVE_INFINITY, idleMs ?? Number.POSITIVE_INFINITY]
    const waited = formatDuration(Math.min(answer, idle))
    const more = hint('allow an answer more time', answer <= idle ? 'more-time' : 'more-silence')
    return awaited.moments.sentAt === null
      ? deadlineFailure('write', `${name} is connected and took no more of the request for ${waited}`, more)
      : deadlineFailure('read', `${name} is connected and did not begin to answer within ${waited}`, more)
  }

  #take(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isOver || this.#stream.over) return undefined
    const taken = this.#answers.take(bytes)
    if (!taken) return undefined
    this.#taking = taken.finally(() => {
      this.#taking = undefined
    })
    return this.#taking
  }

  /** Once: no more will come. What came before is taken first. */
  async #end(reason: EndReason, failure: Failure | null): Promise<void> {
    if (this.#isOver) return
    this.#over.abort()
    this.#callOffAnswer()
    this.#failure = failure && { ...failure, endpoint: this.reached.endpoint }
    await this.#taking
    const isPeers = reason !== 'abort' && reason !== 'timeout'
    if (isPeers && this.#mayRetry && this.wireBytes === this.#receivedBefore) this.#givenUp = reason
    else await this.#answers.end(reason)
    this.#wake()
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
