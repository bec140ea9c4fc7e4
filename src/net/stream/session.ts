import type { Socket } from 'node:net'
import { Deadline } from '../../core/deadline.js'
import { type Failure, fromNodeError, type Phase } from '../../core/failure.js'
import { counted } from '../../core/text/digits.js'
import type { FileSender } from '../syscall/send-file.js'
import {
  type Channel,
  type CloseReason,
  IdleWatch,
  interrupted,
  outOfTime,
  type SessionEnd,
  type SessionOptions,
} from './channel.js'
import { closeNotifyOf, connectionBelow } from './close-notify.js'
import { surviveFailedWrites } from './failed-write.js'
import { hiddenReset } from './hidden-reset.js'
import { type RefusalWatch, watchForRefusal } from './refused-writes.js'

/** For one more acknowledgement of what was sent last, once the peer is done. */
const PATIENCE_MS = 1000

/**
 * An established connection as two byte streams that end one by one: what is written waits for the peer, what comes
 * waits for its taker, and the end of one direction leaves the other open. Owns the socket.
 */
export class Session implements Channel {
  readonly ended: Promise<SessionEnd>
  readonly peerEnded: Promise<void>
  readonly #socket: Socket
  readonly #options: SessionOptions
  readonly #started = performance.now()
  readonly #watch: IdleWatch
  #bytesIn = 0
  #bytesOut = 0
  #closedBy: 'peer' | 'self' | null = null
  #peerDone = false
  /** Why nothing more can be said, while there may be something left to hear. */
  #writeError: Error | null = null
  #finished = false
  /** Where there is one, 'close' comes once it is known whether the peer took the last that was sent. */
  readonly #refusals: RefusalWatch | null
  /** What is being taken, while the socket is paused for it. */
  #taking: Promise<void> | undefined
  #callOff = () => {}
  #settle: (end: SessionEnd) => void = () => {}
  #tellPeerEnded: () => void = () => {}

  constructor(socket: Socket, options: SessionOptions) {
    this.#socket = socket
    this.#options = options
    this.ended = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.peerEnded = new Promise((resolve) => {
      this.#tellPeerEnded = resolve
    })
    this.#watch = new IdleWatch(options, (failure) => this.end('idle', failure))
    surviveFailedWrites(socket, (error) => this.#failWriting(error))
    this.#refusals = watchForRefusal(socket, connectionBelow(socket), PATIENCE_MS, (error) => this.#failWriting(error))
    socket.on('data', (bytes: Uint8Array) => this.#receive(bytes))
    socket.on('end', () =>
      hiddenReset(
        socket,
        (reset) => {
          if (reset) return void this.#lose(reset)
          this.#refusals?.peerEnded()
          void this.#onPeerEnd()
        },
        () => this.#writeError,
      ),
    )
    socket.on('finish', () => this.#endOnceBothAreDone())
    socket.on('error', (error) => void this.#lose(error))
    // Destroyed without an error, such as by its TLS layer: nobody would tell us otherwise.
    socket.on('close', () => void this.#lose(null))
    this.#callOff = (options.deadline ?? Deadline.never).onExpire(() => this.end('max-time', outOfTime(options.name)))
    if (options.signal?.aborted) this.#onAbort()
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get over(): boolean {
    return this.#finished
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const socket = this.#socket
    if (this.#finished) return undefined
    if (this.#writeError || !socket.writable) return this.ended.then(() => {})
    let pending = true
    let tell: (() => void) | undefined
    const taken = () => {
      if (pending && !this.#writeError) {
        this.#bytesOut += bytes.length
        this.#watch.touch()
      }
      pending = false
      tell?.()
    }
    socket.write(bytes, taken)
    // Taken at once, which is the rule on a fast path: a promise for each piece would cost more than the piece.
    if (socket.writableLength === 0) {
      taken()
      return undefined
    }
    return new Promise((resolve) => {
      tell = resolve
    })
  }

  /** What `send` takes from its file at once, once all that was written has gone. */
  sendFile(send: FileSender): void {
    const socket = this.#socket
    if (this.#finished || this.#writeError || !socket.writable || socket.writableLength > 0) return
    const { sentBytes, reset } = send(socket)
    this.#bytesOut += sentBytes
    if (sentBytes > 0) this.#watch.touch()
    if (reset) this.#failWriting(reset)
  }

  halfClose(): void {
    if (this.#finished || this.#writeError || this.#socket.writableEnded) return
    this.#closedBy ??= 'self'
    this.#socket.end()
  }

  end(reason: CloseReason, failure: Failure | null): void {
    if (this.#finished) return
    this.#finished = true
    this.#watch.stop()
    this.#callOff()
    this.#refusals?.giveUp()
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#socket.destroy()
    const counts = { bytesIn: this.#bytesIn, bytesOut: this.#bytesOut }
    const elapsedMs = performance.now() - this.#started
    const closeNotify = closeNotifyOf(this.#socket)
    this.#settle({ reason, closedBy: this.#closedBy, closeNotify, ...counts, elapsedMs, failure })
  }

  #receive(bytes: Uint8Array): void {
    this.#bytesIn += bytes.length
    this.#watch.touch()
    const taken = this.#options.received(bytes)
    if (!taken) return
    this.#socket.pause()
    this.#watch.hold()
    this.#taking = taken.then(
      () => {
        this.#taking = undefined
        this.#watch.release()
        if (!this.#finished) this.#socket.resume()
      },
      (error: unknown) => this.end('error', fromNodeError(error, 'write')),
    )
  }

  #failWriting(error: Error): void {
    this.#writeError = error
    if (this.#peerDone) void this.#lose(error)
  }

  async #onPeerEnd(): Promise<void> {
    this.#closedBy ??= 'peer'
    await this.#taking
    this.#peerDone = true
    if (this.#writeError) return this.#lose(this.#writeError)
    this.#tellPeerEnded()
    this.#endOnceBothAreDone()
  }

  #endOnceBothAreDone(): void {
    if (!this.#peerDone || !this.#socket.writableFinished) return
    this.#watch.stop()
    if (!this.#refusals) this.end('fin', null)
  }

  /** The connection is gone. What came before is taken first. */
  async #lose(last: Error | null): Promise<void> {
    await this.#taking
    // An alert of TLS tells why the peer left, a failed write only that it did.
    const alert = last !== null && fromNodeError(last, 'read').origin === 'tls'
    const error = alert ? last : (this.#writeError ?? last)
    if (this.#finished) return
    if (error === null) {
      if (this.#peerDone) return this.end('fin', null)
      return this.#lose(Object.assign(new Error('closed'), { code: 'ECONNRESET', syscall: 'read' }))
    }
    const phase: Phase = error === this.#writeError ? 'write' : 'read'
    const failure = fromNodeError(error, phase)
    const reset = failure.code === 'ECONNRESET' || failure.code === 'EPIPE'
    // Our FIN may have gone before: it left the other direction open, which the reset closed.
    if (reset) this.#closedBy = 'peer'
    const counts = `after ${counted(this.#bytesIn, 'byte')} in and ${this.#bytesOut} out`
    const message = `the connection to ${this.#options.name} was lost ${counts}: ${failure.message}`
    this.end(reset ? 'reset' : failure.code === 'ETIMEDOUT' ? 'timeout' : 'error', { ...failure, message })
  }

  readonly #onAbort = () => this.end('interrupted', interrupted(this.#options.name))
}
