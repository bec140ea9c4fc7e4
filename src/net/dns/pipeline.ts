import type { Deadline } from '../../core/deadline.js'
import type { Failure } from '../../core/failure.js'
import type { Outcome } from '../../core/outcome.js'
import { type AnyQuestion, type DnsExchange, exchangeOf, inTime } from './exchange.js'

/** A connection to a server, over which questions are asked. */
export interface DnsConnection {
  /** Whether it takes no further question; those that it has may still be answered. */
  readonly ended: boolean
  /** Questions under way. */
  readonly waiting: number
  /** Questions answered. */
  readonly answered: number
  /** Questions that it bears at once. */
  readonly most: number
  ask(asked: AnyQuestion): void
  close(): void
}

/** How a connection ended, and what it left. */
export interface ConnectionEnd {
  /** Why those that it left have no answer. */
  readonly failure: Failure
  /** In the order in which they were asked. */
  readonly left: readonly DnsExchange[]
  /** Whether it was this side that wanted no more. */
  readonly interrupted: boolean
}

export interface ConnectionEvents {
  /** A question waits no more: there is room for another one. */
  room(): void
  /** The server has not looked at it, for there were too many: it is to be asked again. */
  refused(exchange: DnsExchange): void
  ended(connection: DnsConnection, end: ConnectionEnd): void
}

type Open = (deadline: Deadline, events: ConnectionEvents) => Promise<Outcome<DnsConnection>>

/**
 * The questions to one server over connections, of which one at a time takes new ones. A server may end a connection when
 * it likes, such as after so many questions (RFC 7766, section 6.2.4; GOAWAY of RFC 9113): what it left is asked again
 * over the next one, and costs no try. So that this ends, and no question costs others their answers, a question counts
 * as failed where a connection ended that had nothing but it to answer. Where nothing else was answered meanwhile
 * either, it is the server that answers none, and all fail that wait for it.
 */
export class Pipeline {
  readonly #open: Open
  /** Those that are not over. */
  readonly #connections = new Set<DnsConnection>()
  #connection: DnsConnection | null = null
  #isOpening = false
  /** For the connection that is being opened. */
  #joining: AnyQuestion[] = []
  /** Those that were left, or found no room, in order: their try begins when they are asked. */
  readonly #queue: DnsExchange[] = []
  /** Under way at once at most, until a connection has answered more: a server that ends each soon is not flooded. */
  #depth = Number.POSITIVE_INFINITY
  /** The first of those that the last connection left. */
  #firstLeft: DnsExchange | null = null
  /** Whether something was answered since a connection left all it was asked. */
  #answers = false

  constructor(open: Open) {
    this.#open = open
  }

  ask(asked: AnyQuestion): void {
    const connection = this.#connection
    if (connection !== null && this.#queue.length === 0 && this.#hasRoom(connection)) connection.ask(asked)
    else if (connection?.ended === false || this.#queue.length > 0) this.#queue.push(exchangeOf(asked))
    else {
      this.#joining.push(asked)
      void this.#connect(asked.deadline, null)
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }

  #hasRoom({ ended, waiting, answered, most }: DnsConnection): boolean {
    return !ended && waiting < most && waiting < Math.max(this.#depth, answered)
  }

  /** `first` has begun its try already. */
  async #connect(deadline: Deadline, first: DnsExchange | null): Promise<void> {
    if (this.#isOpening) return
    this.#isOpening = true
    const opened = await this.#open(deadline, this.#events)
    this.#isOpening = false
    const joining = this.#joining.splice(0)
    if (!opened.ok) {
      this.#onFailedOpening([...this.#queue.splice(0), ...joining], opened.failure)
      return
    }
    const connection = opened.value
    this.#connections.add(connection)
    this.#connection = connection
    this.#askQueued(first)
    for (const asked of joining) this.ask(inTime(asked))
  }

  /** Of a server that has answered until now it is one connection that failed: the next one shows whether it is more. */
  #onFailedOpening(waiting: AnyQuestion[], failure: Failure): void {
    const isOne = this.#answers && failure.origin !== 'abort'
    this.#answers = false
    const others = isOne ? waiting.splice(1) : []
    this.#queue.push(...others.map(exchangeOf))
    failAll(waiting, failure)
    this.#events.room()
  }

  #askQueued(begun: DnsExchange | null = null): void {
    const connection = this.#connection
    for (;;) {
      const [next] = this.#queue
      if (next === undefined) return
      if (connection === null || connection.ended) {
        next.again()
        void this.#connect(next.deadline, next)
        return
      }
      if (!this.#hasRoom(connection)) return
      this.#queue.shift()
      if (next !== begun) next.again()
      connection.ask(next)
    }
  }

  readonly #events: ConnectionEvents = {
    room: () => {
      if (this.#queue.length > 0 && !this.#isOpening) this.#askQueued()
    },
    refused: (exchange) => {
      this.#queue.unshift(exchange)
      this.#events.room()
    },
    ended: (connection, end) => {
      this.#connections.delete(connection)
      if (this.#connection === connection) this.#connection = null
      this.#onEnd(connection.answered, end)
      this.#events.room()
    },
  }

  #onEnd(answered: number, { left, failure, interrupted }: ConnectionEnd): void {
    if (answered > 0) this.#answers = true
    const [first, ...others] = left
    if (interrupted) {
      failAll([...left, ...this.#queue.splice(0)], failure)
      return
    }
    if (first === undefined) return
    const isSuspect = first === this.#firstLeft
    this.#firstLeft = first
    if (answered > 0) {
      // First in line twice, and not answered: what ends the connections may be this question, so it is asked alone.
      this.#depth = isSuspect ? 1 : answered
      this.#queue.unshift(...left)
    } else if (others.length > 0) {
      // One alone shows whether the server answers at all: the last, since most are answered in order.
      this.#answers = false
      this.#depth = 1
      this.#queue.unshift(...left.slice(-1), ...left.slice(0, -1))
    } else failAll(this.#answers ? left : [...left, ...this.#queue.splice(0)], failure)
  }
}

/** What fails may be asked again at once. */
function failAll(all: readonly AnyQuestion[], failure: Failure): void {
  for (const each of all) exchangeOf(each).failed(failure)
}
