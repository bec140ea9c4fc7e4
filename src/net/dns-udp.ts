import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import type { Deadline } from '../core/deadline.js'
import { type Endpoint, formatEndpoint } from '../core/endpoint.js'
import { abortFailure, deadlineFailure, type Failure, fromNodeError } from '../core/failure.js'
import { fail, type Outcome, ok } from '../core/outcome.js'
import type { ResolvedAddress } from './lookup.js'

/** Source ports open at once. */
const MAX_PORTS = 64
/** After so many questions a socket gives its port back, and another is opened. */
const QUESTIONS_PER_PORT = 256

export interface DatagramPoolOptions {
  readonly server: ResolvedAddress
  readonly port: number
  readonly sourceAddress?: ResolvedAddress | undefined
  /** All questions then share this port, and forging an answer is that much easier. */
  readonly sourcePort?: number | undefined
  readonly signal: AbortSignal
}

export interface DatagramReply<T> {
  readonly value: T
  /** Datagrams that came from the server's own address and port and were no answer to this question. */
  readonly dropped: number
}

interface Pending {
  dropped: number
  /** Whether the datagram was the answer. */
  take(datagram: Uint8Array): boolean
  fail(failed: Failure): void
}

/** One connected socket: the kernel drops what comes from any other address or port, and a closed port is ECONNREFUSED. */
interface Port {
  readonly socket: Socket
  /** By message id. */
  readonly pending: Map<number, Pending>
  /** What goes out once the socket is connected; null from then on. */
  waiting: (() => void)[] | null
  asked: number
  closed: boolean
}

/**
 * DNS over UDP with one server. Each question leaves from a source port picked at random among sockets whose ports the
 * kernel picked at random, and which are replaced as they are used (RFC 5452, section 9.2); a question alone has a port
 * of its own. The caller makes the message, with an id that nobody can guess, and judges what comes back.
 */
export class DatagramPool {
  readonly #options: DatagramPoolOptions
  readonly #endpoint: Endpoint
  readonly #name: string
  readonly #ports: Port[] = []
  #pending = 0
  readonly #onAbort = () => {
    for (const { pending } of this.#ports) {
      for (const each of [...pending.values()]) {
        each.fail(abortFailure('read', `asking ${this.#name} was interrupted`, { endpoint: this.#endpoint }))
      }
    }
  }

  constructor(options: DatagramPoolOptions) {
    const { server, port, signal } = options
    this.#options = options
    this.#endpoint = { host: server.address, address: server.address, port, path: null }
    this.#name = formatEndpoint(server.address, port)
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** `accept` says what a datagram with the question's id means, or null where it is no answer: waiting then goes on. */
  exchange<T>(
    message: Uint8Array,
    accept: (datagram: Uint8Array) => T | null,
    deadline: Deadline,
  ): Promise<Outcome<DatagramReply<T>>> {
    const started = performance.now()
    const id = messageId(message)
    return new Promise((resolve) => {
      if (this.#options.signal.aborted) {
        const text = `asking ${this.#name} was interrupted`
        return resolve(fail(abortFailure('read', text, { endpoint: this.#endpoint }), 0))
      }
      this.#pending++
      const port = this.#port(id)
      const settle = (outcome: Outcome<DatagramReply<T>>) => {
        if (!port.pending.delete(id)) return
        this.#pending--
        callOff()
        this.#closeIdle(port)
        resolve(outcome)
      }
      const elapsed = () => performance.now() - started
      const pending: Pending = {
        dropped: 0,
        take(datagram) {
          const value = accept(datagram)
          if (value !== null) settle(ok({ value, dropped: pending.dropped }, elapsed()))
          return value !== null
        },
        fail: (failed) => settle(fail(failed, elapsed())),
      }
      const callOff = deadline.onExpire(() => {
        const { dropped } = pending
        const others =
          dropped === 0
            ? ''
            : `; ${dropped} datagram${dropped === 1 ? '' : 's'} that did not answer the question came instead`
        const text = `${this.#name} did not answer over UDP in the time allowed${others}`
        pending.fail(deadlineFailure('read', text, { endpoint: this.#endpoint, syscall: 'recv' }))
      })
      port.pending.set(id, pending)
      const send = () => port.socket.send(message, (error) => error && pending.fail(this.#failure(error)))
      if (port.waiting) port.waiting.push(send)
      else send()
    })
  }

  close(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    for (const port of this.#ports.splice(0)) this.#closeIdle(port)
  }

  /** A port on which no question with that id waits. */
  #port(id: number): Port {
    const most = this.#options.sourcePort === undefined ? MAX_PORTS : 1
    // As many ports as questions, so that one question alone never reuses what another one showed.
    const chosen =
      this.#ports.length < Math.min(most, this.#pending) ? undefined : this.#ports[randomInt(this.#ports.length)]
    const port = chosen === undefined || chosen.pending.has(id) ? this.#open() : chosen
    if (++port.asked >= QUESTIONS_PER_PORT && this.#options.sourcePort === undefined) this.#forget(port)
    return port
  }

  #open(): Port {
    const { server, port, sourceAddress, sourcePort } = this.#options
    // Every address is a literal: nothing is looked up, and the thread pool stays out of it.
    const socket = createSocket({
      type: server.family === 6 ? 'udp6' : 'udp4',
      lookup: (literal, _options, callback) => callback(null, literal, server.family),
    })
    const opened: Port = { socket, pending: new Map(), waiting: [], asked: 0, closed: false }
    socket.on('error', (error) => {
      for (const each of [...opened.pending.values()]) each.fail(this.#failure(error))
      this.#forget(opened)
      this.#closeIdle(opened)
    })
    socket.once('connect', () => {
      const waiting = opened.waiting ?? []
      opened.waiting = null
      for (const send of waiting) send()
    })
    socket.on('message', (datagram) => {
      const asked = datagram.length >= 2 ? opened.pending.get(messageId(datagram)) : undefined
      if (asked?.take(datagram)) return
      for (const each of opened.pending.values()) each.dropped++
    })
    const connect = () => socket.connect(port, server.address)
    if (sourceAddress || sourcePort !== undefined) {
      socket.bind({ port: sourcePort ?? 0, ...(sourceAddress && { address: sourceAddress.address }) }, connect)
    } else connect()
    this.#ports.push(opened)
    return opened
  }

  /** No further question leaves from this port. */
  #forget(port: Port): void {
    const at = this.#ports.indexOf(port)
    if (at >= 0) this.#ports.splice(at, 1)
  }

  #closeIdle(port: Port): void {
    if (port.pending.size > 0) return
    if (this.#pending === 0 && this.#options.sourcePort === undefined) this.#forget(port)
    if (port.closed || this.#ports.includes(port)) return
    port.closed = true
    port.socket.close()
  }

  #failure(error: Error): Failure {
    const { syscall } = error as NodeJS.ErrnoException
    const phase = syscall === 'bind' || syscall === 'connect' ? syscall : syscall === 'send' ? 'write' : 'read'
    const base = fromNodeError(error, phase, { endpoint: this.#endpoint })
    return { ...base, message: `asking ${this.#name} over UDP failed: ${base.message}` }
  }
}

/** The first two octets of every DNS message (RFC 1035, section 4.1.1). */
function messageId(message: Uint8Array): number {
  return ((message[0] ?? 0) << 8) | (message[1] ?? 0)
}
