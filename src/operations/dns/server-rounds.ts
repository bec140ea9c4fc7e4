import type { DnsServer } from './server.js'

/** One question's way through the servers: each in turn, then round after round those that are worth it. */
export class ServerRounds {
  /** From 1. */
  round = 1
  readonly #rounds: number
  #asking: readonly DnsServer[]
  #at = 0
  #again: DnsServer[] | null = null

  constructor(servers: readonly DnsServer[], rounds: number) {
    this.#asking = servers
    this.#rounds = rounds
  }

  /** Silence may have been a lost packet. */
  askAgain(server: DnsServer): void {
    if (this.#again) this.#again.push(server)
    else this.#again = [server]
  }

  /** Who is asked next; null where all have been. A new round begins only where `another` says so. */
  next(another: boolean): DnsServer | null {
    if (this.#at === this.#asking.length && another && this.#again && this.round < this.#rounds) {
      this.round++
      this.#asking = this.#again
      this.#again = null
      this.#at = 0
    }
    return this.#asking[this.#at++] ?? null
  }
}
