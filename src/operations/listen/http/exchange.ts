import type { Anomaly } from '../../../protocol/http/anomaly.js'
import type { HeaderPair } from '../../../protocol/http/events.js'
import type { ReceivedRequest } from '../../../protocol/http/request/head.js'
import type { PeerStream } from '../responder.js'
import { answerHead, type Keeping, statusAnswer, WholeAnswer } from './answer.js'
import { KeptBytes } from './kept-bytes.js'

/** From outside the range of any real answer: nothing was answered. */
const NO_STATUS = 0
/** Up to here head and body go out together. */
const MAX_WHOLE_BYTES = 16 * 1024
/** More is written in pieces: a client that reads slowly is not taken for a silent one. */
const PIECE_BYTES = 128 * 1024

/** What an exchange needs of its connection. */
export interface ExchangeOwner {
  readonly stream: PeerStream
  /** How long the connection stays open for a next request, as the client is told. */
  readonly keepAliveMs: number
  /** Aborted once the connection is gone. */
  readonly signal: AbortSignal
  /** All of an answer has been handed to the system. */
  answered(exchange: Exchange): void
}

/** One request and its answer. Whoever handles it answers once, now or later. */
export class Exchange {
  readonly request: ReceivedRequest
  /** When its head had come, as performance.now() has it. */
  readonly startedMs = performance.now()
  readonly content = new KeptBytes()
  readonly anomalies: readonly Anomaly[]
  trailers: readonly HeaderPair[] = []
  /** Whether no more of the request is to come, be it whole or not. */
  isRequestOver = false
  /** Whether all of the request came, and could be read. */
  isWhole = false
  /** Whether the connection is closed behind the answer. */
  closes = false
  statusCode = NO_STATUS
  /** Bytes of the answer's body that the system has taken. */
  sentBytes = 0
  /** Whether all of the answer was handed over. */
  isAnswered = false
  readonly #owner: ExchangeOwner

  constructor(request: ReceivedRequest, anomalies: readonly Anomaly[], owner: ExchangeOwner) {
    this.request = request
    this.anomalies = anomalies
    this.#owner = owner
  }

  /** Aborted once there is nobody to answer any more. */
  get signal(): AbortSignal {
    return this.#owner.signal
  }

  /** Whether an answer has been begun. */
  get hasBegun(): boolean {
    return this.statusCode !== NO_STATUS
  }

  /** Answers with all there is to say. HEAD gets no body. */
  send(whole: WholeAnswer): void {
    const { stream } = this.#owner
    if (!this.#begin(whole.statusCode)) return
    if (whole.closes) this.closes = true
    const answer = this.request.method === 'HEAD' ? new WholeAnswer(whole.statusCode, whole.fields) : whole
    const { body } = answer
    if (body.length > MAX_WHOLE_BYTES) return void this.#sendLarge(answer)
    const taken = stream.write(answer.bytes(this.#keeping))
    if (taken) void taken.then(() => this.#handed(body.length))
    else this.#handed(body.length)
  }

  /** Answers with the status alone, as a short text. */
  sendStatus(statusCode: number, fields: readonly string[] = []): void {
    this.send(statusAnswer(statusCode, fields))
  }

  /** Writes the head of an answer whose body is to be written. Its fields say how long that is. */
  begin(statusCode: number, fields: readonly string[]): void {
    if (this.#begin(statusCode)) void this.#owner.stream.write(answerHead(statusCode, fields, this.#keeping))
  }

  /** Resolves when there is room for more of the body; false once the client is gone. */
  async write(bytes: Uint8Array): Promise<boolean> {
    const { stream } = this.#owner
    if (!stream.writable) return false
    await stream.write(bytes)
    if (!this.#isSound) return false
    this.sentBytes += bytes.length
    return true
  }

  /** All of the body has been written. */
  end(): void {
    this.#handed(0)
  }

  /** The answer cannot be brought to its end: the client is to see that. */
  breakOff(): void {
    this.#owner.stream.end('done', null)
  }

  #begin(statusCode: number): boolean {
    if (this.hasBegun || !this.#owner.stream.writable) return false
    this.statusCode = statusCode
    return true
  }

  async #sendLarge({ body, statusCode, fields }: WholeAnswer): Promise<void> {
    const { stream } = this.#owner
    void stream.write(answerHead(statusCode, fields, this.#keeping))
    for (let at = 0; at < body.length; at += PIECE_BYTES) {
      if (!(await this.write(body.subarray(at, at + PIECE_BYTES)))) return
    }
    this.#handed(0)
  }

  #handed(sentBytes: number): void {
    if (!this.#isSound) return // the end of the connection tells of it
    this.sentBytes += sentBytes
    this.isAnswered = true
    this.#owner.answered(this)
  }

  /** Whether what was written was taken. */
  get #isSound(): boolean {
    const { over, writeError } = this.#owner.stream
    return !over && writeError === null
  }

  get #keeping(): Keeping {
    return { keepAliveMs: this.#owner.keepAliveMs, closes: this.closes }
  }
}
