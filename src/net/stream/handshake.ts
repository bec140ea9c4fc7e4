import type { Socket } from 'node:net'
import type { Endpoint } from '../../core/address/endpoint.js'
import { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure, failure, fromNodeError, type Phase } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { octetText } from '../../core/text/octet-text.js'

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
 * Question and answer on a connection before it is handed to its user. Exactly the bytes of each answer are consumed;
 * what came after it stays for the next reader.
 */
export class Handshake {
  readonly #socket: Socket
  readonly #options: HandshakeOptions
  #held = Buffer.alloc(0)

  constructor(socket: Socket, options: HandshakeOptions) {
    this.#socket = socket
    this.#options = options
  }

  /** Bytes that came unasked, behind the last answer. */
  get unread(): Uint8Array {
    return this.#held
  }

  /** Gives the connection on, with what was not consumed put back. */
  release(): Socket {
    if (this.#held.length > 0) this.#socket.unshift(this.#held)
    return this.#socket
  }

  /** Sends (where there is something to send) and waits for one message. */
  ask<T>(bytes: Uint8Array | string, decode: Decoder<T>): Promise<Outcome<T>> {
    const started = performance.now()
    const socket = this.#socket
    const { phase, endpoint, name, deadline = Deadline.never, signal } = this.#options
    return new Promise((resolve) => {
      const settle = (outcome: Outcome<T>) => {
        callOff()
        signal?.removeEventListener('abort', onAbort)
        socket.off('readable', onReadable).off('end', onEnd).off('error', onError).off('close', onEnd)
        if (!outcome.ok) socket.on('error', () => {}).destroy()
        resolve(outcome)
      }
      const failWith = (failed: Failure) => settle(fail(failed, performance.now() - started))
      const protocol = (message: string) =>
        failWith(failure({ phase: 'protocol', origin: 'peer', code: 'EPROTO', message, endpoint }))
      const attempt = () => {
        try {
          const decoded = decode(this.#held)
          if (!decoded) return this.#held.length > MAX_BYTES && protocol(`${name} sent more than any answer may have`)
          this.#held = this.#held.subarray(decoded.used)
          return settle(ok(decoded.value, performance.now() - started))
        } catch (error) {
          return protocol(
            `${name} did not answer as it should: ${error instanceof Error ? error.message : String(error)}`,
          )
        }
      }
      const onReadable = () => {
        const chunk: Buffer | null = socket.read()
        if (chunk === null) return
        this.#held = Buffer.concat([this.#held, chunk])
        attempt()
      }
      const onEnd = () => {
        const message = `${name} closed the connection before it had answered`
        failWith(failure({ phase, origin: 'peer', code: 'ECONNRESET', message, endpoint }))
      }
      const onError = (error: Error) => {
        const base = fromNodeError(error, phase, { endpoint })
        failWith({ ...base, message: `${name} was lost before it had answered: ${base.message}` })
      }
      const onAbort = () => failWith(abortFailure(phase, `waiting for ${name} was interrupted`, { endpoint }))
      const callOff = deadline.onExpire(() =>
        failWith(deadlineFailure(phase, `${name} did not answer in the time allowed`, { endpoint })),
      )
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      socket.on('readable', onReadable).once('end', onEnd).once('error', onError).once('close', onEnd)
      if (bytes.length > 0) socket.write(bytes)
      if (this.#held.length > 0) attempt()
    })
  }
}

/** One line up to LF, without its line ending. */
export function decodeLine(bytes: Uint8Array): { value: string; used: number } | null {
  const end = bytes.indexOf(10)
  if (end < 0) return null
  const octets = Buffer.from(bytes.subarray(0, end)).toString('latin1').replace(/\r$/, '')
  return { value: octetText(octets), used: end + 1 }
}
