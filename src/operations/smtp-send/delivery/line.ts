import type { Endpoint } from '../../../core/address/endpoint.js'
import { Deadline } from '../../../core/deadline.js'
import { type Failure, fromNodeError } from '../../../core/failure.js'
import type { Socket } from '../../../net/connect/attempt.js'
import { hiddenReset } from '../../../net/stream/hidden-reset.js'
import { surviveFailedWrites } from '../../../net/stream/hooks.js'

/** How long the end of a connection that a write has failed on may be in coming: the system has it already. */
const END_MS = 1000

export interface LineOptions {
  readonly endpoint: Endpoint
  heard(bytes: Uint8Array): void
  /** Nothing more can be said; what was said to us before is still to come, and then the end. */
  muted(): void
  /** The connection is gone: why, or null where the server closed it in order. May be told more than once. */
  lost(failure: Failure | null): void
}

/** A socket up to the last words of its peer: a write that fails ends what is said, not what is heard. */
export class Line {
  readonly socket: Socket
  readonly #options: LineOptions
  readonly #release: () => void
  #writeError: Error | null = null
  #callOffEnd = () => {}

  constructor(socket: Socket, options: LineOptions) {
    this.socket = socket
    this.#options = options
    this.#release = surviveFailedWrites(socket, this.#onWriteError)
    socket.on('data', options.heard).on('end', this.#onEnd).on('close', this.#onClose).on('error', this.#onError)
  }

  get mute(): boolean {
    return this.#writeError !== null || !this.socket.writable
  }

  /** Leaves the socket to another owner, who has to listen for its errors. */
  release(): void {
    const { socket } = this
    const { heard } = this.#options
    socket.off('data', heard).off('end', this.#onEnd).off('close', this.#onClose).off('error', this.#onError)
    this.#release()
    this.#callOffEnd()
  }

  readonly #onEnd = () =>
    hiddenReset(
      this.socket,
      (reset) => this.#lose(reset),
      () => this.#writeError,
    )
  readonly #onClose = () => this.#lose(null)
  readonly #onError = (error: Error) => this.#lose(error)

  readonly #onWriteError = (error: Error) => {
    this.#writeError = error
    this.#callOffEnd = Deadline.after(END_MS).onExpire(() => this.#lose(null))
    this.#options.muted()
  }

  #lose(error: Error | null): void {
    this.#options.lost(this.#causeOf(error))
  }

  /** By what ended its reading; null for an end in order. */
  #causeOf(error: Error | null): Failure | null {
    const { endpoint } = this.#options
    const read = error && fromNodeError(error, 'read', { endpoint })
    // An alert of TLS tells why the peer left, a failed write only that it did.
    if (read?.origin === 'tls' || this.#writeError === null) return read
    const write = fromNodeError(this.#writeError, 'write', { endpoint })
    // What is written behind a FIN meets EPIPE sooner or later (tcp(7)): the FIN is what ended it.
    return write.code === 'EPIPE' ? read : write
  }
}
