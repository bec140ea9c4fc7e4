import type { EndReason, ResponseEvent } from '../../protocol/http/events.js'
import { ResponseDecoder } from '../../protocol/http/response/decoder.js'
import type { RequestToSend } from './request.js'
import type { ResponseSink } from './response-sink.js'

/** When a request had been sent and when its answer began and ended, on the clock of `performance.now()`. */
export interface Moments {
  readonly beganAt: number
  sentAt: number | null
  firstByteAt: number | null
  endedAt: number
}

/** One question and its answer. */
export interface HttpExchange {
  readonly question: RequestToSend
  readonly sink: ResponseSink
  readonly moments: Moments
}

/** What there is to know of answers besides what their sinks are given. */
export interface AnswersTold {
  /** The first byte of one has come. */
  begun(): void
  /** One is waited for, of which nothing has come: behind another, or behind a 1xx. */
  awaited(): void
  /** One has ended and was taken, in the same turn and before anything of the next. */
  answered(exchange: HttpExchange): void
  /** No more are to come, since all are there or one cannot be followed by others. */
  complete(): void
}

/** What one peer sends on one connection, parted into the answers to the questions that it was asked. */
export class Answers {
  readonly #told: AnswersTold
  readonly #decoder = new ResponseDecoder()
  /** Those whose answer has not ended, and the last. */
  #exchanges: HttpExchange[] = []
  #isOver = false

  constructor(told: AnswersTold) {
    this.#told = told
  }

  /** Bytes that came so far. */
  get receivedBytes(): number {
    return this.#decoder.receivedBytes
  }

  /** Whether there are questions without an answer. */
  get areOutstanding(): boolean {
    return this.#decoder.outstanding > 0
  }

  /** Whether another question may be asked. */
  get isReusable(): boolean {
    return this.#decoder.reusable && !this.areOutstanding
  }

  /** That of which nothing has come, or null. */
  get awaited(): HttpExchange | null {
    const [exchange] = this.#exchanges
    return exchange?.moments.firstByteAt === null ? exchange : null
  }

  /** Announces what is about to be asked. */
  expect(exchanges: readonly HttpExchange[]): void {
    this.#exchanges = [...exchanges]
    for (const { question } of exchanges) this.#decoder.expect({ method: question.method })
  }

  /** Takes bytes, which are lent until what is returned is settled. */
  take(bytes: Uint8Array): Promise<void> | undefined {
    const offset = this.receivedBytes
    return this.#hand(bytes, offset, this.#decoder.push(bytes))
  }

  /** No more bytes will come: ends every answer that has not ended. */
  async end(reason: EndReason): Promise<void> {
    this.#isOver = true
    const events = this.#decoder.end(reason)
    // One that was to be the last leaves the others to this end.
    const [first, next] = this.#exchanges
    if (next && first && first.moments.endedAt > 0) this.#exchanges.shift()
    await this.#hand(new Uint8Array(), this.receivedBytes, events)
  }

  /**
   * Gives each sink what is its own: `bytes` from `offset` on, which came at `cameAt` (null: just now), and what they were
   * decoded to. The clock is read only for a first and a last byte: over TLS a large body comes in very many pieces.
   */
  #hand(
    bytes: Uint8Array,
    offset: number,
    events: readonly ResponseEvent[],
    cameAt: number | null = null,
  ): Promise<void> | undefined {
    const [exchange, next] = this.#exchanges
    if (!exchange) return undefined
    let now = cameAt
    const { sink, moments } = exchange
    if (moments.firstByteAt === null && bytes.length > 0) {
      now ??= performance.now()
      moments.firstByteAt = now
      this.#told.begun()
    }
    const end = moments.endedAt > 0 ? undefined : events.find((event) => event.type === 'end')
    if (!end) {
      const last = events.at(-1)
      const isInterim = last?.type === 'informational'
      if (isInterim && last.head.offset + last.head.bytes.length === offset + bytes.length) {
        moments.firstByteAt = null
        this.#told.awaited()
      }
      return sink.take(bytes, offset, events)
    }
    // Receiving ends here, however long it takes to put away what came.
    now ??= performance.now()
    moments.endedAt = now
    const isShared = next && (end.persistent || this.#isOver)
    const own = isShared ? events.indexOf(end) + 1 : events.length
    const ownBytes = isShared ? bytes.subarray(0, end.offset - offset) : bytes
    const goOn = (): Promise<void> | undefined => {
      this.#told.answered(exchange)
      if (!isShared) {
        this.#told.complete()
        return undefined
      }
      this.#exchanges.shift()
      this.#told.awaited()
      const rest = bytes.subarray(ownBytes.length)
      if (rest.length === 0 && own === events.length) return undefined
      return this.#hand(rest, offset + ownBytes.length, events.slice(own), now)
    }
    const taken = sink.take(ownBytes, offset, events.slice(0, own))
    return taken ? taken.then(goOn) : goOn()
  }
}
