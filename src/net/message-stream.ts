import type { Socket } from 'node:net'
import type { Deadline } from '../core/deadline.js'
import type { Endpoint } from '../core/endpoint.js'
import { abortFailure, deadlineFailure, type Failure, failure, fromNodeError } from '../core/failure.js'
import { fail, type Outcome, ok } from '../core/outcome.js'

/** How messages stand in the byte stream. */
export interface Framing {
  frame(message: Uint8Array): Uint8Array
  /** The messages that a chunk completes; it keeps what is incomplete. */
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** Octets of a message whose end has not come. */
  readonly pendingBytes: number
}

interface Pending {
  /** The first two octets of question and answer alike (RFC 1035, section 4.1.1). */
  readonly id: number
  take(message: Uint8Array): boolean
  fail(failed: Failure): void
}

/** Questions and answers over one connected stream, TCP or TLS, several at a time (RFC 7766, section 6.2.1). */
export class MessageStream {
  readonly #socket: Socket
  readonly #framing: Framing
  readonly #name: string
  readonly #endpoint: Endpoint
  readonly #pending = new Set<Pending>()
  #ended: Failure | null = null

  constructor(socket: Socket, framing: Framing, name: string, endpoint: Endpoint) {
    this.#socket = socket
    this.#framing = framing
    this.#name = name
    this.#endpoint = endpoint
    socket.on('data', (chunk: Uint8Array) => {
      for (const message of framing.push(chunk)) this.#take(message)
    })
    socket.on('error', (error) => {
      const base = fromNodeError(error, 'read', { endpoint })
      this.#end({ ...base, message: `asking ${name} failed: ${base.message}` })
    })
    socket.on('end', () => this.#end(this.#cutOff()))
    socket.on('close', () => this.#end(this.#cutOff()))
  }

  /** Whether no further question can be asked here. */
  get ended(): boolean {
    return this.#ended !== null
  }

  /** `accept` says what a message means, or null where it answers another question. */
  exchange<T>(
    message: Uint8Array,
    accept: (message: Uint8Array) => T | null,
    { deadline, signal }: { readonly deadline: Deadline; readonly signal: AbortSignal },
  ): Promise<Outcome<T>> {
    const started = performance.now()
    const elapsed = () => performance.now() - started
    return new Promise((resolve) => {
      if (this.#ended) return resolve(fail(this.#ended, 0))
      const settle = (outcome: Outcome<T>) => {
        callOff()
        signal.removeEventListener('abort', onAbort)
        this.#pending.delete(pending)
        resolve(outcome)
      }
      const pending: Pending = {
        id: idOf(message),
        take(answer) {
          const value = accept(answer)
          if (value !== null) settle(ok(value, elapsed()))
          return value !== null
        },
        fail: (failed) => settle(fail(failed, elapsed())),
      }
      const endpoint = this.#endpoint
      const onAbort = () => pending.fail(abortFailure('read', `asking ${this.#name} was interrupted`, { endpoint }))
      const callOff = deadline.onExpire(() =>
        pending.fail(deadlineFailure('read', `${this.#name} did not answer in the time allowed`, { endpoint })),
      )
      this.#pending.add(pending)
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      this.#write(this.#framing.frame(message))
    })
  }

  close(): void {
    this.#ended ??= abortFailure('read', `the connection to ${this.#name} was closed`, { endpoint: this.#endpoint })
    this.#socket.destroy()
  }

  #take(message: Uint8Array): void {
    const id = idOf(message)
    for (const each of this.#pending) if (each.id === id && each.take(message)) return
  }

  /** All that one turn of the event loop asks leaves in one segment. */
  #write(framed: Uint8Array): void {
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork()
      setImmediate(() => this.#socket.uncork())
    }
    this.#socket.write(framed)
  }

  #cutOff(): Failure {
    const { pendingBytes } = this.#framing
    const how =
      pendingBytes > 0 ? `in the middle of an answer, after ${pendingBytes} bytes of it` : 'before it answered'
    return failure({
      phase: 'read',
      origin: 'peer',
      code: 'EBADRESP',
      endpoint: this.#endpoint,
      message: `${this.#name} ended the connection ${how}`,
      hint: 'the server may limit connections or not serve this transport; ask over another one, and compare',
    })
  }

  #end(failed: Failure): void {
    this.#ended ??= failed
    for (const each of [...this.#pending]) each.fail(failed)
    this.#socket.destroy()
  }
}

function idOf(message: Uint8Array): number {
  return ((message[0] ?? 0) << 8) | (message[1] ?? 0)
}
