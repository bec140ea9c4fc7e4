import { deadlineFailure, type Failure } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import { formatDuration } from '../../core/text/duration.js'

/** setTimeout holds at most 2^31 - 1 ms. */
const MAX_TIMER_MS = 2_147_483_647

/** One timer that looks when the last byte went by, not one restarted for each byte. */
export class IdleWatch {
  readonly #idleMs: number
  readonly #expired: (silentMs: number) => void
  #lastMs = performance.now()
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #held = false

  /** @param idleMs how long nothing may go by, in milliseconds. */
  constructor(idleMs: number, expired: (silentMs: number) => void) {
    this.#idleMs = idleMs
    this.#expired = expired
    this.#look()
  }

  /** A byte went by. */
  touch(): void {
    this.#lastMs = performance.now()
  }

  /** Our own side is slow to take what came: until {@link release} the silence is not the peer's. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
    this.touch()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #look(): void {
    if (this.#stopped) return
    if (this.#held) this.touch()
    const left = this.#idleMs - (performance.now() - this.#lastMs)
    if (left > 0) {
      this.#timer = setTimeout(() => this.#look(), Math.min(Math.ceil(left), MAX_TIMER_MS))
      return
    }
    // The I/O of this turn first: a byte that is already there wins.
    const seenMs = this.#lastMs
    setImmediate(() => {
      if (this.#stopped) return
      if (this.#lastMs !== seenMs) return this.#look()
      this.#expired(this.#idleMs)
    })
  }
}

/** The failure of a conversation in which nothing went by for so long. */
export function silentFor(name: string, idleMs: number): Failure {
  const message = `neither ${name} nor this side said anything for ${formatDuration(idleMs)}`
  return deadlineFailure('read', message, hint('allow more silence', 'more-silence'))
}
