import { startTimer } from '../../core/timer.js'

/** A scan of all that waits is not done more often. */
const PAUSE_MS = 10

/**
 * One timer for all that waits for an answer: a timer each would cost more than the questions. It goes off when the
 * first is due and after the I/O of that turn: an answer that is already there wins.
 */
export class DueTimer {
  readonly #look: (now: number) => number
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined
  #at = Number.POSITIVE_INFINITY

  /** `look` ends what is due at `now` and returns when the next is: clock of `performance.now()`, Infinity for none. */
  constructor(look: (now: number) => number) {
    this.#look = look
  }

  /** Something is due at `at`. */
  set(at: number): void {
    if (at >= this.#at) return
    this.stop()
    this.#at = at
    this.#timer = startTimer(() => this.#onTime(), at - performance.now())
  }

  stop(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    this.#at = Number.POSITIVE_INFINITY
  }

  #onTime(): void {
    this.#immediate = setImmediate(() => {
      this.#at = Number.POSITIVE_INFINITY
      const now = performance.now()
      const next = this.#look(now)
      if (next !== Number.POSITIVE_INFINITY) this.set(Math.max(next, now + PAUSE_MS))
    })
  }
}
