import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure, fromNodeError, type Phase } from '../../core/failure.js'
import { hint, RUN_OVER } from '../../core/hint.js'
import { counted } from '../../core/text/digits.js'
import { formatDuration } from '../../core/text/duration.js'
import { closeNotifyOf } from '../../net/stream/close-notify.js'
import { hiddenReset } from '../../net/stream/hidden-reset.js'
import { receive } from '../../net/stream/receive.js'
import type { EndReason } from '../../protocol/http/events.js'
import { ResponseDecoder } from '../../protocol/http/response/decoder.js'
import type { Opened } from './open.js'
import type { EncodedRequest } from './request.js'
import type { ResponseSink } from './response-sink.js'

/** A body is written in pieces, so that a peer that reads slowly is not taken for a silent one. */
const WRITE_BYTES = 262_144
/** How long a peer that was asked to close may be silent before we do: bytes behind the message would come by then. */
const LINGER_MS = 200
/** And how long it may go on sending them. */
const LINGER_LIMIT_MS = 2000

export interface ConversationOptions {
  readonly name: string
  readonly idleMs: number | null
  readonly deadline: Deadline
  readonly signal: AbortSignal
}

/**
 * Whether the rest of a request whose answer is already there goes out as well: over TLS that a write is done is told
 * later than what is read in the same turn. A peer that has answered may also never read it.
 */
async function soon(sending: Promise<void>): Promise<boolean> {
  const patience = new AbortController()
  const { signal } = patience
  const tooLate = sleep(LINGER_MS, false, { signal })
    .then(() => nextTurn(false))
    .catch(() => false)
  const sent = await Promise.race([sending.then(() => true), tooLate])
  patience.abort()
  return sent
}

/** When a request had been sent and when its answer began and ended, on the clock of `performance.now()`. */
export interface Moments {
  readonly beganAt: number
  sentAt: number | null
  firstByteAt: number | null
  endedAt: number
}

/** How a peer ends a connection. */
export type GivenUp = Exclude<EndReason, 'abort' | 'timeout'>

export interface Exchanged {
  readonly failure: Failure | null
  readonly moments: Moments
  readonly givenUp: GivenUp | null
}

/** Requests and responses on one connection, one after another, until the peer or a failure ends it. */
export class Conversation {
  readonly opened: Opened
  readonly #options: ConversationOptions
  readonly #decoder = new ResponseDecoder()
  #sink: ResponseSink | null = null
  #moments: Moments | null = null
  #taking: Promise<void> | undefined
  #lastMs = performance.now()
  #idleTimer: NodeJS.Timeout | undefined
  #failure: Failure | null = null
  #over = false
  /** Of what came before the request that is under way. */
  #receivedBefore = 0
  /** Whether that one may be sent again where the peer has given the connection up. */
  #mayRetry = false
  #givenUp: GivenUp | null = null
  #wake: () => void = () => {}
  readonly #callOff: () => void

