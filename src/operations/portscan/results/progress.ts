import type { ProgressEvent } from '../types.js'

const INTERVAL_MS = 250
/** Weight of the newest interval in the rate. */
const SMOOTHING = 0.3

/** Emits `progress` four times a second while a scan runs. */
export class ProgressMeter {
  readonly #timer: NodeJS.Timeout
  #last: { atMs: number; done: number }
  #perSecond = 0

  constructor(read: () => { done: number; total: number; open: number }, emit: (event: ProgressEvent) => void) {
    const startedMs = performance.now()
    this.#last = { atMs: startedMs, done: read().done }
    this.#timer = setInterval(() => {
      const { done, total, open } = read()
      const nowMs = performance.now()
      const perSecond = (1000 * (done - this.#last.done)) / (nowMs - this.#last.atMs)
      this.#perSecond = this.#perSecond === 0 ? perSecond : this.#perSecond + SMOOTHING * (perSecond - this.#perSecond)
      this.#last = { atMs: nowMs, done }
      const leftMs = this.#perSecond > 0 ? (1000 * (total - done)) / this.#perSecond : null
      const elapsedMs = nowMs - startedMs
      emit({ type: 'progress', done, total, open, elapsedMs, perSecond: Math.round(this.#perSecond), leftMs })
    }, INTERVAL_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
