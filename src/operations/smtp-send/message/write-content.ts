import { Deadline } from '../../../core/deadline.js'
import type { Socket } from '../../../net/connect/attempt.js'
import { DataEncoder } from '../../../protocol/smtp/index.js'

const BLOCK_BYTES = 65_536

export interface WriteContentOptions {
  readonly pieces: readonly Uint8Array[]
  /** For each block that the peer is slow to take. */
  readonly blockTimeoutMs: number
  /** An abort leaves the message where it is. */
  readonly signal: AbortSignal
  /** Writes to the socket; false where it holds enough for now. */
  write(bytes: Uint8Array): boolean
}

/**
 * Writes a message as DATA wants it, its final dot included, no faster than the peer takes it. What fits is written at
 * once, and the answer is true; else it is a promise: false where a block was not taken in its time.
 */
export function writeContent(socket: Socket, options: WriteContentOptions): true | Promise<boolean> {
  const blocks = encodedBlocks(options.pieces)
  const writeOn = (): true | Promise<boolean> => {
    for (let next = blocks.next(); !next.done && !options.signal.aborted; next = blocks.next()) {
      if (!options.write(next.value)) return drained(socket, options).then((taken) => taken && writeOn())
    }
    return true
  }
  return writeOn()
}

function* encodedBlocks(pieces: readonly Uint8Array[]): Generator<Uint8Array, void> {
  const encoder = new DataEncoder()
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += BLOCK_BYTES) yield encoder.transform(piece.subarray(at, at + BLOCK_BYTES))
  }
  yield encoder.finish()
}

/** Whether the socket passed on what it holds, in the time for a block. */
function drained(socket: Socket, { blockTimeoutMs, signal }: WriteContentOptions): Promise<boolean> {
  // While corked nothing goes out at all.
  socket.uncork()
  return new Promise((resolve) => {
    const settle = (taken: boolean) => {
      callOff()
      socket.off('drain', onDrain)
      signal.removeEventListener('abort', onAbort)
      resolve(taken)
    }
    const onDrain = () => settle(true)
    const onAbort = () => settle(false)
    const callOff = Deadline.after(blockTimeoutMs).onExpire(() => settle(false))
    // The write itself may have failed, and broken it off.
    if (signal.aborted) return onAbort()
    socket.once('drain', onDrain)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
