import { Backlog, FIRST_TOTAL_WINDOW } from './backlog.js'
import type { HostState, Probe } from './host-state.js'
import { DueQueue, Queue } from './queue.js'
import type { Timing } from './timing.js'
import type { Walk } from './walk.js'
import { Window } from './window.js'

export type { Probe } from './host-state.js'

/** What became of a probe that nobody answered: `retry` comes around again, the others are over. */
export type Unanswered = 'silent' | 'retry' | 'skipped'

const MAX_PARKED = 262_144
/** After a refusal for want of descriptors, ports or buffers; doubles up to the last. */
const FIRST_PAUSE_MS = 20
const LAST_PAUSE_MS = 1000
/** Slots of the rate that may be made up for after a late wake-up. */
const BURST_MS = 50

/**
 * Decides what to send next and when to give up. Pure: it is told the time, what came back and what did not, and knows
 * no socket. A probe that is answered, or silent for good, leaves it; everything else comes around again.
 */
export class Scheduler {
  readonly #timing: Timing
  readonly #window: Window
  readonly #backlog: Backlog
  readonly #due = new DueQueue<HostState>()
  readonly #parkedHosts = new Queue<HostState>()
  #parked = 0
  #inFlight = 0
  #pauseUntil = Number.NEGATIVE_INFINITY
  #refusals = 0
  #nextSlot = Number.NEGATIVE_INFINITY
  #sent = 0

  constructor(walk: Walk, timing: Timing) {
    this.#timing = timing
    this.#backlog = new Backlog(walk, timing, (host) => this.#due.remove(host))
    // With several hosts there must be room for those that will turn out to answer.
    const first =
      walk.hosts === 1 ? FIRST_TOTAL_WINDOW : Math.min(FIRST_TOTAL_WINDOW, Math.ceil(timing.maxInFlight / 2))
    this.#window = new Window(first, timing.maxInFlight)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Probes sent so far, retries included. */
  get sent(): number {
    return this.#sent
  }

  get done(): boolean {
    return this.#quiet && this.#parked === 0
  }

  /** Nothing is left to send, unless a parked port turns out to deserve it. */
  get #quiet(): boolean {
    return this.#inFlight === 0 && this.#backlog.empty
  }

  /** How often in a row this machine has refused, with no answer between. */
  get refusals(): number {
    return this.#refusals
  }

  /** The next probe to send now, in flight from here on, or null: then {@link wakeAt} tells when to ask again. */
  next(nowMs: number): Probe | null {
    const probe = this.draw(nowMs)
    if (probe) this.enter(probe)
    return probe
  }

  /**
   * As {@link next}, for who learns at once what became of it: before another is drawn the probe is answered, refused,
   * sent again, or it enters.
   */
  draw(nowMs: number): Probe | null {
    if (this.#inFlight >= this.#window.size || nowMs < this.#pauseUntil) return null
    const { rate } = this.#timing
    if (rate !== null && nowMs < this.#nextSlot) return null
    const probe = this.#backlog.take(this.#inFlight)
    if (!probe) return null
    if (rate !== null) this.#nextSlot = Math.max(this.#nextSlot, nowMs - BURST_MS) + 1000 / rate
    const { host } = probe
    host.sent(probe, nowMs)
    this.#sent++
    this.#backlog.wake(host)
    return probe
  }

  /** A drawn probe is in flight: nothing has answered it at once. */
  enter(probe: Probe): void {
    const { host } = probe
    host.entered(probe)
    this.#inFlight++
    this.#due.add(host, host.dueAt())
  }

  /**
   * When to look again if nothing arrives before; Infinity where only an answer is awaited. `nowMs` is the instant at
   * which {@link next} last had nothing.
   */
  wakeAt(nowMs: number): number {
    if (this.#backlog.hasSkipped || this.#quiet) return nowMs
    const expiry = this.#due.earliest()
    const canSend = this.#inFlight < this.#window.size && this.#backlog.hasMore
    const gate = Math.max(this.#pauseUntil, this.#nextSlot)
    if (!canSend) return expiry
    if (gate > nowMs) return Math.min(expiry, gate)
    return this.#backlog.cutShort ? nowMs : expiry
  }

  /**
   * The host, or one on the way to it, said something: the probe is over. `unreachable`: that there is no way to it, or
   * nobody there.
   */
  answered(probe: Probe, unreachable: boolean, nowMs: number): void {
    const { host } = probe
    this.#refusals = 0
    this.#window.grow(this.#inFlight, host.answered(probe, unreachable, nowMs))
    for (let doubtful = host.takeParked(); doubtful; doubtful = host.takeParked()) {
      this.#parked--
      this.#backlog.setAside(doubtful)
    }
    this.#leave(probe)
  }

  /** The probe came to nothing and is sent again: it met itself, or the try was not a fair one. */
  again(probe: Probe): void {
    probe.tries--
    this.#setAsideAgain(probe)
  }

  /** This machine is out of descriptors, ports or buffers: fewer at once, none for a moment; the try does not count. */
  refused(probe: Probe, nowMs: number): void {
    if (nowMs >= this.#pauseUntil) {
      this.#pauseUntil = nowMs + Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(10, this.#refusals))
      this.#refusals++
    }
    this.#window.shrinkTo(this.#inFlight - 1)
    this.again(probe)
  }

  /**
   * A probe that nobody answered in time, or null. Its try is to be ended; unless it is retried it is over. Parked ports
   * come last, when no answer of their host can speak for them any more.
   */
  expire(nowMs: number): { readonly probe: Probe; readonly outcome: Unanswered } | null {
    const skipped = this.#backlog.takeSkipped()
    if (skipped) return { probe: skipped, outcome: 'skipped' }
    for (let host = this.#due.pop(nowMs); host; host = this.#due.pop(nowMs)) {
      const probe = host.overdue(nowMs)
      if (!probe) {
        this.#due.add(host, host.dueAt())
        continue
      }
      return this.#silence(probe)
    }
    return this.#quiet ? this.#unpark() : null
  }

  #silence(probe: Probe): { readonly probe: Probe; readonly outcome: Unanswered } {
    const { host } = probe
    const { retries } = this.#timing
    const final = probe.tries >= host.triesAllowed(retries)
    const park = final && retries === null && host.hasty && this.#parked < MAX_PARKED
    host.silent(final)
    this.#backlog.fellSilent(host)
    this.#window.grow(this.#inFlight)
    if (park) {
      if (host.parked === 0) this.#parkedHosts.push(host)
      host.park(probe)
      this.#parked++
    }
    if (final) this.#leave(probe)
    else this.#setAsideAgain(probe)
    this.#due.add(host, host.dueAt())
    return { probe, outcome: final && !park ? 'silent' : 'retry' }
  }

  #unpark(): { readonly probe: Probe; readonly outcome: Unanswered } | null {
    for (let host = this.#parkedHosts.peek(); host; host = this.#parkedHosts.peek()) {
      const probe = host.takeParked()
      if (probe) {
        this.#parked--
        return { probe, outcome: 'silent' }
      }
      this.#parkedHosts.shift()
    }
    return null
  }

  #leave(probe: Probe): void {
    const { host } = probe
    if (probe.inFlight) {
      host.left(probe)
      this.#inFlight--
      this.#due.add(host, host.dueAt())
    }
    this.#backlog.release(host)
  }

  #setAsideAgain(probe: Probe): void {
    this.#backlog.setAside(probe)
    this.#leave(probe)
  }
}
