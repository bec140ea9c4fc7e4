import type { SilentEvent } from './events.js'
import type { DnsServer } from './server.js'

/** After so long a question tries whether a silent server is back, ms: that may cost it a whole try. */
const LOOK_AGAIN_MS = 30_000

type FellSilent = (server: DnsServer, elapsedMs: number) => void

/** For {@link ServerOrder}. */
export function tellingSilence({ emit }: { emit(event: SilentEvent): void }): FellSilent {
  return ({ name }, elapsedMs) => emit({ type: 'silent', server: name, elapsedMs })
}

/**
 * Who is asked first, where much is asked: a server from which nothing at all came through a whole try would cost each
 * further question that time, so it comes after the others until it answers again. Times are of `performance.now()`.
 */
export class ServerOrder {
  readonly #fellSilent: FellSilent
  readonly #heardAt = new Map<DnsServer, number>()
  /** Of silent ones alone. */
  readonly #lookAgainAt = new Map<DnsServer, number>()

  /** `fellSilent` is called when a server is put behind the others. */
  constructor(fellSilent: FellSilent) {
    this.#fellSilent = fellSilent
  }

  of(servers: readonly DnsServer[], now: number): readonly DnsServer[] {
    if (this.#lookAgainAt.size === 0) return servers
    const due = servers.find((server) => now >= (this.#lookAgainAt.get(server) ?? Number.POSITIVE_INFINITY))
    if (due) this.#lookAgainAt.set(due, now + LOOK_AGAIN_MS)
    const isLater = (server: DnsServer) => server !== due && this.#lookAgainAt.has(server)
    return [...servers.filter((server) => !isLater(server)), ...servers.filter(isLater)]
  }

  /** Something came from it, or of it: an answer, a refusal. */
  heard(server: DnsServer, now: number): void {
    this.#heardAt.set(server, now)
    this.#lookAgainAt.delete(server)
  }

  /** A try at it, begun at `triedAt`, has had all its time without an answer. */
  unanswered(server: DnsServer, triedAt: number, now: number): void {
    if (this.#lookAgainAt.has(server) || (this.#heardAt.get(server) ?? Number.NEGATIVE_INFINITY) >= triedAt) return
    this.#lookAgainAt.set(server, now + LOOK_AGAIN_MS)
    this.#fellSilent(server, now - triedAt)
  }
}
