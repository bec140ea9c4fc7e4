import { formatDuration } from './text/duration.js'
import { startTimer } from './timer.js'
import { UsageError } from './usage-error.js'

/**
 * One absolute instant on the monotonic clock, made once and handed down through every phase.
 * It only shrinks on its way: {@link Deadline.within} takes the sooner of two.
 */
export class Deadline {
  static readonly never = new Deadline(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, null)

  /** Milliseconds on the clock of `performance.now()`; Infinity for none. */
  readonly at: number
  /** Milliseconds between its making and its instant; Infinity for none. */
  readonly allowedMs: number
  /** Whether it bounds one step of something longer: made by {@link Deadline.within}, not handed in from outside. */
  readonly ofStep: boolean
  /** What that step is a part of. */
  readonly #outer: Deadline | null

  private constructor(at: number, allowedMs: number, outer: Deadline | null) {
    this.at = at
    this.allowedMs = allowedMs
    this.ofStep = outer !== null
    this.#outer = outer
  }

  /** A deadline `ms` from now; null means none. Throws UsageError for what is no number. */
  static after(ms: number | null): Deadline {
    if (Number.isNaN(ms)) throw UsageError.of('ms', 'NaN', 'a number of milliseconds')
    return ms === null ? Deadline.never : new Deadline(performance.now() + ms, ms, null)
  }

  /** The sooner of this one and `ms` from now; null leaves it as it is. */
  within(ms: number | null, now = performance.now()): Deadline {
    if (ms === null) return this
    const at = now + ms
    return at < this.at ? new Deadline(at, ms, this) : this
  }

  /** For another step in the place of this one: `ms` from now, within what this one is a part of. */
  insteadOf(ms: number): Deadline {
    return (this.#outer ?? this).within(ms)
  }

  /** The same step, begun `ms` later, within what it is a part of. One that is no step stays as it is. */
  postponed(ms: number): Deadline {
    if (this.#outer === null) return this
    const at = this.at + ms
    return at < this.#outer.at ? new Deadline(at, this.allowedMs, this.#outer) : this.#outer
  }

  /** Milliseconds left, never negative; Infinity where there is no deadline. */
  remainingMs(): number {
    return Math.max(0, this.at - performance.now())
  }

  /** For messages, `the 300 ms allowed`: how long that was, whatever part of it went by before. */
  get inWords(): string {
    return this.allowedMs === Number.POSITIVE_INFINITY
      ? 'the time allowed'
      : `the ${formatDuration(this.allowedMs)} allowed`
  }

  get expired(): boolean {
    return performance.now() >= this.at
  }

  /**
   * Calls back once the instant has passed, after the I/O of that turn: a socket error that is already there wins
   * over the timer. Returns a function that calls it off.
   */
  onExpire(callback: () => void): () => void {
    if (this.at === Number.POSITIVE_INFINITY) return () => {}
    let immediate: NodeJS.Immediate | undefined
    let timer: NodeJS.Timeout
    const arm = () => {
      const left = this.remainingMs()
      timer = startTimer(left > 0 ? arm : last, left)
    }
    const last = () => {
      immediate = setImmediate(callback)
    }
    arm()
    return () => {
      clearTimeout(timer)
      if (immediate) clearImmediate(immediate)
    }
  }
}
