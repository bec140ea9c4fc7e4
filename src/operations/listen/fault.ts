import { randomFillSync } from 'node:crypto'
import { Duplex } from 'node:stream'
import type { Stream } from '../../net/stream/stream.js'
import type { Fault } from './types.js'

/** How often a slow answer brings its next piece. */
const SLOW_TICK_MS = 50

/**
 * A connection that misbehaves towards its peer: what is read from it is what came, what is written to it suffers.
 * `tell` is given what does go out, `breakOff` is called for a reset.
 */
export function faulty(
  socket: ReturnType<Stream['lend']>,
  fault: Fault,
  { tell, breakOff }: { readonly tell: (bytes: Uint8Array) => void; readonly breakOff: () => void },
): Duplex {
  let sent = 0
  const stream = new Duplex({
    allowHalfOpen: true,
    read: () => void socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      void send(chunk).then(() => done(), done)
    },
    final(done) {
      if (fault.kind !== 'stall') socket.end()
      done()
    },
    destroy(error, done) {
      socket.destroy()
      done(error)
    },
  })
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve) => {
      sent += bytes.length
      if (socket.writable) tell(bytes)
      socket.write(bytes, () => resolve()) // an error is the peer's, and told where the socket is owned
    })
  const strike = () => {
    if (fault.kind === 'reset') breakOff()
    else if (fault.kind === 'close') socket.destroySoon()
  }
  const send = async (chunk: Buffer): Promise<void> => {
    if (fault.kind === 'slow') {
      const piece = Math.max(1, Math.round((fault.bytesPerSecond * SLOW_TICK_MS) / 1000))
      const pauseMs = (piece * 1000) / fault.bytesPerSecond
      for (let at = 0; at < chunk.length && !socket.destroyed; at += piece) {
        await write(chunk.subarray(at, at + piece))
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
      return
    }
    const whole = Math.max(0, Math.min(chunk.length, fault.afterBytes - sent))
    if (whole > 0) await write(chunk.subarray(0, whole))
    if (fault.kind === 'garbage') {
      if (whole < chunk.length) await write(randomFillSync(Buffer.alloc(chunk.length - whole)))
    } else if (sent >= fault.afterBytes) {
      strike()
      // Nothing more goes out; what the mode still writes waits for ever.
      await new Promise(() => {})
    }
  }
  if (fault.kind === 'stall' && fault.afterBytes === 0) return stream // reads nothing either: the windows fill up
  socket.on('data', (bytes) => {
    if (!stream.push(bytes)) socket.pause()
  })
  socket.once('end', () => stream.push(null))
  socket.once('close', () => stream.destroy())
  if (fault.kind !== 'slow' && fault.kind !== 'garbage' && fault.afterBytes === 0) setImmediate(strike)
  return stream
}
