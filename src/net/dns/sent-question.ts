import { type DnsExchange, type PlainQuestion, SENT_ONCE, type Sending } from './exchange.js'
import type { UdpPort } from './udp-port.js'

/** A socket and the questions that wait for an answer to it, by message id. */
export interface Port {
  readonly socket: UdpPort
  readonly questions: Map<number, SentQuestion>
  /** Questions of which nothing else is known, by message id. */
  readonly plain: Map<number, PlainQuestion>
  /** Datagrams that answered nothing that waited here. */
  strange: number
  /** Who answered in the server's place. */
  elsewhere: string | null
  /** Ids of those that waited in vain, or whose repetition was answered: an answer that comes late is no forgery. */
  readonly missed: Set<number>
  /** How many have left from here. */
  asked: number
}

/** How many questions wait there. */
export function waitingAt({ questions, plain }: Port): number {
  return questions.size + plain.size
}

/** A question that left from a port with an id. Where it was sent again, that is another one, and an answer to either will do. */
export class SentQuestion {
  readonly exchange: DnsExchange
  readonly port: Port
  readonly id: number
  /** Clock of `performance.now()`. */
  readonly sentAt: number
  /** How often the question had been sent before. */
  readonly nth: number
  /** Datagrams that had answered nothing at its port before it left. */
  readonly #strangeBefore: number
  readonly earlier: SentQuestion | null
  #later: SentQuestion | null = null

  constructor(
    exchange: DnsExchange,
    port: Port,
    id: number,
    sentAt: number,
    earlier: SentQuestion | null,
    strangeBefore = port.strange,
  ) {
    this.exchange = exchange
    this.port = port
    this.id = id
    this.sentAt = sentAt
    this.nth = earlier === null ? 0 : earlier.nth + 1
    this.earlier = earlier
    this.#strangeBefore = strangeBefore
    if (earlier) earlier.#later = this
  }

  /** Datagrams that came to its port meanwhile and answered nothing that waited there. */
  get dropped(): number {
    return this.port.strange - this.#strangeBefore
  }

  /** Whether it still waits. */
  get waits(): boolean {
    return this.port.questions.get(this.id) === this
  }

  /** Whether the question was not sent again after this. */
  get isLast(): boolean {
    return this.#later === null
  }

  /** All sendings of the same question, this one among them; null where it is the only one. */
  sendings(): SentQuestion[] | null {
    if (this.earlier === null && this.#later === null) return null
    const all: SentQuestion[] = []
    for (let each: SentQuestion | null = this; each; each = each.earlier) all.unshift(each)
    for (let each = this.#later; each; each = each.#later) all.push(each)
    return all
  }

  /** How it came to its answer. */
  sending(): Sending {
    const all = this.sendings()
    if (all === null) return this.dropped === 0 ? SENT_ONCE : { ...SENT_ONCE, dropped: this.dropped }
    const dropped = Math.max(...all.map((each) => each.dropped))
    return { dropped, repeats: all.length - 1, lost: this.nth }
  }
}
