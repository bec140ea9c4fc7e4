/** Below this, a scheduling hiccup of either machine would look like silence. */
export const TIMEOUT_FLOOR_MS = 100
const MIN_FIRST_VARIANCE_MS = 5
const MAX_FIRST_VARIANCE_MS = 2000

/**
 * Round-trip estimator as nmap has it (after Jacobson and Karels, RFC 6298): srtt and rttvar smoothed by 1/8 and 1/4,
 * timeout = srtt + 4 rttvar within a floor and a ceiling. All in milliseconds.
 */
export class RttEstimator {
  srttMs: number | null = null
  minMs = Number.POSITIVE_INFINITY
  timeoutMs: number
  #variance = 0
  readonly #ceilingMs: number
  readonly #floorMs: number

  /** `firstTimeoutMs` holds until the first answer. */
  constructor(firstTimeoutMs: number, ceilingMs: number, floorMs = TIMEOUT_FLOOR_MS) {
    this.#ceilingMs = ceilingMs
    this.#floorMs = floorMs
    this.timeoutMs = Math.min(firstTimeoutMs, ceilingMs)
  }

  sample(rttMs: number): void {
    this.minMs = Math.min(this.minMs, rttMs)
    if (this.srttMs === null) {
      this.srttMs = rttMs
      this.#variance = Math.min(MAX_FIRST_VARIANCE_MS, Math.max(MIN_FIRST_VARIANCE_MS, rttMs))
    } else {
      const delta = rttMs - this.srttMs
      this.srttMs += delta / 8
      this.#variance += (Math.abs(delta) - this.#variance) / 4
    }
    this.timeoutMs = Math.min(this.#ceilingMs, Math.max(this.#floorMs, this.srttMs + 4 * this.#variance))
  }
}
