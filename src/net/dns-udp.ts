import { randomInt } from 'node:crypto'
import type { Deadline } from '../core/deadline.js'
import { type Endpoint, formatEndpoint } from '../core/endpoint.js'
import { abortFailure, deadlineFailure, type Failure, fromNodeError } from '../core/failure.js'
import { fail, type Outcome, ok } from '../core/outcome.js'
import { type Delivery, type Exchange, messageId, setMessageId } from './dns-exchange.js'
import { DueTimer } from './due-timer.js'
import { SyscallUdpPorts } from './syscall/udp-ports.js'
import { openUdpPort, type UdpPort, type UdpPortEvents, type UdpPortOptions } from './udp-port.js'

/** Source ports open at once. */
const MAX_PORTS = 16
/** After so many questions a socket gives its port back, and another is opened. */
const QUESTIONS_PER_PORT = 256
/** From so many questions on, system calls of our own repay the time that it takes to load them. */
const BULK_QUESTIONS = 64
/** That wait at one port at most: half of the ids there are, so that a free one is soon found. */
const MAX_QUESTIONS = 0x8000

export interface DatagramPoolOptions extends UdpPortOptions {
  /** With `sourcePort` all questions share one port, and forging an answer is that much easier. */
  readonly signal: AbortSignal
}

/** A socket and the questions that wait for an answer to it, by message id. */
interface Port {
  readonly socket: UdpPort
  readonly questions: Map<number, Waiting>
  asked: number
  closed: boolean
}

/** A question that has been sent. */
interface Waiting {
  readonly id: number
  readonly port: Port
  readonly deadline: Deadline
  dropped: number
  /** Whether the datagram was the answer. */
  take(datagram: Uint8Array): boolean
  fail(failed: Failure): void
}

/**
 * DNS over UDP with one server. Each question leaves with an id that nobody can guess and from a source port picked at
 * random among sockets whose ports the kernel picked at random, and which are replaced as they are used (RFC 5452,
 * section 9.2); a question alone has a port of its own. The caller judges what comes back.
 */
export class DatagramPool {
  readonly #options: DatagramPoolOptions
  readonly #endpoint: Endpoint
  readonly #name: string
  /** That further questions may leave from. */
  readonly #ports: Port[] = []
  readonly #waiting = new Set<Waiting>()
  readonly #timer = new DueTimer((now) => this.#expire(now))
  #asked = 0
  #closed = false
  #syscalls: SyscallUdpPorts | null = null

