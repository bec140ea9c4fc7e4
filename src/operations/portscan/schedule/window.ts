/** After a cut the window opens by at least this share in each round trip: by one probe it would take minutes. */
const LEAST_GROWTH = 1 / 16
/** What this machine can always do. */
const FEWEST = 4

/** How many probes may be in flight: opens while answers come, gives way when they suffer. */
export class Window {
  #size: number
  #slowStart = true
  /** Congestion does not cut below the size that was taken for harmless at first. */
  readonly #initial: number
  readonly #max: number
  /** Probes sent before this instant belong to a window that was cut already. */
  #cutAt = Number.NEGATIVE_INFINITY

  constructor(initial: number, max: number) {
    this.#max = Math.max(1, max)
    this.#size = Math.min(initial, this.#max)
    this.#initial = this.#size
  }

  get size(): number {
    return Math.floor(this.#size)
  }

  /**
   * An answer, or silence where no answer can be expected. `weight` speaks for probes that cannot answer. A window that
   * is not made use of does not open (RFC 7661).
   */
  grow(inFlight: number, weight = 1): void {
    if (inFlight * 2 < this.#size) return
    this.#size = Math.min(
      this.#max,
      this.#size + weight * (this.#slowStart ? 1 : Math.max(LEAST_GROWTH, 1 / this.#size)),
    )
  }

  /** Congestion, seen by a probe sent at `sentAtMs`; cuts once for each window's worth. */
  cut(factor: number, sentAtMs: number, nowMs: number): void {
    if (sentAtMs < this.#cutAt) return
    this.#cutAt = nowMs
    this.#slowStart = false
    this.#size = Math.min(this.#size, Math.max(this.#initial, this.#size * factor))
  }

  /** No more than this many at once, since this machine has no means for them. */
  shrinkTo(size: number): void {
    this.#slowStart = false
    this.#size = Math.min(this.#size, Math.max(FEWEST, size))
  }
}
