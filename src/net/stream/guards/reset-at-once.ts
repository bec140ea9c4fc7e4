import { readSync } from 'node:fs'
import { Socket } from 'node:net'
import { beforeDestroy, descriptorOf } from '../hooks.js'

const PIECE_BYTES = 65_536

/** A connection that was made and reset before Node looked. */
export interface ResetAtOnce {
  readonly localAddress: string
  readonly localPort: number
  /** In its place: gives what the peer had said, then the reset. */
  readonly socket: Socket
  /** As a read would have met it. */
  readonly error: NodeJS.ErrnoException
}

/**
 * Watches a socket that is connecting. libuv tells the reset of a connection that stood before it asked how connect(2)
 * went as an error of that; but a reset in answer to a SYN is ECONNREFUSED (connect(2)), so that ECONNRESET always comes
 * from a connection. What the peer had said is still with the kernel when Node gives the socket up.
 * The function returned tells of it, or null, once connecting has failed.
 */
export function watchForReset(connecting: Socket): () => ResetAtOnce | null {
  let found: ResetAtOnce | null = null
  beforeDestroy(connecting, (error: NodeJS.ErrnoException | null, goOn) => {
    if (error?.code === 'ECONNRESET' && error.syscall === 'connect') {
      const { localAddress = '', localPort = 0 } = connecting
      const socket = new ResetSocket(leftIn(connecting), error)
      found = { localAddress, localPort, socket, error: resetIn('read', error) }
    }
    goOn()
  })
  return () => found
}

function resetIn(syscall: 'read' | 'write', { code, errno }: NodeJS.ErrnoException): NodeJS.ErrnoException {
  return Object.assign(new Error(`${syscall} ${code}`), { code, errno, syscall })
}

/** What came and was not read. */
function leftIn(socket: Socket): Uint8Array {
  const fd = descriptorOf(socket)
  const pieces: Uint8Array[] = []
  try {
    for (let length = -1; fd !== null && length !== 0; ) {
      const piece = new Uint8Array(PIECE_BYTES)
      length = readSync(fd, piece)
      pieces.push(piece.subarray(0, length))
    }
  } catch {
    // The kernel has no more to give, and its error was told already.
  }
  return Buffer.concat(pieces)
}

/** A connection of which only what came is left. What is written goes nowhere, which shows when that has been read. */
class ResetSocket extends Socket {
  readonly #reset: NodeJS.ErrnoException
  #left: Uint8Array | null
  #unwritten: ((error: Error) => void) | null = null

  constructor(left: Uint8Array, reset: NodeJS.ErrnoException) {
    // With the least mark more is asked for only once all before it was read. (Node's types leave streams' options out.)
    super({ allowHalfOpen: true, highWaterMark: 1 } as ConstructorParameters<typeof Socket>[0])
    this.#left = left.length > 0 ? left : null
    this.#reset = reset
  }

  override _read(): void {
    const left = this.#left
    this.#left = null
    if (left) this.push(left)
    else setImmediate(() => this.destroy(resetIn('read', this.#reset))) // what was just read is handed over first
  }

  override _write(_bytes: unknown, _encoding: string, done: (error?: Error | null) => void): void {
    this.#unwritten = done
  }

  override _writev(_chunks: unknown, done: (error?: Error | null) => void): void {
    this.#unwritten = done
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#unwritten?.(resetIn('write', this.#reset))
    this.#unwritten = null
    super._destroy(error, done)
  }
}
