import { type Endpoint, formatEndpoint } from '../core/endpoint.js'
import { abortFailure, deadlineFailure, type Failure, fromNodeError } from '../core/failure.js'
import { type Exchange, type FarEnd, messageId } from './dns-exchange.js'
import { DueTimer } from './due-timer.js'
import { randomId, unusedId } from './random-ids.js'
import { SyscallUdpPorts } from './syscall/udp-ports.js'
import { openUdpPort, type UdpPort, type UdpPortEvents, type UdpPortOptions } from './udp-port.js'
import { zoneHint } from './zone-hint.js'

/** Source ports open at once. */
const MAX_PORTS = 16
/** After so many questions a socket gives its port back, and another is opened. */
const QUESTIONS_PER_PORT = 256
/** So many leave from the port that was picked for the first of them, where one system call takes them all. */
const QUESTIONS_PER_CALL = 32
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
}

/** A question that has been sent. */
interface Waiting {
  readonly exchange: Exchange
  dropped: number
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
  readonly #farEnd: FarEnd
  /** That further questions may leave from. */
  readonly #ports: Port[] = []
  /** These, and those where questions still wait. */
  readonly #open = new Set<Port>()
  /** That the next questions leave from, and how many of them. */
  #current: Port | null = null
  #left = 0
  /** Questions at all ports. */
  #waiting = 0
  readonly #timer = new DueTimer((now) => this.#expire(now))
  /** What was asked in this turn, until it is known whether there is much; null where that no longer matters. */
  #gathered: Exchange[] | null
  #asked = 0
  #syscalls: SyscallUdpPorts | null = null
  #closed = false

  constructor(options: DatagramPoolOptions) {
    const { server, port, sourcePort, signal } = options
    this.#options = options
    this.#endpoint = { host: server.address, address: server.address, port, path: null }
    this.#name = formatEndpoint(server.address, port)
    this.#farEnd = { address: server.address, tlsProtocol: null, httpVersion: null }
    this.#gathered = sourcePort === undefined ? [] : null
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  ask(exchange: Exchange): void {
    if (this.#options.signal.aborted) exchange.failed(this.#interrupted())
    else if (this.#gathered === null) this.#send(exchange)
    else if (this.#gathered.push(exchange) === 1) setImmediate(() => void this.#release())
  }

  close(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#closed = true
    for (const port of this.#ports.slice()) {
      this.#forget(port)
      this.#closeIdle(port)
    }
    this.#syscalls?.close()
  }

  readonly #onAbort = () => {
    for (const exchange of this.#gathered?.splice(0) ?? []) exchange.failed(this.#interrupted())
    for (const port of [...this.#open]) this.#failAll(port, this.#interrupted())
  }

  /** Sends what has gathered, through system calls from the time on that there is much of it. */
  async #release(): Promise<void> {
    this.#asked += this.#gathered?.length ?? 0
    const much = this.#asked >= BULK_QUESTIONS
    if (much) {
      const syscalls = await SyscallUdpPorts.load(() => this.#waiting > 0)
      if (this.#closed) return syscalls?.close()
      this.#syscalls = syscalls
      if (syscalls) for (const port of this.#ports.slice()) this.#forget(port)
    }
    const gathered = this.#gathered ?? []
    this.#gathered = much ? null : []
    for (const exchange of gathered) this.#send(exchange)
  }

  #send(exchange: Exchange): void {
    const port = this.#port()
    const id = unusedId(port.questions)
    port.questions.set(id, { exchange, dropped: 0 })
    this.#waiting++
    this.#timer.set(exchange.deadline.at)
    port.socket.send(exchange, id)
  }

  #port(): Port {
    const port = this.#left > 0 && this.#current ? this.#current : this.#pick()
    this.#left--
    if (++port.asked >= QUESTIONS_PER_PORT && this.#options.sourcePort === undefined) this.#forget(port)
    return port
  }

  #pick(): Port {
    const most = this.#options.sourcePort === undefined ? MAX_PORTS : 1
    // As many ports as questions, so that one question alone never reuses what another one showed.
    const wanted = Math.min(most, this.#waiting + 1)
    const chosen = this.#ports.length < wanted ? this.#openPort() : this.#ports[randomId() % this.#ports.length]
    const port = chosen && chosen.questions.size < MAX_QUESTIONS ? chosen : this.#openPort()
    this.#current = port
    this.#left = this.#syscalls ? QUESTIONS_PER_CALL : 1
    return port
  }

  #openPort(): Port {
    const opened: Port = { socket: this.#socket(() => opened), questions: new Map(), asked: 0 }
    this.#ports.push(opened)
    this.#open.add(opened)
    return opened
  }

  #socket(port: () => Port): UdpPort {
    const events: UdpPortEvents = {
      received: (bytes, end) => this.#receive(port(), bytes, end),
      failed: (error) => {
        this.#forget(port())
        this.#failAll(port(), this.#failure(error))
      },
    }
    try {
      if (this.#syscalls) return this.#syscalls.open(this.#options, events)
    } catch {
      // Out of descriptors, most likely: node:dgram tells by an event what it is.
    }
    return openUdpPort(this.#options, events)
  }

  #receive(port: Port, bytes: Uint8Array, end: number): void {
    const { questions } = port
    const id = messageId(bytes)
    const waiting = end >= 2 ? questions.get(id) : undefined
    if (!waiting?.exchange.accepts(bytes, end, id)) {
      for (const each of questions.values()) each.dropped++
      return
    }
    this.#settle(port, id, waiting)
    waiting.exchange.answered(this.#farEnd, waiting.dropped)
    this.#closeIdle(port)
  }

  /** Ends what nobody answered in time; returns when the next is due. */
  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY
    while (this.#syscalls && this.#syscalls.read() > 0);
    for (const port of [...this.#open]) {
      for (const [id, waiting] of [...port.questions]) {
        const { exchange, dropped } = waiting
        if (exchange.deadline.at > now) next = Math.min(next, exchange.deadline.at)
        else if (this.#settle(port, id, waiting)) exchange.failed(this.#silent(dropped))
      }
      this.#closeIdle(port)
    }
    return next
  }

  #failAll(port: Port, failed: Failure): void {
    for (const [id, waiting] of [...port.questions]) {
      if (this.#settle(port, id, waiting)) waiting.exchange.failed(failed)
    }
    this.#closeIdle(port)
  }

  /** False where it waits no more: what another one's failure led to may have ended it. */
  #settle({ questions }: Port, id: number, waiting: Waiting): boolean {
    if (questions.get(id) !== waiting) return false
    questions.delete(id)
    if (--this.#waiting === 0) this.#timer.stop()
    return true
  }

  /** No further question leaves from this port. */
  #forget(port: Port): void {
    if (port === this.#current) this.#left = 0
    const at = this.#ports.indexOf(port)
    if (at >= 0) this.#ports.splice(at, 1)
  }

  #closeIdle(port: Port): void {
    if (port.questions.size > 0) return
    if (this.#waiting === 0 && this.#options.sourcePort === undefined) this.#forget(port)
    if (!this.#ports.includes(port) && this.#open.delete(port)) port.socket.close()
  }

  #silent(dropped: number): Failure {
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
    const hint = base.code === 'EINVAL' ? zoneHint(this.#options.server.address) : null
    return { ...base, message: `asking ${this.#name} over UDP failed: ${base.message}`, hint: hint ?? base.hint }
  }
}
