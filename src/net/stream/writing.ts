import type { Socket } from 'node:net'
import type { FileSender } from '../syscall/send-file.js'

/**
 * What the owner of a stream is told of its writing.
 * - `went`: the system has taken bytes.
 * - `write-failed`: as the wire tells it, of what was written past it.
 */
export type WritingEvent = 'went' | 'write-failed'

/** The side of a stream that is written: what of it the system has taken, and why it takes no more. */
export class Writing {
  #socket: Socket
  readonly #tell: (event: WritingEvent, error: Error | null) => void
  #bytesOut = 0
  #error: Error | null = null

  constructor(socket: Socket, tell: (event: WritingEvent, error: Error | null) => void) {
    this.#socket = socket
    this.#tell = tell
  }

  /** Bytes that the system has taken since {@link begin}. */
  get bytesOut(): number {
    return this.#bytesOut
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  /** Whether something can still be said. */
  get isOpen(): boolean {
    return this.#error === null && this.#socket.writable
  }

  /** Why nothing more can be said; null where nothing failed. */
  get error(): Error | null {
    return this.#error
  }

  /** Bytes are counted from here. */
  begin(): void {
    this.#bytesOut = 0
  }

  /** Nothing more can be said, for this reason. */
  fail(error: Error): void {
    this.#error = error
  }

  /** Writes on to another socket. */
  moveTo(socket: Socket): void {
    this.#socket = socket
  }

  /** What to wait for; undefined where the system has taken all of it at once. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    const socket = this.#socket
    let pending = true
    let tell: (() => void) | undefined
    const taken = (error?: Error | null) => {
      if (pending && !error && !this.#error) this.#went(bytes.length)
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

  /** See `Stream.together`. */
  together(write: () => void): void {
    this.#socket.cork()
    write()
    this.#socket.uncork()
  }

  /** See `Stream.sendFile`. */
  sendFile(send: FileSender): void {
    const socket = this.#socket
    if (!this.isOpen || socket.writableLength > 0) return
    const { sentBytes, reset } = send(socket)
    if (sentBytes > 0) this.#went(sentBytes)
    if (reset) this.#tell('write-failed', reset)
  }

  #went(length: number): void {
    this.#bytesOut += length
    this.#tell('went', null)
  }
}
