import { Deadline } from '../../core/deadline.js'
import type { Stream } from './stream.js'

export interface FirstBytesOptions {
  /** How long the peer may take to speak by itself, and again after the empty line, in milliseconds. */
  readonly speakMs: number
  readonly maxBytes: number
  /** Never send a byte, not even the empty line. */
  readonly listenOnly?: boolean
  readonly signal: AbortSignal
}

/** What is said in one go comes with shorter pauses than this, also over several segments. */
const PAUSE_MS = 200

/**
 * What a service says by itself, or to an empty line: bounded, and empty for silence. Ends the stream. A reset or an end
 * says no more than silence.
 */
export async function firstBytes(
  stream: Stream,
  { speakMs, maxBytes, listenOnly = false, signal }: FirstBytesOptions,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  const end = () => stream.end('done', null)
  let callOff = Deadline.after(speakMs).onExpire(() => {
    if (listenOnly) return end()
    void stream.write(Buffer.from('\r\n'))
    callOff = Deadline.after(speakMs).onExpire(end)
  })
  const received = (bytes: Uint8Array) => {
    pieces.push(Uint8Array.from(bytes))
    length += bytes.length
    callOff()
    if (length >= maxBytes) end()
    else callOff = Deadline.after(PAUSE_MS).onExpire(end)
    return undefined
  }
  void stream.peerEnded.then(end)
  stream.begin({ name: 'the service', signal, received })
  await stream.ended
  callOff()
  return Buffer.concat(pieces).subarray(0, maxBytes)
}
