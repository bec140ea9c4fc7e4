/** It never closes: something must go out to be answered. */
const LEAST = 4
/** Questions over which losses are averaged. */
const MEMORY = 128
/** Networks lose one in ten at random at worst, and fewer questions would not help there: a larger share is congestion. */
const TOO_MANY = 0.25

/**
 * How many questions may be in flight at once. It is halved when a quarter of them turns out to have been lost, that is
 * when their repetitions are answered: silence alone may be the server's way with that name. All that was lost in one
 * flight halves it once; each window's worth of answers opens it by one again, as TCP does.
 */
export class FlightWindow {
  readonly #most: number
  #size: number
  /** Clock of `performance.now()`. */
  #halvedAt = Number.NEGATIVE_INFINITY
  /** Of the latest questions. */
  #lossShare = 0

  constructor(most: number) {
    this.#most = most
    this.#size = most
  }

  /** A whole number, 1 or more. */
  get size(): number {
    return Math.floor(this.#size)
  }

  /** A question was answered at once. */
  answered(): void {
    this.#lossShare -= this.#lossShare / MEMORY
    if (this.#size < this.#most) this.#size = Math.min(this.#most, this.#size + 1 / this.#size)
  }

  /** A question that left at `sentAt` was lost, as is known now. */
  lost(sentAt: number, now: number): void {
    if (sentAt < this.#halvedAt) return
    this.#lossShare += (1 - this.#lossShare) / MEMORY
    if (this.#lossShare <= TOO_MANY) return
    this.#size = Math.max(Math.min(LEAST, this.#most), this.#size / 2)
    this.#halvedAt = now
    this.#lossShare = 0
  }
}
