/** It never closes: something must go out to be answered. */
const LEAST = 4

/**
 * How many questions may be in flight at once. It is halved when a question turns out to have been lost, that is when its
 * repetition is answered: silence alone may be the server's way with that name. All that was lost in one flight halves it
 * once; each window's worth of answers opens it by one again, as TCP does.
 */
export class FlightWindow {
  readonly #most: number
  #size: number
  /** Clock of `performance.now()`. */
  #halvedAt = Number.NEGATIVE_INFINITY

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
    if (this.#size < this.#most) this.#size = Math.min(this.#most, this.#size + 1 / this.#size)
  }

  /** A question that left at `sentAt` was lost, as is known now. */
  lost(sentAt: number, now: number): void {
    if (sentAt < this.#halvedAt) return
    this.#size = Math.max(Math.min(LEAST, this.#most), this.#size / 2)
    this.#halvedAt = now
  }
}
