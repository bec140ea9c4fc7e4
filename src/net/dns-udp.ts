import type { Failure } from '../core/failure.js'
import { RttEstimator } from '../core/rtt.js'
import { type Exchange, type FarEnd, messageId } from './dns-exchange.js'
import { DueTimer } from './due-timer.js'
import { randomId, unusedId } from './random-ids.js'
import { type Port, SentQuestion } from './sent-question.js'
import { SyscallUdpPorts } from './syscall/udp-ports.js'
import { UdpFailures } from './udp-failures.js'
import { openUdpPort, type UdpPort, type UdpPortEvents, type UdpPortOptions } from './udp-port.js'

/** Source ports open at once. */
const MAX_PORTS = 16
/** After so many questions a socket gives its port back, and another is opened. */
const QUESTIONS_PER_PORT = 256
/** From so many questions on, system calls of our own repay the time that it takes to load them. */
const BULK_QUESTIONS = 64
/** Before the first answer tells how long one takes (RFC 8085, section 3.1.1), and at least. */
const REPEAT_AFTER = { firstMs: 1000, leastMs: 200 }
/** That wait at one port at most: half of the ids there are, so that a free one is soon found. */
const MAX_QUESTIONS = 0x8000

export interface DatagramPoolOptions extends UdpPortOptions {
  readonly signal: AbortSignal
  /**
   * The most that a question waits before it is sent again, ms; by then it takes what the round trips so far suggest, and
   * twice that with each repetition. Null: it is sent once.
   */
  readonly repeatWithinMs: number | null
}

/**
 * DNS over UDP with one server. Each question leaves with an id that nobody can guess and from a source port picked at
 * random among sockets whose ports the kernel picked at random, and which are replaced as they are used (RFC 5452,
 * section 9.2); a question alone has a port of its own. With `sourcePort` all share one, and forging an answer is that much
 * easier. The caller judges what comes back.
 */
export class DatagramPool {
  readonly #options: DatagramPoolOptions
  readonly #failures: UdpFailures
  readonly #farEnd: FarEnd
  /** That further questions may leave from. */
  readonly #ports: Port[] = []
  /** These, and those where questions still wait. */
  readonly #open = new Set<Port>()
  /** That the last question left from; the next one does so too where one system call takes both. */
  #current: Port | null = null
  /** Questions at all ports. */
  #waiting = 0
  readonly #timer = new DueTimer((now) => this.#expire(now))
  /** Null where nothing is repeated. */
  readonly #rtt: RttEstimator | null
  /** What was asked in this turn, until it is known whether there is much; null where that no longer matters. */
  #gathered: Exchange[] | null
  #asked = 0
  #syscalls: SyscallUdpPorts | null = null
  #closed = false

