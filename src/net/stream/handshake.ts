import type { Endpoint } from '../../core/address/endpoint.js'
import type { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, failure, fromNodeError, type Phase, silence } from '../../core/failure.js'
import type { Outcome } from '../../core/outcome.js'
import { settle } from '../../core/settle.js'
import { octetText } from '../../core/text/octet-text.js'
import type { Stream } from './stream.js'

/** No greeting, reply or head that precedes a conversation is longer. */
const MAX_BYTES = 65_536

export interface HandshakeOptions {
  readonly phase: Phase
  readonly endpoint: Endpoint
  /** Who answers, for messages. */
  readonly name: string
  readonly deadline?: Deadline | undefined
  readonly signal?: AbortSignal | undefined
}

/** Reads one message from the front: null while it is not all there. Throws for what can never become one. */
export type Decoder<T> = (bytes: Uint8Array) => { readonly value: T; readonly used: number } | null

/**
 * Question and answer on a stream before it is handed to its user: sends (where there is something to send) and waits
 * for one message. Exactly its bytes are taken; what came after it stays for the next reader. Where it fails, the stream
 * is ended.
 */
export async function ask<T>(
  stream: Stream,
  bytes: Uint8Array | string,
  decode: Decoder<T>,
  { phase, endpoint, name, deadline, signal }: HandshakeOptions,
): Promise<Outcome<T>> {
  let held: Uint8Array = new Uint8Array()
  const outcome = await settle<T>(
    {
      deadline,
      signal,
      onDeadline: (over) =>
        deadlineFailure(phase, `${name} did not answer in ${over.inWords}`, { endpoint, ...silence('read', over) }),
      onAbort: () => abortFailure(phase, `waiting for ${name} was interrupted`, { endpoint }),
    },
    (done) => {
      const breach = (message: string) =>
        done.fail(failure({ phase: 'protocol', origin: 'peer', code: 'EPROTO', message, endpoint }))
      const look = () => {
        try {
          const decoded = decode(held)
          if (!decoded) return held.length > MAX_BYTES && breach(`${name} sent more than any answer may have`)
          held = held.subarray(decoded.used)
          done.ok(decoded.value)
        } catch (error) {
          breach(`${name} did not answer as it should: ${error instanceof Error ? error.message : String(error)}`)
        }
      }
      const closed = () => {
        const message = `${name} closed the connection before it had answered`
        done.fail(failure({ phase, origin: 'peer', code: 'ECONNRESET', message, endpoint }))
      }
      void stream.peerEnded.then(closed)
      void stream.ended.then(({ error }) => {
        if (error === null) return closed()
        const base = fromNodeError(error, phase, { endpoint })
        done.fail({ ...base, message: `${name} was lost before it had answered: ${base.message}` })
      })
      if (bytes.length > 0) void stream.write(Buffer.from(bytes))
      stream.take((piece) => {
        held = Buffer.concat([held, piece])
        look()
        return undefined
      })
      return () => stream.take(null)
    },
  )
  if (outcome.ok) stream.putBack(held)
  else stream.end('error', outcome.failure)
  return outcome
}

/** One line up to LF, without its line ending. */
export function decodeLine(bytes: Uint8Array): { value: string; used: number } | null {
  const end = bytes.indexOf(10)
  if (end < 0) return null
  const octets = Buffer.from(bytes.subarray(0, end)).toString('latin1').replace(/\r$/, '')
  return { value: octetText(octets), used: end + 1 }
}
