import type { Socket } from 'node:net'
import { Deadline } from '../core/deadline.js'
import { formatDuration } from '../core/duration.js'
import { abortFailure, deadlineFailure, type Failure, fromNodeError, type Phase } from '../core/failure.js'

/** How a conversation ended: both sides said FIN, a reset, the kernel's or our own patience, or another error. */
export type CloseReason = 'fin' | 'reset' | 'timeout' | 'idle' | 'max-time' | 'interrupted' | 'error'

export interface SessionOptions {
  /** Who it is, for messages. */
  readonly name: string
  /** Milliseconds without a byte in either direction. */
  readonly idleMs?: number | null | undefined
  readonly deadline?: Deadline | undefined
  readonly signal?: AbortSignal | undefined
  /** Takes what comes; the next piece waits for its promise. A rejection ends the session. */
  received(bytes: Uint8Array): Promise<void> | undefined
}

export interface SessionEnd {
  readonly reason: CloseReason
  /** Whose FIN or reset came first; null where it was neither side's. */
  readonly closedBy: 'peer' | 'self' | null
  readonly bytesIn: number
  readonly bytesOut: number
  readonly elapsedMs: number
  /** Null where both sides said FIN. */
  readonly failure: Failure | null
}

/**
 * An established connection as two byte streams that end one by one: what is written waits for the peer, what comes
 * waits for its taker, and the end of one direction leaves the other open. Owns the socket.
 */
export class Session {
  /** Resolves when both directions have ended or the connection is lost. Never rejects for the network. */
  readonly ended: Promise<SessionEnd>
  readonly #socket: Socket
  readonly #options: SessionOptions
  readonly #started = performance.now()
  #bytesIn = 0
  #bytesOut = 0
  #closedBy: 'peer' | 'self' | null = null
  #peerEnded = false
  #finished = false
  #lastMs = performance.now()
  #idleTimer: NodeJS.Timeout | undefined
  #callOff = () => {}
  #taking: Promise<void> | undefined
  #settle: (end: SessionEnd) => void = () => {}
  #peerEnd: () => void = () => {}
  /** Resolves at the peer's FIN, once all before it has been taken; never where the connection is lost before. */
  readonly peerEnded: Promise<void>

  constructor(socket: Socket, options: SessionOptions) {
    this.#socket = socket
    this.#options = options
    this.ended = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.peerEnded = new Promise((resolve) => {
      this.#peerEnd = resolve
    })
    socket.on('data', (bytes: Uint8Array) => this.#receive(bytes))
    socket.on('end', () => void this.#onPeerEnd())
    socket.on('finish', () => this.#onHalf())
    socket.on('error', (error) => void this.#lose(error))
    // Destroyed without an error, such as by its TLS layer: nobody would tell us otherwise.
    socket.on('close', () => void this.#lose(null))
    this.#callOff = (options.deadline ?? Deadline.never).onExpire(() => {
      const message = `the conversation with ${options.name} took longer than the time allowed`
      this.end('max-time', deadlineFailure('read', message, { hint: null }))
    })
    if (options.signal?.aborted) this.#onAbort()
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
    this.#watch()
  }

  /** Milliseconds since the connection was handed over. */
  get elapsedMs(): number {
    return performance.now() - this.#started
  }

  /** Resolves when the peer's side of the system has taken the bytes, or the session is over. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.#finished || this.#socket.destroyed || this.#socket.writableEnded) return resolve()
      this.#socket.write(bytes, (error) => {
        if (!error) {
          this.#bytesOut += bytes.length
          this.#lastMs = performance.now()
        }
        resolve()
      })
    })
  }

  /** FIN: says that no more will be sent, and goes on reading. */
  halfClose(): void {
    if (this.#finished || this.#socket.writableEnded) return
    this.#closedBy ??= 'self'
    this.#socket.end()
  }

  get over(): boolean {
    return this.#finished
  }

  /** Ends at once, for a reason that is not the network's. */
  end(reason: CloseReason, failure: Failure | null): void {
    if (this.#finished) return
    this.#finished = true
    clearTimeout(this.#idleTimer)
    this.#callOff()
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#socket.destroy()
    const { elapsedMs } = this
    const counts = { bytesIn: this.#bytesIn, bytesOut: this.#bytesOut, elapsedMs }
    this.#settle({ reason, closedBy: this.#closedBy, ...counts, failure })
  }

  #receive(bytes: Uint8Array): void {
    this.#bytesIn += bytes.length
    this.#lastMs = performance.now()
    const taken = this.#options.received(bytes)
    if (!taken) return
    this.#socket.pause()
    this.#taking = taken.then(
      () => {
        this.#taking = undefined
        this.#lastMs = performance.now()
        if (!this.#finished) this.#socket.resume()
      },
      (error: unknown) => this.end('error', fromNodeError(error, 'write')),
    )
  }

  async #onPeerEnd(): Promise<void> {
    this.#closedBy ??= 'peer'
    await this.#taking
    this.#peerEnded = true
    this.#peerEnd()
    this.#onHalf()
  }

  #onHalf(): void {
    if (this.#peerEnded && this.#socket.writableFinished) this.end('fin', null)
  }

  /** The connection is gone. What came before is taken first. */
  async #lose(error: Error | null): Promise<void> {
    await this.#taking
    if (this.#finished) return
    if (error === null) {
      if (this.#peerEnded || this.#closedBy === 'peer') return this.end('fin', null)
      const gone = { code: 'ECONNRESET', syscall: 'read' }
      return this.#lose(Object.assign(new Error('the connection was closed'), gone))
    }
    const { syscall } = error as NodeJS.ErrnoException
    const phase: Phase = syscall === 'write' ? 'write' : 'read'
    const failure = fromNodeError(error, phase)
    const reset = failure.code === 'ECONNRESET' || failure.code === 'EPIPE'
    const reason = reset ? 'reset' : failure.code === 'ETIMEDOUT' ? 'timeout' : 'error'
    if (reset) this.#closedBy ??= 'peer'
    const counts = `after ${this.#bytesIn} bytes in and ${this.#bytesOut} out`
    const message = `the connection to ${this.#options.name} was lost ${counts}: ${failure.message}`
    this.end(reason, { ...failure, message })
  }

  readonly #onAbort = () => {
    this.end('interrupted', abortFailure('read', `the conversation with ${this.#options.name} was interrupted`))
  }

  /** One timer that looks when the last byte went by, not one restarted for each. */
  #watch(): void {
    const { idleMs, name } = this.#options
    if (idleMs === null || idleMs === undefined) return
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
      if (this.#finished) return
      if (this.#lastMs !== seenMs) return this.#watch()
      const message = `${name} and this side were silent for ${formatDuration(idleMs)}`
      this.end('idle', deadlineFailure('read', message, { hint: 'allow more silence with --idle-timeout' }))
    })
  }
}