  constructor(options: DatagramPoolOptions) {
    const { server, port, sourcePort, repeatWithinMs, signal } = options
    this.#options = options
    this.#failures = new UdpFailures(server.address, port)
    this.#farEnd = { address: server.address, tlsProtocol: null, httpVersion: null }
    this.#gathered = sourcePort === undefined ? [] : null
    const { firstMs, leastMs } = REPEAT_AFTER
    this.#rtt = repeatWithinMs === null ? null : new RttEstimator(firstMs, repeatWithinMs, leastMs)
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  ask(exchange: Exchange): void {
    if (this.#options.signal.aborted) exchange.failed(this.#failures.interrupted())
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
    for (const exchange of this.#gathered?.splice(0) ?? []) exchange.failed(this.#failures.interrupted())
    for (const port of [...this.#open]) this.#failAll(port, this.#failures.interrupted())
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
    this.#sendAt(exchange.askedAt, exchange, null)
  }

  #sendAt(now: number, exchange: Exchange, earlier: SentQuestion | null): SentQuestion {
    const port = this.#port()
    const id = unusedId(port.questions)
    const sent = new SentQuestion(exchange, port, id, now, earlier)
    port.questions.set(id, sent)
    this.#waiting++
    this.#timer.set(this.#dueAt(sent))
    port.socket.send(exchange, id)
    return sent
  }

  #port(): Port {
    const port = this.#current?.socket.takesMore ? this.#current : this.#pick()
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
    return port
  }

  #openPort(): Port {
    const socket = this.#socket(() => opened)
    const opened: Port = { socket, questions: new Map(), missed: new Set(), asked: 0 }
    this.#ports.push(opened)
    this.#open.add(opened)
    return opened
  }

  #socket(port: () => Port): UdpPort {
    const events: UdpPortEvents = {
      received: (bytes, end) => this.#receive(port(), bytes, end),
      failed: (error) => {
        this.#forget(port())
        this.#failAll(port(), this.#failures.of(error))
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
    const sent = end >= 2 ? questions.get(id) : undefined
    if (!sent?.exchange.accepts(bytes, end, id)) {
      if (end < 2 || !port.missed.delete(id)) for (const each of questions.values()) each.dropped++
      return
    }
    const now = performance.now()
    this.#rtt?.sample(now - sent.sentAt)
    this.#settle(sent, sent)
    sent.exchange.answered(this.#farEnd, sent.sending(), now)
    this.#closeIdle(port)
  }

  /** Ends what nobody answered in time, and repeats what is due; returns when the next is. */
  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY
    while (this.#syscalls && this.#syscalls.read() > 0);
    for (const port of [...this.#open]) {
      for (const sent of [...port.questions.values()]) next = Math.min(next, this.#look(sent, now))
      this.#closeIdle(port)
    }
    return next
  }

  /** Ends or repeats one question where it is due; returns when it is. */
  #look(sent: SentQuestion, now: number): number {
    const { exchange } = sent
    if (!sent.waits) return Number.POSITIVE_INFINITY
    if (exchange.deadline.at <= now) {
      this.#settle(sent)
      exchange.failed(this.#failures.silent(sent.sending()))
      return Number.POSITIVE_INFINITY
    }
    const dueAt = this.#dueAt(sent)
    return dueAt > now ? dueAt : this.#dueAt(this.#sendAt(now, exchange, sent))
  }

  /** When it has to be ended or sent again. */
  #dueAt({ exchange, sentAt, nth, isLast }: SentQuestion): number {
    const endsAt = exchange.deadline.at
    return this.#rtt === null || !isLast ? endsAt : Math.min(endsAt, sentAt + this.#rtt.timeoutMs * 2 ** nth)
  }

  #failAll(port: Port, failed: Failure): void {
    for (const sent of [...port.questions.values()]) {
      // What another one's failure led to may have ended it.
      if (!sent.waits) continue
      this.#settle(sent)
      sent.exchange.failed(failed)
    }
    this.#closeIdle(port)
  }

  /** The question waits no more, wherever it was sent from. */
  #settle(sent: SentQuestion, answered: SentQuestion | null = null): void {
    const all = sent.sendings()
    if (all === null) this.#remove(sent, answered)
    else {
      for (const each of all) {
        this.#remove(each, answered)
        if (each.port !== sent.port) this.#closeIdle(each.port)
      }
    }
    if (this.#waiting === 0) this.#timer.stop()
  }

  #remove(sent: SentQuestion, answered: SentQuestion | null): void {
    const { port, id } = sent
    port.questions.delete(id)
    if (sent !== answered) port.missed.add(id)
    this.#waiting--
  }

  /** No further question leaves from this port. */
  #forget(port: Port): void {
    if (port === this.#current) this.#current = null
    const at = this.#ports.indexOf(port)
    if (at >= 0) this.#ports.splice(at, 1)
  }

  #closeIdle(port: Port): void {
    if (port.questions.size > 0) return
    if (this.#waiting === 0 && this.#options.sourcePort === undefined) this.#forget(port)
    if (!this.#ports.includes(port) && this.#open.delete(port)) port.socket.close()
  }
}
