import type { Deadline } from '../../core/deadline.js'
import type { Attempt, Failure } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import type { DnsExchange, FarEnd, Fit, Sending } from '../../net/dns/exchange.js'
import {
  agedBy,
  classifyAnswer,
  type DnsMessage,
  decodeMessage,
  type Expected,
  isTransfer,
  mismatch,
  type Question,
  ZoneTransfer,
} from '../../protocol/dns/index.js'
import { attemptOf, isWorthAnotherTry, noServers, overTcpAlone, unreadableAnswer } from './failures.js'
import { ednsUse, type Inquirer, refusesEdns } from './inquirer.js'
import { type DnsServer, firstTransport, type Transport } from './server.js'
import { ServerRounds } from './server-rounds.js'
import type { DnsReply } from './types.js'
import { replyFailure } from './verdict.js'

/** Another server may know better than one that answers so (as the GNU C library goes on after them). */
const TRY_NEXT = new Set(['servfail', 'refused', 'error', 'lame'])

const NONE: readonly Attempt[] = []

/** The try that a failure is of. */
export interface FailedTry {
  readonly server: DnsServer
  readonly transport: Transport
  /** Its answer over UDP was cut short (TC), and asked for again over TCP. */
  readonly truncated: boolean
}

/** `failed`: null of a reply, and where there was nobody to ask. */
export type Done = (outcome: Outcome<DnsReply>, failed: FailedTry | null) => void

/**
 * One question's way through servers and tries until it has an outcome: servers in turn, round after round; a try is the
 * question, and once more without EDNS or over TCP where the answer asks for that. Silence and SERVFAIL lead to the next
 * server. A state machine and not a chain of promises, since a million of these are made in a run.
 */
export class Inquiry implements DnsExchange {
  /** Of the try under way. */
  deadline: Deadline
  readonly #inquirer: Inquirer
  readonly #question: Question
  readonly #expected: Expected
  /** For all tries. */
  readonly #whole: Deadline
  readonly #done: Done
  readonly #startedAt: number
  readonly #servers: readonly DnsServer[]
  readonly #rounds: ServerRounds
  /** Tries that came to nothing, without the one that {@link #last} tells of where that is a reply. */
  #attempts: readonly Attempt[] = NONE
  /** The best that is known so far: an answer that another server may better, or why there was none. */
  #last: Outcome<DnsReply> | null = null
  /** Of the try under way. */
  #server: DnsServer | null = null
  #triedAt = 0
  #transport: Transport = 'udp'
  #withEdns = false
  #ednsRefused = false
  #truncated = false
  /** What the same try has seen before it went on over TCP, or without EDNS. */
  #repeats = 0
  #dropped = 0
  /** Something with our id came whose question could not be read. */
  #unreadable = false
  #message: DnsMessage | null = null
  /** Where the answer is a zone, in as many messages as it takes. */
  #transfer: ZoneTransfer | null = null

  constructor(
    inquirer: Inquirer,
    servers: readonly DnsServer[],
    question: Question,
    deadline: Deadline,
    done: Done,
    startedAt = performance.now(),
  ) {
    this.#inquirer = inquirer
    this.#servers = servers
    this.#question = question
    this.#expected = { question, answersOnly: inquirer.answersOnly }
    this.#whole = deadline
    this.deadline = deadline
    this.#done = done
    this.#startedAt = startedAt
    const { options, order } = inquirer
    this.#rounds = new ServerRounds(order?.of(servers, this.#startedAt) ?? servers, options.tries)
  }

  /** One whose first try, at the first server, `first` has begun. */
  static underWay(
    inquirer: Inquirer,
    servers: readonly DnsServer[],
    question: Question,
    first: Pick<DnsExchange, 'askedAt'>,
    deadline: Deadline,
    done: Done,
  ): Inquiry {
    const inquiry = new Inquiry(inquirer, servers, question, deadline, done, first.askedAt)
    const server = inquiry.#rounds.next(true)
    if (server) inquiry.#begin(server, first.askedAt)
    return inquiry
  }

  start(): void {
    this.#tryNext(this.#startedAt)
  }

