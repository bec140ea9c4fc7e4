import { randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Deadline } from '../core/deadline.js'
import type { Endpoint } from '../core/endpoint.js'
import { abortFailure, deadlineFailure, type Failure, failure, fromNodeError } from '../core/failure.js'
import { fail, type Outcome, ok } from '../core/outcome.js'
import { type Delivery, type Exchange, messageId, setMessageId } from './dns-exchange.js'
import { DueTimer } from './due-timer.js'

/** How messages stand in the byte stream. */
export interface Framing {
  frame(message: Uint8Array): Uint8Array
  /** The messages that a chunk completes; it keeps what is incomplete. */
  push(chunk: Uint8Array): readonly Uint8Array[]
  /** Octets of a message whose end has not come. */
  readonly pendingBytes: number
}

/** A question that has been written. */
interface Waiting {
  readonly deadline: Deadline
  take(message: Uint8Array): void
  fail(failed: Failure): void
}

export interface MessageStreamOptions {
  readonly socket: Socket
  readonly framing: Framing
  /** Who it is, for messages. */
  readonly name: string
  readonly endpoint: Endpoint
  readonly tlsProtocol: string | null
  readonly signal: AbortSignal
}

/** Questions and answers over one connected stream, TCP or TLS, several at a time (RFC 7766, section 6.2.1). */
export class MessageStream {
  readonly #options: MessageStreamOptions
  /** By message id. */
  readonly #waiting = new Map<number, Waiting>()
  readonly #timer = new DueTimer((now) => this.#expire(now))
  #ended: Failure | null = null
  /** What this turn of the event loop asks: it leaves in one segment. */
  #unwritten: Uint8Array[] = []

  constructor(options: MessageStreamOptions) {
    this.#options = options
    const { socket, framing, name, endpoint, signal } = options
    socket.on('data', (chunk: Uint8Array) => {
      for (const message of framing.push(chunk)) this.#waiting.get(messageId(message))?.take(message)
    })
    socket.on('error', (error) => {
      const base = fromNodeError(error, 'read', { endpoint })
      this.#end({ ...base, message: `asking ${name} failed: ${base.message}` })
    })
    socket.on('end', () => this.#end(this.#cutOff()))
    socket.on('close', () => this.#end(this.#cutOff()))
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Whether no further question can be asked here. */
  get ended(): boolean {
    return this.#ended !== null
  }

  exchange<T>({ message, accept, deadline }: Exchange<T>): Promise<Outcome<Delivery<T>>> {
    const started = performance.now()
    return new Promise((resolve) => {
      if (this.#ended) return resolve(fail(this.#ended, 0))
      if (this.#options.signal.aborted) return resolve(fail(this.#interrupted(), 0))
      const { endpoint, tlsProtocol } = this.#options
      const address = endpoint.address ?? ''
      const id = this.#unusedId()
      const settle = (outcome: Outcome<Delivery<T>>) => {
        this.#waiting.delete(id)
        if (this.#waiting.size === 0) this.#timer.stop()
        resolve(outcome)
      }
      this.#waiting.set(id, {
        deadline,
        take(answer) {
          const value = accept(answer, id)
          if (value === null) return
          settle(ok({ value, address, dropped: 0, tlsProtocol, httpVersion: null }, performance.now() - started))
        },
        fail: (failed) => settle(fail(failed, performance.now() - started)),
      })
      setMessageId(message, id)
      this.#timer.set(deadline.at)
      this.#write(this.#options.framing.frame(message))
    })
  }

  close(): void {
    const { socket, name, endpoint } = this.#options
    this.#end(abortFailure('read', `the connection to ${name} was closed`, { endpoint }))
    socket.destroy()
  }

  /** An id that no question waits with. */
  #unusedId(): number {
    let id = randomInt(0x10000)
    while (this.#waiting.has(id)) id = randomInt(0x10000)
    return id
  }

  #write(framed: Uint8Array): void {
    if (this.#unwritten.push(framed) > 1) return
    setImmediate(() => {
      const { socket } = this.#options
      if (!this.#ended) socket.write(Buffer.concat(this.#unwritten))
      this.#unwritten = []
    })
  }

  #expire(now: number): number {
    const { name, endpoint } = this.#options
    let next = Number.POSITIVE_INFINITY
    for (const each of [...this.#waiting.values()]) {
      if (each.deadline.at > now) next = Math.min(next, each.deadline.at)
      else each.fail(deadlineFailure('read', `${name} did not answer in the time allowed`, { endpoint }))
    }
    return next
  }

  readonly #onAbort = () => {
    for (const each of [...this.#waiting.values()]) each.fail(this.#interrupted())
  }

  #interrupted(): Failure {
    const { name, endpoint } = this.#options
    return abortFailure('read', `asking ${name} was interrupted`, { endpoint })
  }

  #cutOff(): Failure {
    const { name, endpoint, framing } = this.#options
    const { pendingBytes } = framing
    const how =
      pendingBytes > 0 ? `in the middle of an answer, after ${pendingBytes} bytes of it` : 'before it answered'
    return failure({
      phase: 'read',
      origin: 'peer',
      code: 'EBADRESP',
      endpoint,
      message: `${name} ended the connection ${how}`,
      hint: 'the server may limit connections or not serve this transport; ask over another one, and compare',
    })
  }

  #end(failed: Failure): void {
    this.#ended ??= failed
    const { signal, socket } = this.#options
    signal.removeEventListener('abort', this.#onAbort)
    for (const each of [...this.#waiting.values()]) each.fail(failed)
    socket.destroy()
  }
}
