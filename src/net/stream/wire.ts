import type { Socket } from 'node:net'
import { resetBelow } from './guards/close-notify.js'
import { hiddenReset } from './guards/hidden-reset.js'
import { type RefusalOwner, type RefusalWatch, watchForRefusal } from './guards/refused-writes.js'
import { dieOfFailedWrites, surviveFailedWrites } from './hooks.js'

/**
 * What the owner of a stream is told of its socket.
 * - `peer-ended`: the peer will say no more, and no reset lay behind that.
 * - `finished`: all that we had to say is out, and so is our FIN.
 * - `write-failed`: nothing more can be said; what the peer said before may still be to come.
 * - `refused`: what was said was taken by the system and refused by the peer, which had closed before.
 * - `lost`: the connection is gone; without an error where it was closed without a word, which may be an end in order.
 *   May be told more than once.
 */
export type WireEvent = 'peer-ended' | 'finished' | 'write-failed' | 'refused' | 'lost'

/** The wire over a socket is kept on it, so that all sockets can share their listeners: thousands may be silent. */
const WIRE = Symbol('wire')

interface Wired extends Socket {
  [WIRE]?: Wire
}

/** All that one socket tells, and what Node and the kernel would keep to themselves. */
export class Wire implements RefusalOwner {
  readonly socket: Socket
  readonly #tell: (event: WireEvent, error: Error | null) => void
  /** Where there is one, 'close' comes once it is known whether the peer took the last that was sent. */
  readonly #refusals: RefusalWatch | null
  #writeError: Error | null = null
  #isClosed = false

  /**
   * @param raw the connection beneath TLS, or the socket itself
   * @param patienceMs how long its end waits for an acknowledgement, in milliseconds
   */
  constructor(socket: Wired, raw: Socket, patienceMs: number, tell: (event: WireEvent, error: Error | null) => void) {
    this.socket = socket
    this.#tell = tell
    socket[WIRE] = this
    surviveFailedWrites(socket, Wire.#onWriteError)
    this.#refusals = watchForRefusal(socket, raw, patienceMs, this)
    socket.on('end', Wire.#onEnd).on('finish', Wire.#onFinish).on('error', Wire.#onError).on('close', Wire.#onClose)
    // What it told before somebody listened.
    if (socket.readableEnded) setImmediate(() => this.#ended())
    if (socket.destroyed) setImmediate(() => this.#closed(socket.errored))
  }

  /** Whether 'close' tells of the end, once the fate of what was sent last is known; else it is over with both FINs. */
  get isClosing(): boolean {
    return this.#refusals !== null
  }

  /** At an end in order: what the peer's system had not acknowledged, or null where it is not known. */
  get unacknowledgedBytes(): number | null {
    return this.#refusals?.unacknowledgedBytes ?? null
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
    const socket: Wired = this.socket
    socket.off('end', Wire.#onEnd).off('finish', Wire.#onFinish).off('error', Wire.#onError).off('close', Wire.#onClose)
    this.#refusals?.release()
    dieOfFailedWrites(socket)
  }

  /** What became of what was sent, as its watch found out. */
  refused(error: Error): void {
    this.#writeError = error
    this.#tell('refused', error)
  }

  #ended(): void {
    this.#refusals?.holdOpen()
    const settled = (reset: Error | null) => {
      if (reset) return this.#tell('lost', reset)
      this.#refusals?.peerEnded()
      this.#tell('peer-ended', null)
    }
    const reset = resetBelow(this.socket)
    if (reset) settled(reset)
    else hiddenReset(this.socket, settled, () => this.#writeError)
  }

  #closed(error: Error | null): void {
    this.#isClosed = true
    this.#tell('lost', error)
  }

  static readonly #onEnd = function (this: Wired): void {
    const wire = this[WIRE]
    if (wire) wire.#ended()
  }

  static readonly #onFinish = function (this: Wired): void {
    const wire = this[WIRE]
    if (wire) wire.#tell('finished', null)
  }

  static readonly #onError = function (this: Wired, error: Error): void {
    const wire = this[WIRE]
    if (wire) wire.#tell('lost', error)
  }

  // Destroyed without an error, such as by its TLS layer: nobody would tell us otherwise.
  static readonly #onClose = function (this: Wired): void {
    const wire = this[WIRE]
    if (wire) wire.#closed(null)
  }

  static readonly #onWriteError = (error: Error, socket: Wired): void => {
    const wire = socket[WIRE]
    if (!wire) return
    wire.#writeError = error
    wire.#tell('write-failed', error)
  }
}