  write(bytes: Uint8Array, start: number, id: number): number {
    const { name, type, class: recordClass } = this.#question
    const edns = ednsUse(this.#withEdns, this.#transport)
    return this.#inquirer.writer(type, recordClass, edns).write(id, name, bytes, start)
  }

  accepts(bytes: Uint8Array, end: number, id: number): Fit {
    if (this.#transfer) return this.#acceptsOfTransfer(this.#transfer, bytes, end, id)
    const message = decodeMessage(bytes, end, this.#expected)
    const differs = message === null ? 'question unreadable' : mismatch(message, id, this.#question)
    if (differs === 'question unreadable') this.#unreadable = true
    if (differs !== null) return 'other'
    this.#message = message
    return 'answer'
  }

  #acceptsOfTransfer(transfer: ZoneTransfer, bytes: Uint8Array, end: number, id: number): Fit {
    const message = decodeMessage(bytes, end)
    const taken = message === null ? 'other' : transfer.take(message, id)
    if (typeof taken === 'string') return taken
    this.#message = taken
    return 'answer'
  }

  get askedAt(): number {
    return this.#triedAt
  }

  answered(from: FarEnd, sending: Sending, now: number): void {
    const { options, window, order } = this.#inquirer
    const message = this.#message
    const server = this.#server
    if (!message || !server) throw new Error('an answer that was accepted, to a question that was asked')
    order?.heard(server, now)
    if (this.#transport === 'udp') {
      // What was sent before was lost, and not the fault of a server that never answers this.
      if (sending.lost > 0) window.lost(this.#triedAt, now)
      else if (this.#rounds.round > 1) window.lost(this.#triedAt - options.timeoutMs, now)
      else window.answered()
    }
    this.#repeats += sending.repeats
    this.#dropped += sending.dropped
    if (this.#withEdns && refusesEdns(message)) {
      this.#withEdns = false
      this.#ednsRefused = true
      this.#send(server)
    } else if (message.flags.tc && this.#transport === 'udp') {
      this.#transport = 'tcp'
      this.#truncated = true
      this.#send(server)
    } else {
      this.#supersede()
      this.#replied(this.#reply(message, server, from, now - this.#triedAt), now)
    }
  }

  #reply(message: DnsMessage, server: DnsServer, from: FarEnd, elapsedMs: number): DnsReply {
    const aged = from.ageSeconds ? agedBy(from.ageSeconds, message) : message
    return {
      question: this.#question,
      server,
      address: from.address,
      port: server.port,
      transport: this.#transport,
      message: aged,
      answer: classifyAnswer(this.#question, aged),
      elapsedMs,
      tries: this.#rounds.round,
      truncated: this.#truncated,
      ednsRefused: this.#ednsRefused,
      repeats: this.#repeats,
      dropped: this.#dropped,
      attempts: this.#attempts,
      tlsProtocol: from.tlsProtocol,
      httpVersion: from.httpVersion,
      ageSeconds: from.ageSeconds ?? 0,
    }
  }

  /** A reply that a later one takes the place of was one of the tries. */
  #supersede(): void {
    if (!this.#last?.ok) return
    const { value: reply, elapsedMs } = this.#last
    const failed = replyFailure(reply)
    if (failed) this.#attempts = [...this.#attempts, attemptOf(reply.server, failed, elapsedMs)]
  }

  #replied(reply: DnsReply, now: number): void {
    const outcome = ok(reply, reply.elapsedMs)
    if (!TRY_NEXT.has(reply.answer.kind) || this.#servers.length === 1) this.#done(outcome, null)
    else {
      this.#last = outcome
      this.#tryNext(now)
    }
  }

  failed(failed: Failure): void {
    const server = this.#server
    if (!server) throw new Error('a failure of a question that was asked')
    const now = performance.now()
    const elapsedMs = now - this.#triedAt
    const told = this.#told(failed, server)
    this.#attempts = [...this.#attempts, attemptOf(server, told, elapsedMs)]
    const outcome = fail<DnsReply>(told, elapsedMs)
    this.#last = this.#last?.ok ? this.#last : outcome
    if (this.#inquirer.signal.aborted || this.#whole.expired) {
      this.#done(fail({ ...told, attempts: this.#attempts }, elapsedMs), this.#failedTry())
    } else {
      const { order } = this.#inquirer
      if (failed.origin === 'deadline') order?.unanswered(server, this.#triedAt, now)
      else order?.heard(server, now)
      if (isWorthAnotherTry(told)) this.#rounds.askAgain(server)
      this.#tryNext(now)
    }
  }

  again(): void {
    this.#triedAt = performance.now()
    this.deadline = this.#whole.within(this.#inquirer.options.timeoutMs, this.#triedAt)
    this.#expectAnew()
  }

  /** With what this side alone knows of it. */
  #told(failed: Failure, server: DnsServer): Failure {
    if (this.#unreadable && failed.origin === 'deadline') {
      return { ...unreadableAnswer(server, this.deadline), endpoint: failed.endpoint }
    }
    return this.#truncated && failed.origin !== 'abort' ? overTcpAlone(failed, server) : failed
  }

  #failedTry(): FailedTry | null {
    return this.#server && { server: this.#server, transport: this.#transport, truncated: this.#truncated }
  }

  #tryNext(now: number): void {
    const server = this.#rounds.next(!this.#last?.ok)
    if (server === null) {
      const outcome = this.#outcome(now - this.#startedAt)
      this.#done(outcome, outcome.ok ? null : this.#failedTry())
      return
    }
    this.#begin(server, now)
    this.#send(server)
  }

  #begin(server: DnsServer, now: number): void {
    const { options } = this.#inquirer
    this.#server = server
    this.#triedAt = now
    this.deadline = this.#whole.within(options.timeoutMs, now)
    this.#transport = firstTransport(server, this.#question.type, options.tcp)
    this.#withEdns = options.edns !== null
    this.#ednsRefused = false
    this.#truncated = false
    this.#repeats = 0
    this.#dropped = 0
  }

  #send(server: DnsServer): void {
    this.#expectAnew()
    this.#inquirer.channel(server).ask(this.#transport, this)
  }

  /** Nothing of an answer has come yet. */
  #expectAnew(): void {
    this.#unreadable = false
    const since = this.#inquirer.options.ixfrSerial
    this.#transfer = isTransfer(this.#question.type) ? new ZoneTransfer(this.#question, since) : null
  }

  /** Of an inquiry whose tries are over. */
  #outcome(elapsedMs: number): Outcome<DnsReply> {
    const last = this.#last
    if (last === null) return fail(noServers(), elapsedMs)
    const attempts = this.#attempts
    return last.ok ? ok({ ...last.value, attempts }, last.elapsedMs) : fail({ ...last.failure, attempts }, elapsedMs)
  }
}
