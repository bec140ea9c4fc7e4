import type { Socket } from 'node:net'
import { resetBelow } from './close-notify.js'
import { hiddenReset } from './hidden-reset.js'
import { surviveFailedWrites } from './hooks.js'
import { type RefusalWatch, watchForRefusal } from './refused-writes.js'

/** What the owner of a stream is told of its socket. */
export interface WireEvents {
  /** The peer will say no more, and no reset lay behind that. */
  peerEnded(): void
  /** All that we had to say is out, and so is our FIN. */
  finished(): void
  /** Nothing more can be said; what the peer said before may still be to come. */
  writeFailed(error: Error): void
  /** What was said was taken by the system and refused by the peer, which had closed before. */
  refused(error: Error): void
  /** The connection is gone; null: closed without a word, which may be an end in order. May be told more than once. */
  lost(error: Error | null): void
}

/** All that one socket tells, and what Node and the kernel would keep to themselves. */
export class Wire {
  readonly socket: Socket
  readonly #events: WireEvents
  readonly #restore: () => void
  /** Where there is one, 'close' comes once it is known whether the peer took the last that was sent. */
  readonly #refusals: RefusalWatch | null
  #writeError: Error | null = null
  #isClosed = false

  /**
   * @param raw the connection beneath TLS, or the socket itself
   * @param patienceMs how long its end waits for an acknowledgement, in milliseconds
   */
  constructor(socket: Socket, raw: Socket, patienceMs: number, events: WireEvents) {
    this.socket = socket
    this.#events = events
    this.#restore = surviveFailedWrites(socket, this.#onWriteError)
    this.#refusals = watchForRefusal(socket, raw, patienceMs, (error) => {
      this.#writeError = error
      events.refused(error)
    })
    socket.on('end', this.#onEnd).on('finish', this.#onFinish).on('error', this.#onError).on('close', this.#onClose)
    // What it told before somebody listened.
    if (socket.readableEnded) setImmediate(this.#onEnd)
    if (socket.destroyed) setImmediate(() => this.#tellDestroyed())
  }

  /** Whether 'close' tells of the end, once the fate of what was sent last is known; else it is over with both FINs. */
  get isClosing(): boolean {
    return this.#refusals !== null
  }

  /** Whether the socket has said its last, `close`. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Nobody wants to know any more what became of what was sent last. */
  giveUp(): void {
    this.#refusals?.giveUp()
  }

  /** Leaves the socket to another owner, who has to listen for its errors. */
  release(): void {
    const { socket } = this
    socket.off('end', this.#onEnd).off('finish', this.#onFinish).off('error', this.#onError).off('close', this.#onClose)
    this.#refusals?.release()
    this.#restore()
  }

  readonly #onEnd = (): void => {
    const settled = (reset: Error | null) => {
      if (reset) return this.#events.lost(reset)
      this.#refusals?.peerEnded()
      this.#events.peerEnded()
    }
    const reset = resetBelow(this.socket)
    if (reset) settled(reset)
    else hiddenReset(this.socket, settled, () => this.#writeError)
  }

  /** It was destroyed before somebody listened, and has said its last. */
  #tellDestroyed(): void {
    this.#isClosed = true
    this.#events.lost(this.socket.errored)
  }

  readonly #onWriteError = (error: Error): void => {
    this.#writeError = error
    this.#events.writeFailed(error)
  }

  readonly #onFinish = (): void => this.#events.finished()
  readonly #onError = (error: Error): void => this.#events.lost(error)
  // Destroyed without an error, such as by its TLS layer: nobody would tell us otherwise.
  readonly #onClose = (): void => {
    this.#isClosed = true
    this.#events.lost(null)
  }
}