  constructor(options: DatagramPoolOptions) {
    const { server, port, signal } = options
    this.#options = options
    this.#endpoint = { host: server.address, address: server.address, port, path: null }
    this.#name = formatEndpoint(server.address, port)
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  exchange<T>({ message, accept, deadline }: Exchange<T>): Promise<Outcome<Delivery<T>>> {
    const started = performance.now()
    return new Promise((resolve) => {
      const settle = (outcome: Outcome<Delivery<T>>) => {
        this.#waiting.delete(waiting)
        port.questions.delete(id)
        if (this.#waiting.size === 0) this.#timer.stop()
        if (port.questions.size === 0) this.#closeIdle(port)
        resolve(outcome)
      }
      const { address } = this.#options.server
      if (this.#options.signal.aborted) return resolve(fail(this.#interrupted(), 0))
      if (++this.#asked === BULK_QUESTIONS) void this.#useSyscalls()
      const port = this.#port()
      const id = unusedId(port)
      const waiting: Waiting = {
        id,
        port,
        deadline,
        dropped: 0,
        take(datagram) {
          const value = accept(datagram, id)
          if (value === null) return false
          const { dropped } = waiting
          settle(ok({ value, address, dropped, tlsProtocol: null, httpVersion: null }, performance.now() - started))
          return true
        },
        fail: (failed) => settle(fail(failed, performance.now() - started)),
      }
      setMessageId(message, id)
      port.questions.set(id, waiting)
      this.#waiting.add(waiting)
      this.#timer.set(deadline.at)
      port.socket.send(message)
    })
  }

  close(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    for (const port of this.#ports.splice(0)) this.#closeIdle(port)
    this.#closed = true
    this.#syscalls?.close()
  }

  readonly #onAbort = () => {
    for (const each of [...this.#waiting]) each.fail(this.#interrupted())
  }

  #port(): Port {
    const most = this.#options.sourcePort === undefined ? MAX_PORTS : 1
    // As many ports as questions, so that one question alone never reuses what another one showed.
    const wanted = Math.min(most, this.#waiting.size + 1)
    const chosen = this.#ports.length < wanted ? this.#open() : this.#ports[randomInt(this.#ports.length)]
    const port = chosen && chosen.questions.size < MAX_QUESTIONS ? chosen : this.#open()
    if (++port.asked >= QUESTIONS_PER_PORT && this.#options.sourcePort === undefined) this.#forget(port)
    return port
  }

  #open(): Port {
    const opened: Port = { socket: this.#socket(() => opened), questions: new Map(), asked: 0, closed: false }
    this.#ports.push(opened)
    return opened
  }

  #socket(port: () => Port): UdpPort {
    const events: UdpPortEvents = {
      received: (datagram) => {
        const { questions } = port()
        if (datagram.length >= 2 && questions.get(messageId(datagram))?.take(datagram)) return
        for (const each of questions.values()) each.dropped++
      },
      failed: (error) => {
        for (const each of [...port().questions.values()]) each.fail(this.#failure(error))
        this.#forget(port())
        this.#closeIdle(port())
      },
    }
    try {
      if (this.#syscalls) return this.#syscalls.open(this.#options, events)
    } catch {
      // Out of descriptors, most likely: node:dgram tells by an event what it is.
    }
    return openUdpPort(this.#options, events)
  }

  async #useSyscalls(): Promise<void> {
    if (this.#options.sourcePort !== undefined) return
    const syscalls = await SyscallUdpPorts.load(() => this.#waiting.size > 0)
    if (this.#closed) return syscalls?.close()
    this.#syscalls = syscalls
    if (syscalls) for (const port of this.#ports.splice(0)) this.#closeIdle(port)
  }

  /** Ends what nobody answered in time; returns when the next is due. */
  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY
    while (this.#syscalls && this.#syscalls.read() > 0);
    for (const each of [...this.#waiting]) {
      if (each.deadline.at <= now) each.fail(this.#silent(each))
      else next = Math.min(next, each.deadline.at)
    }
    return next
  }

  /** No further question leaves from this port. */
  #forget(port: Port): void {
    const at = this.#ports.indexOf(port)
    if (at >= 0) this.#ports.splice(at, 1)
  }

  #closeIdle(port: Port): void {
    if (port.questions.size > 0) return
    if (this.#waiting.size === 0 && this.#options.sourcePort === undefined) this.#forget(port)
    if (port.closed || this.#ports.includes(port)) return
    port.closed = true
    port.socket.close()
  }

  #silent({ dropped }: Waiting): Failure {
    const others =
      dropped === 0
        ? ''
        : `; ${dropped} datagram${dropped === 1 ? '' : 's'} that did not answer the question came instead`
    const text = `${this.#name} did not answer over UDP in the time allowed${others}`
    return deadlineFailure('read', text, { endpoint: this.#endpoint, syscall: 'recv' })
  }

  #interrupted(): Failure {
    return abortFailure('read', `asking ${this.#name} was interrupted`, { endpoint: this.#endpoint })
  }

  #failure(error: Error): Failure {
    const { syscall } = error as NodeJS.ErrnoException
    const phase = syscall === 'bind' || syscall === 'connect' ? syscall : syscall === 'send' ? 'write' : 'read'
    const base = fromNodeError(error, phase, { endpoint: this.#endpoint })
    return { ...base, message: `asking ${this.#name} over UDP failed: ${base.message}` }
  }
}

/** An id that no question waits with at this port, from a source that nobody can guess. */
function unusedId({ questions }: Port): number {
  let id = randomInt(0x10000)
  while (questions.has(id)) id = randomInt(0x10000)
  return id
}
