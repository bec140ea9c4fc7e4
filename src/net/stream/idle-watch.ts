import { deadlineFailure, type Failure } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import { formatDuration } from '../../core/text/duration.js'
import { startTimer } from '../../core/timer.js'

/** One timer that looks when the last byte went by, not one restarted for each byte. */
export class IdleWatch {
  readonly #idleMs: number
  readonly #expired: () => void
  readonly #excused: () => boolean
  #lastMs = performance.now()
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  /**
   * @param idleMs how long nothing may go by, in milliseconds
   * @param excused whether it is our own side that is slow to take what came: the silence is not the peer's then
   */
  constructor(idleMs: number, expired: () => void, excused: () => boolean = () => false) {
    this.#idleMs = idleMs
    this.#expired = expired
    this.#excused = excused
    this.#look()
  }

  /** A byte went by. */
  touch(): void {
    this.#lastMs = performance.now()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #look(): void {
    if (this.#stopped) return
    if (this.#excused()) this.touch()
    const left = this.#idleMs - (performance.now() - this.#lastMs)
    if (left > 0) {
      this.#timer = startTimer(() => this.#look(), left)
      return
    }
    // The I/O of this turn first: a byte that is already there wins.
    const seenMs = this.#lastMs
    setImmediate(() => {
      if (this.#stopped) return
      if (this.#lastMs !== seenMs || this.#excused()) return this.#look()
      this.#expired()
    })
  }
}

/** The failure of a conversation in which nothing went by for so long. */
export function silentFor(name: string, idleMs: number): Failure {
  const message = `neither ${name} nor this side said anything for ${formatDuration(idleMs)}`
  return deadlineFailure('read', message, hint('allow more silence', 'more-silence'))
}
