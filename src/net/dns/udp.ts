import type { Failure } from '../../core/failure.js'
import { RttEstimator } from '../../core/rtt.js'
import type { SyscallUdpPorts } from '../syscall/udp-ports.js'
import { DueTimer } from './due-timer.js'
import {
  type AnyQuestion,
  type DnsExchange,
  exchangeOf,
  type FarEnd,
  isPlain,
  messageId,
  type PlainQuestion,
} from './exchange.js'
import { Gathering } from './gathering.js'
import { unusedId } from './random-ids.js'
import { type Port, SentQuestion } from './sent-question.js'
import { UdpFailures } from './udp-failures.js'
import type { UdpPortOptions } from './udp-port.js'
import { UdpPortPool } from './udp-port-pool.js'

/** Before the first answer tells how long one takes (RFC 8085, section 3.1.1), and at least. */
const REPEAT_AFTER = { firstMs: 1000, leastMs: 200 }

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
  readonly #ports: UdpPortPool
  /** How many questions wait, at all ports together. */
  #waiting = 0
  readonly #timer = new DueTimer((now) => this.#expire(now))
  /** Null where nothing is repeated. */
  readonly #rtt: RttEstimator | null
  /** Null where there is one port for all. */
  readonly #gathering: Gathering<AnyQuestion> | null
  #syscalls: SyscallUdpPorts | null = null
  #aborted = false
  /** Whether anything has come from the server. */
  #heard = false

  constructor(options: DatagramPoolOptions) {
    const { server, port, sourcePort, repeatWithinMs, signal } = options
    this.#options = options
    this.#failures = new UdpFailures(server.address, port)
    this.#ports = new UdpPortPool(options, { received: this.#receive, failed: this.#portFailed })
    this.#farEnd = { address: server.address, tlsProtocol: null, httpVersion: null }
    const busy = () => this.#waiting > 0
    this.#gathering = sourcePort === undefined ? new Gathering(busy, this.#release) : null
    const { firstMs, leastMs } = REPEAT_AFTER
    this.#rtt = repeatWithinMs === null ? null : new RttEstimator(firstMs, repeatWithinMs, leastMs)
    this.#aborted = signal.aborted
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  ask(asked: AnyQuestion): void {
    if (this.#aborted) exchangeOf(asked).failed(this.#failures.interrupted())
    else if (!this.#gathering?.hold(asked)) this.#send(asked)
  }

  close(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#gathering?.close()
    for (const port of this.#ports.all) {
      this.#ports.forget(port)
      this.#closeIdle(port)
    }
    this.#syscalls?.close()
  }

  readonly #onAbort = () => {
    this.#aborted = true
    for (const each of this.#gathering?.clear() ?? []) this.ask(each)
    for (const port of this.#ports.all) this.#failAll(port, this.#failures.interrupted())
  }

  readonly #release = (gathered: readonly AnyQuestion[], syscalls: SyscallUdpPorts | null) => {
    this.#syscalls = syscalls
    if (syscalls) this.#ports.useSyscalls(syscalls)
    for (const each of gathered) this.#send(each)
  }

  #send(asked: AnyQuestion): void {
    if (isPlain(asked)) this.#sendPlainly(asked)
    else this.#sendAt(asked.askedAt, asked, null)
  }

  #sendPlainly(question: PlainQuestion): void {
    const port = this.#ports.take(this.#waiting)
    const id = unusedId(port.plain, port.questions)
    question.strangeBefore = port.strange
    port.plain.set(id, question)
    this.#waiting++
    this.#timer.set(this.#plainDueAt(question))
    port.socket.send(question, id)
  }

  #sendAt(now: number, exchange: DnsExchange, earlier: SentQuestion | null): SentQuestion {
    const port = this.#ports.take(this.#waiting)
    const id = unusedId(port.questions, port.plain)
    const sent = new SentQuestion(exchange, port, id, now, earlier)
    port.questions.set(id, sent)
    this.#waiting++
    this.#timer.set(this.#dueAt(sent))
    port.socket.send(exchange, id)
    return sent
  }

  readonly #portFailed = (port: Port, error: Error) => {
    if (!this.#ports.hasOthersAfter(error)) {
      this.#failAll(port, this.#failures.of(error))
      return
    }
    this.#takeOverAll(port)
    // Nothing has left from it yet.
    for (const { id, exchange, sentAt, earlier } of port.questions.values()) {
      port.questions.delete(id)
      this.#waiting--
      this.#sendAt(sentAt, exchange, earlier)
    }
    this.#closeIdle(port)
  }

  readonly #receive = (port: Port, bytes: Uint8Array, end: number, now: number) => {
    const { questions, plain } = port
    const id = messageId(bytes)
    if (!this.#heard) {
      this.#heard = true
      this.#ports.listen({ wide: false })
    }
    const question = plain.get(id)
    if (question !== undefined) {
      if (question.accepts(bytes, end, id)) {
        plain.delete(id)
        this.#waiting--
        this.#rtt?.sample(now - question.askedAt)
        if (this.#waiting === 0) this.#timer.stop()
        question.answered()
        if (plain.size === 0) this.#closeIdle(port)
        return
      }
      this.#takeOver(port, id, question)
    }
    const sent = end >= 2 ? questions.get(id) : undefined
    if (sent?.exchange.accepts(bytes, end, id) !== 'answer') {
      if (end < 2 || !port.missed.delete(id)) port.strange++
      return
    }
    this.#rtt?.sample(now - sent.sentAt)
    this.#settle(sent, sent)
    sent.exchange.answered(this.#farEnd, sent.sending(), now)
    this.#closeIdle(port)
  }

  /** Ends what nobody answered in time, and repeats what is due; returns when the next is. */
  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY
    while (this.#syscalls && this.#syscalls.read() > 0);
    for (const port of this.#ports.all) {
      for (const [id, question] of port.plain) {
        const dueAt = this.#plainDueAt(question)
        if (dueAt > now) next = Math.min(next, dueAt)
        else this.#takeOver(port, id, question)
      }
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
      if (!this.#heard) this.#ports.listen({ wide: true })
      exchange.failed(this.#failures.silent(sent.sending(), exchange.deadline, sent.port.elsewhere))
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

  #plainDueAt({ askedAt, deadline }: PlainQuestion): number {
    return this.#rtt === null ? deadline.at : Math.min(deadline.at, askedAt + this.#rtt.timeoutMs)
  }

  /** It waits on as every other question does. */
  #takeOver(port: Port, id: number, question: PlainQuestion): void {
    const { askedAt, strangeBefore } = question
    port.plain.delete(id)
    port.questions.set(id, new SentQuestion(question.exchange(), port, id, askedAt, null, strangeBefore))
  }

  #takeOverAll(port: Port): void {
    for (const [id, question] of port.plain) this.#takeOver(port, id, question)
  }

  #failAll(port: Port, failed: Failure): void {
    this.#takeOverAll(port)
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

  #closeIdle(port: Port): void {
    this.#ports.closeIdle(port, this.#waiting)
  }
}