  constructor(opened: Opened, options: ConversationOptions) {
    this.opened = opened
    this.#options = options
    const { socket } = opened
    socket.on('error', (error) => void this.#end('reset', this.#lost(error)))
    socket.on('end', () => (opened.secure ? this.#onEnd(null) : hiddenReset(socket, (reset) => this.#onEnd(reset))))
    socket.on('close', () => this.#onEnd(null))
    this.#callOff = options.deadline.onExpire(() => {
      const message = `the conversation with ${options.name} took longer than ${options.deadline.inWords}`
      void this.#end('timeout', deadlineFailure('read', message, { endpoint: opened.endpoint, ...RUN_OVER }))
    })
    options.signal.addEventListener('abort', this.#onAbort, { once: true })
    receive(socket, (bytes) => this.#take(bytes))
    if (options.signal.aborted) this.#onAbort()
    else this.#watch()
  }

  /** Whether the peer keeps the connection for another request. */
  get reusable(): boolean {
    return !this.#over && this.#decoder.reusable && this.#decoder.outstanding === 0
  }

  /** Over TLS, whether the peer closed in order; null where it has not closed, and for plain TCP. */
  get closeNotify(): boolean | null {
    return closeNotifyOf(this.opened.socket)
  }

  /** Bytes that came so far. */
  get wireBytes(): number {
    return this.#decoder.receivedBytes
  }

  /**
   * Sends a request and takes what comes into `sink`, until the response or the connection ends. Resolves to the
   * failure that ended the connection, or null: what the response was worth is the sink's to say. With `mayRetry` a
   * connection that ends before a byte of the response is no response: the sink hears nothing of it, and `givenUp` says how
   * it ended.
   */
  async exchange(request: EncodedRequest, sink: ResponseSink, mayRetry: boolean): Promise<Exchanged> {
    const moments: Moments = { beganAt: performance.now(), sentAt: null, firstByteAt: null, endedAt: 0 }
    this.#moments = moments
    this.#sink = sink
    this.#lastMs = moments.beganAt
    this.#receivedBefore = this.wireBytes
    this.#mayRetry = mayRetry
    sink.onLimit = (failure) => void this.#end('abort', failure)
    this.#decoder.expect({ method: request.method })
    const answered = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    const sending = this.#send(request.pieces, moments)
    if (!this.#over) await answered
    moments.endedAt = performance.now()
    if (!this.#over && moments.sentAt === null && !(await soon(sending))) await this.#end('abort', null)
    await sending
    return { failure: this.#failure, moments, givenUp: this.#givenUp }
  }

  /** After the last response, where the connection is to be closed: waits a little for the peer to do so. */
  async linger(): Promise<void> {
    if (this.#over) return
    const patience = new AbortController()
    this.#wake = () => this.#over && patience.abort()
    const until = performance.now() + LINGER_LIMIT_MS
    for (let left = LINGER_MS; left > 0 && performance.now() < until && !patience.signal.aborted; ) {
      await sleep(left, undefined, { signal: patience.signal }).catch(() => {})
      left = LINGER_MS - (performance.now() - this.#lastMs)
    }
  }

  /** Closes from this side. */
  async close(): Promise<void> {
    await this.#end('abort', null)
  }

  #onEnd(reset: Error | null): void {
    const { secure, socket } = this.opened
    if (reset) void this.#end('reset', this.#lost(reset))
    else void this.#end(secure && closeNotifyOf(socket) !== true ? 'no-close-notify' : 'fin', null)
  }

  async #send(pieces: readonly Uint8Array[], moments: Moments): Promise<void> {
    const { socket } = this.opened
    socket.cork()
    process.nextTick(() => socket.uncork())
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += WRITE_BYTES) {
        if (this.#over || socket.destroyed) return
        const part = piece.subarray(at, at + WRITE_BYTES)
        const isSmall = pieces.length < 3 && part.length < WRITE_BYTES
        const written = new Promise<void>((resolve) => socket.write(part, () => resolve()))
        if (!isSmall || piece === pieces.at(-1)) await written
        this.#lastMs = performance.now()
      }
    }
    if (!socket.destroyed) moments.sentAt = performance.now()
  }

  #take(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#over) return undefined
    const now = performance.now()
    this.#lastMs = now
    const moments = this.#moments
    if (moments && moments.firstByteAt === null) moments.firstByteAt = now
    const offset = this.#decoder.receivedBytes
    const taken = this.#sink?.take(bytes, offset, this.#decoder.push(bytes))
    if (!taken) {
      if (this.#sink?.ended) this.#wake()
      return undefined
    }
    this.#taking = taken.then(() => {
      this.#taking = undefined
      this.#lastMs = performance.now()
      if (this.#sink?.ended) this.#wake()
    })
    return this.#taking
  }

  /** Once: no more will come. What came before is taken first. */
  async #end(reason: EndReason, failure: Failure | null): Promise<void> {
    if (this.#over) return
    if (reason === 'abort' || reason === 'timeout') {
      this.#stop(failure)
      await null // what is being taken in this very turn
      await this.#taking
    } else {
      await this.#taking
      if (this.#over) return
      this.#stop(failure)
    }
    const closed = reason !== 'abort' && reason !== 'timeout'
    if (closed && this.#mayRetry && this.wireBytes === this.#receivedBefore) {
      this.#givenUp = reason
      this.#wake()
      return
    }
    const events = this.#decoder.end(reason)
    await this.#sink?.take(new Uint8Array(), this.#decoder.receivedBytes, events)
    this.#wake()
  }

  #stop(failure: Failure | null): void {
    this.#over = true
    this.#failure = failure
    clearTimeout(this.#idleTimer)
    this.#callOff()
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.opened.socket.destroy()
  }

  #lost(error: Error): Failure {
    const { endpoint } = this.opened
    const { syscall } = error as NodeJS.ErrnoException
    const phase: Phase = syscall === 'write' ? 'write' : 'read'
    const base = fromNodeError(error, phase, { endpoint })
    const message = `the connection to ${this.#options.name} was lost after ${counted(this.wireBytes, 'byte')}: ${base.message}`
    return { ...base, message }
  }

  readonly #onAbort = () => {
    void this.#end('abort', abortFailure('read', `the conversation with ${this.#options.name} was interrupted`))
  }

  /** One timer that looks when the last byte went by, not one restarted for each. */
  #watch(): void {
    const { idleMs, name } = this.#options
    if (idleMs === null) return
    // While our own side is slow to take what came, the silence is not the peer's.
    if (this.#taking) this.#lastMs = performance.now()
    const left = idleMs - (performance.now() - this.#lastMs)
    if (left > 0) {
      this.#idleTimer = setTimeout(() => this.#watch(), Math.min(Math.ceil(left), 2 ** 31 - 1))
      return
    }
    // The I/O of this turn first: a byte that is already there wins.
    const seenMs = this.#lastMs
    setImmediate(() => {
      if (this.#over) return
      if (this.#lastMs !== seenMs) return this.#watch()
      const sent = this.#moments?.sentAt !== null
      const message = sent
        ? `${name} was silent for ${formatDuration(idleMs)}, after ${counted(this.wireBytes, 'byte')}`
        : `${name} took no more of the request for ${formatDuration(idleMs)}`
      const more = { endpoint: this.opened.endpoint, ...hint('allow more silence', 'more-silence') }
      void this.#end('timeout', deadlineFailure(sent ? 'read' : 'write', message, more))
    })
  }
}
