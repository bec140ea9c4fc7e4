import type { Deadline } from '../../core/deadline.js'
import { type Attempt, type Failure, failure } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import {
  classifyAnswer,
  type DnsMessage,
  decodeMessage,
  type EdnsRequest,
  encodeQuery,
  mismatch,
  type Question,
  RCODE,
  TYPE,
  ZoneTransfer,
} from '../../protocol/dns/index.js'
import { Channel } from './channel.js'
import type { DnsServer, Transport } from './server.js'
import type { AskOptions, Reply } from './types.js'

/** Pads questions that travel encrypted, so that their length says less (RFC 8467, section 4.1). */
const PADDING_BLOCK = 128

/** Another server may know better than one that answers so (as the GNU C library goes on after them). */
const TRY_NEXT = new Set(['servfail', 'refused', 'error'])

/** Asks DNS servers, with all that it takes to get one answer that can be trusted to be theirs. */
export class DnsClient {
  readonly #options: AskOptions
  readonly #paddedEdns: EdnsRequest | null
  readonly #signal: AbortSignal
  readonly #channels = new Map<string, Channel>()

  constructor(options: AskOptions, signal: AbortSignal) {
    this.#options = options
    this.#paddedEdns = options.edns && { paddingBlock: PADDING_BLOCK, ...options.edns }
    this.#signal = signal
  }

  /** Asks the servers in turn, round after round, until one has an answer; silence and SERVFAIL lead to the next. */
  async askAny(servers: readonly DnsServer[], question: Question, deadline: Deadline): Promise<Outcome<Reply>> {
    const started = performance.now()
    const attempts: Attempt[] = []
    let last: Outcome<Reply> | null = null
    let asking = servers
    for (let round = 1; round <= this.#options.tries && asking.length > 0; round++) {
      const again: DnsServer[] = []
      for (const server of asking) {
        const outcome = await this.#try(server, question, deadline.within(this.#options.timeoutMs), round)
        if (outcome.ok) {
          if (!TRY_NEXT.has(outcome.value.answer.kind) || servers.length === 1) return outcome
          last = outcome
          continue
        }
        attempts.push(attemptOf(server, outcome.failure, outcome.elapsedMs))
        last = last?.ok ? last : outcome
        if (this.#signal.aborted || deadline.expired) return fail({ ...outcome.failure, attempts }, outcome.elapsedMs)
        if (isWorthAnotherTry(outcome.failure)) again.push(server)
      }
      if (last?.ok) break
      asking = again
    }
    const elapsedMs = performance.now() - started
    if (last === null) return fail(noServers(), elapsedMs)
    return last.ok ? last : fail({ ...last.failure, attempts }, elapsedMs)
  }

  ask(server: DnsServer, question: Question, deadline: Deadline): Promise<Outcome<Reply>> {
    return this.askAny([server], question, deadline)
  }

  close(): void {
    for (const channel of this.#channels.values()) channel.close()
    this.#channels.clear()
  }

  /** One try: the question, and again without EDNS or over TCP where the answer asks for that. */
  async #try(server: DnsServer, question: Question, deadline: Deadline, tries: number): Promise<Outcome<Reply>> {
    const started = performance.now()
    const whole = question.type === TYPE.AXFR
    let transport = firstTransport(server, question.type, this.#options.tcp)
    let withEdns = this.#options.edns !== null
    let ednsRefused = false
    let truncated = false
    let unreadable = false
    let transfer: ZoneTransfer | null = null
    const accept = (bytes: Uint8Array, id: number): DnsMessage | null => {
      const decoded = decodeMessage(bytes)
      if (transfer) return decoded && transfer.take(decoded, id)
      const differs = decoded === null ? 'question unreadable' : mismatch(decoded, id, question)
      if (differs === 'question unreadable') unreadable = true
      return differs === null ? decoded : null
    }
    for (;;) {
      unreadable = false
      transfer = whole ? new ZoneTransfer(question) : null
      const message = this.#query(question, transport, withEdns)
      const outcome = await this.#channel(server).exchange(transport, { message, accept, deadline })
      const elapsedMs = performance.now() - started
      if (!outcome.ok) {
        const { failure: failed } = outcome
        if (!unreadable || failed.origin !== 'deadline') return fail(failed, elapsedMs)
        return fail({ ...unreadableAnswer(server), endpoint: failed.endpoint }, elapsedMs)
      }
      const { value, address, dropped, tlsProtocol, httpVersion } = outcome.value
      if (withEdns && refusesEdns(value)) {
        withEdns = false
        ednsRefused = true
      } else if (value.flags.tc && transport === 'udp') {
        transport = 'tcp'
        truncated = true
      } else {
        const reply: Reply = {
          question,
          server,
          address,
          port: server.port,
          transport,
          message: value,
          answer: classifyAnswer(question, value),
          elapsedMs,
          tries,
          truncated,
          ednsRefused,
          dropped,
          tlsProtocol,
          httpVersion,
        }
        return ok(reply, elapsedMs)
      }
    }
  }

  #query({ name, type, class: recordClass }: Question, transport: Transport, withEdns: boolean): Uint8Array {
    const { recursionDesired, checkingDisabled } = this.#options
    const encrypted = transport === 'tls' || transport === 'https'
    const edns = withEdns ? (encrypted ? this.#paddedEdns : this.#options.edns) : null
    // The transport chooses the id.
    return encodeQuery({ id: 0, name, type, class: recordClass, recursionDesired, checkingDisabled, edns })
  }

  #channel(server: DnsServer): Channel {
    const existing = this.#channels.get(server.name)
    if (existing) return existing
    const channel = new Channel(server, this.#options, this.#signal)
    this.#channels.set(server.name, channel)
    return channel
  }
}

/** Over which a question is asked at first. Zones are not transferred over UDP (RFC 5936, section 4.2). */
export function firstTransport({ transport }: DnsServer, type: number, tcp: boolean): Transport {
  return transport === 'udp' && (tcp || type === TYPE.AXFR) ? 'tcp' : transport
}

/** RFC 6891, section 7: a server that cannot read OPT says so without one. */
function refusesEdns(message: DnsMessage): boolean {
  return message.rcode === RCODE.FORMERR || (message.rcode === RCODE.NOTIMP && message.edns === null)
}

/** Silence may have been a lost packet, a connection that ended an idle one; a refusal stands. */
function isWorthAnotherTry({ origin, phase }: Failure): boolean {
  return origin === 'deadline' || (origin === 'peer' && phase === 'read')
}

/** A try at a server that failed. */
export function attemptOf(
  server: DnsServer,
  { code, errno, origin, syscall, endpoint }: Failure,
  elapsedMs: number,
): Attempt {
  const { host, port } = server
  return { address: endpoint?.address ?? host, port, ok: false, code, errno, origin, syscall, elapsedMs }
}

function noServers(): Failure {
  const hint = 'name one with --server'
  return failure({
    phase: 'options',
    origin: 'os',
    code: 'ENOENT',
    message: 'this system has no name server set',
    hint,
  })
}

function unreadableAnswer(server: DnsServer): Failure {
  const message = `${server.name} sent an answer that cannot be read, and no other came in the time allowed`
  return failure({ phase: 'protocol', origin: 'peer', code: 'EBADRESP', message })
}
