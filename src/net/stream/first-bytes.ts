import type { Duplex } from 'node:stream'
import { Deadline } from '../../core/deadline.js'

export interface FirstBytesOptions {
  /** How long the peer may take to speak by itself, and again after the empty line, in milliseconds. */
  readonly speakMs: number
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** What is said in one go comes with shorter pauses than this, also over several segments. */
const PAUSE_MS = 200

/** What a service says by itself, or to an empty line: bounded, and empty for silence. Closes the connection. */
export function firstBytes(stream: Duplex, { speakMs, maxBytes, signal }: FirstBytesOptions): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    let callOff = () => {}
    const end = () => {
      callOff()
      signal.removeEventListener('abort', end)
      stream.off('data', onData)
      stream.destroy()
      resolve(Buffer.concat(chunks).subarray(0, maxBytes))
    }
    const onData = (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      callOff()
      if (length >= maxBytes) end()
      else callOff = Deadline.after(PAUSE_MS).onExpire(end)
    }
    // A reset or an end says no more than silence. The listener stays: a destroyed connection may still report one.
    stream.on('error', end)
    stream.once('end', end)
    stream.once('close', end)
    stream.on('data', onData)
    signal.addEventListener('abort', end, { once: true })
    callOff = Deadline.after(speakMs).onExpire(() => {
      stream.write('\r\n')
      callOff = Deadline.after(speakMs).onExpire(end)
    })
    if (signal.aborted) end()
  })
}
