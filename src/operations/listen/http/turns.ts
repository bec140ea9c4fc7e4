import type { Duplex } from 'node:stream'
import type { Peer } from '../responder.js'
import type { Exchange } from './exchange.js'

/**
 * The requests of one connection, each answered once the one before has been. While one waits for its turn nothing more
 * is read: a client that asks on and on and never reads its answers takes no more memory than one read brings.
 */
export class Turns {
  readonly peer: Peer
  readonly #stream: Duplex
  readonly #answer: (exchange: Exchange) => void
  readonly #tell: (id: number, exchange: Exchange) => void
  #current: Exchange | null = null
  /** Null until there is a need: most clients wait for an answer before they ask again. */
  #waiting: Exchange[] | null = null
  /** Of them the one whose turn is next. */
  #next = 0

  constructor(
    peer: Peer,
    stream: Duplex,
    answer: (exchange: Exchange) => void,
    tell: (id: number, exchange: Exchange) => void,
  ) {
    this.peer = peer
    this.#stream = stream
    this.#answer = answer
    this.#tell = tell
  }

  get isWaiting(): boolean {
    return this.#waiting !== null && this.#next < this.#waiting.length
  }

  take(exchange: Exchange): void {
    if (this.#current === null) {
      this.#begin(exchange)
      return
    }
    if (this.#waiting === null) {
      this.#waiting = []
      // Node reads on at the end of each answer, whatever still waits.
      this.#stream.on('resume', () => this.isWaiting && this.#stream.pause())
    }
    this.#waiting.push(exchange)
    this.#stream.pause()
  }

  /** The connection is gone: what was asked and not answered is told of too. */
  end(): void {
    const left = [this.#current, ...(this.#waiting?.slice(this.#next) ?? [])]
    this.#current = null
    this.#waiting = null
    for (const exchange of left) if (exchange) this.#tell(this.peer.id, exchange)
  }

  #begin(exchange: Exchange): void {
    this.#current = exchange
    exchange.response.once('close', () => this.#over(exchange))
    this.#answer(exchange)
  }

  #over(exchange: Exchange): void {
    if (this.#current !== exchange) return
    this.#current = null
    this.#tell(this.peer.id, exchange)
    const next = this.#waiting?.[this.#next]
    if (!next || !this.#stream.writable) return
    this.#next++
    if (!this.isWaiting) {
      this.#waiting?.splice(0)
      this.#next = 0
      this.#stream.resume()
    }
    this.#begin(next)
  }
}
