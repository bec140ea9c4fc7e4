import type { Probe, Scheduler } from '../schedule/scheduler.js'
import {
  type Engine,
  isVerdict,
  MET_ITSELF,
  type PortVerdict,
  type ReportTry,
  SILENCE,
  SKIPPED,
  type TryEnd,
} from './engine.js'

/** Refusals in a row, each after a longer pause, before this machine is taken at its word. */
const MAX_REFUSALS = 12

/** A port is decided. `rttMs` is null where nobody knows when its answer came, or none did. */
export type ReportVerdict = (probe: Probe, verdict: PortVerdict, rttMs: number | null) => void

/**
 * What every engine is driven by: tries that the scheduler asks for are started, what becomes of them is told to the
 * scheduler, verdicts are told to the scan. When to send and when to look is up to the caller, who has an event loop or a
 * thread of its own.
 */
export class ScanDriver<E extends Engine> {
  readonly engine: E
  readonly #scheduler: Scheduler
  readonly #verdict: ReportVerdict
  #refused: string | null = null
  /** The last look at the clock. */
  #nowMs = performance.now()

  constructor(scheduler: Scheduler, engine: (report: ReportTry) => E, verdict: ReportVerdict) {
    this.#scheduler = scheduler
    this.#verdict = verdict
    this.engine = engine((probe, end, atMs) => this.#tried(probe, end, atMs))
  }

  /** The code with which this machine went on refusing to open sockets (EMFILE), or null. */
  get refused(): string | null {
    return this.#refused
  }

  /** Every port has its verdict, or this machine does not let the scan go on. */
  get over(): boolean {
    return this.#refused !== null || this.#scheduler.done
  }

  /** Starts what is to be sent now, up to `most` tries; returns how many. */
  send(most: number): number {
    this.#nowMs = performance.now()
    for (let started = 0; started < most; started++) {
      const probe = this.#scheduler.draw(this.#nowMs)
      if (!probe) return started
      if (!this.engine.start(probe)) continue
      this.#scheduler.enter(probe)
      this.#nowMs = performance.now()
    }
    return most
  }

  /** Gives up what nobody answered in time, as long as there is `room` for verdicts. */
  expire(room: () => boolean): void {
    this.#nowMs = performance.now()
    while (room()) {
      const expired = this.#scheduler.expire(this.#nowMs)
      if (!expired) return
      const { probe, outcome } = expired
      const known = this.engine.cancel(probe)
      if (outcome === 'skipped') this.#verdict(probe, SKIPPED, null)
      else if (outcome === 'silent') this.#verdict(probe, known && isVerdict(known) ? known : SILENCE, null)
    }
  }

  /** The instant at which to look again if nothing arrives before; Infinity where only an answer is awaited. */
  get wakeAtMs(): number {
    // Asked for the instant at which there was nothing to send: by a later one, what was waited for may have come.
    return this.#scheduler.wakeAt(this.#nowMs)
  }

  #tried(probe: Probe, end: TryEnd, atMs: number): void {
    const scheduler = this.#scheduler
    this.#nowMs = atMs
    if (isVerdict(end)) {
      const rttMs = Math.max(0, atMs - probe.sentAtMs)
      scheduler.answered(probe, end.unreachable, atMs)
      this.#verdict(probe, end, rttMs)
    } else if (end === MET_ITSELF) scheduler.again(probe)
    else {
      scheduler.refused(probe, atMs)
      if (scheduler.refusals > MAX_REFUSALS && scheduler.inFlight === 0) this.#refused = end.code
    }
  }
}
