import type { Duplex } from 'node:stream'
import { Deadline } from '../core/deadline.js'

export interface FirstBytesOptions {
  /** How long the peer may take to speak by itself, and again after the empty line, in milliseconds. */
  readonly speakMs: number
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/**
 * What a service says by itself, or to an empty line; empty where it stays silent, resets or closes. Takes what comes
 * in one go, bounded, and closes the connection.
 */
export function firstBytes(stream: Duplex, { speakMs, maxBytes, signal }: FirstBytesOptions): Promise<Uint8Array> {
  return new Promise((resolve) => {
    let callOff = () => {}
    const end = (bytes: Uint8Array) => {
      callOff()
      signal.removeEventListener('abort', onAbort)
      stream.off('data', onData)
      stream.destroy()
      resolve(bytes)
    }
    const onData = (chunk: Buffer) => end(chunk.subarray(0, maxBytes))
    const onAbort = () => end(new Uint8Array())
    // A reset or an end says as much as silence: nothing.
    stream.on('error', onAbort)
    stream.once('end', onAbort)
    stream.on('data', onData)
    signal.addEventListener('abort', onAbort, { once: true })
    callOff = Deadline.after(speakMs).onExpire(() => {
      stream.write('\r\n')
      callOff = Deadline.after(speakMs).onExpire(onAbort)
    })
    if (signal.aborted) onAbort()
  })
}
