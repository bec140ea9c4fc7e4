import { Deadline } from '../../../core/deadline.js'
import type { Stream } from '../../../net/stream/stream.js'
import { DataEncoder } from '../../../protocol/smtp/index.js'

const BLOCK_BYTES = 65_536

export interface WriteContentOptions {
  readonly pieces: readonly Uint8Array[]
  /** For each block that the peer is slow to take. */
  readonly blockTimeoutMs: number
  /** An abort leaves the message where it is. */
  readonly signal: AbortSignal
}

/**
 * Writes a message as DATA wants it, its final dot included, no faster than the peer takes it. What fits is written at
 * once, and the answer is true; else it is a promise: false where a block was not taken in its time.
 */
export function writeContent(stream: Stream, options: WriteContentOptions): true | Promise<boolean> {
  const { signal, blockTimeoutMs } = options
  const blocks = encodedBlocks(options.pieces)
  const writeOn = (): true | Promise<boolean> => {
    for (let next = blocks.next(); !next.done && stream.writable && !signal.aborted; next = blocks.next()) {
      const taken = stream.write(next.value)
      if (taken && stream.queuedBytes >= BLOCK_BYTES) {
        return takenWithin(taken, blockTimeoutMs).then((inTime) => inTime && writeOn())
      }
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

function takenWithin(taken: Promise<void>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const callOff = Deadline.after(ms).onExpire(() => resolve(false))
    void taken.then(() => {
      callOff()
      resolve(true)
    })
  })
}
