import { HostState, type Probe } from './host-state.js'
import { DueQueue, Queue } from './queue.js'
import { Window } from './window.js'

export type { Probe } from './host-state.js'

export interface Step {
  readonly position: number
  /** Indices in the scan's lists. */
  readonly host: number
  readonly port: number
  /** Hosts of earlier blocks do not come up again. */
  readonly block: number
}

/** The walk over all ports of all hosts. */
export interface Walk {
  /** How many hosts it will meet. */
  readonly hosts: number
  /** The most ports that it may have of one host. */
  readonly ports?: number
  /** The next step, or null at its end. */
  next(): Step | null
}

export interface Timing {
  /** Probes in flight at once, over all hosts. */
  readonly maxInFlight: number
  /** Probes sent a second, or null. */
  readonly rate: number | null
  /** Retries for silence; null adapts them to the loss that was seen. */
  readonly retries: number | null
  /** Longest wait for one answer, in milliseconds. */
  readonly timeoutMs: number
  /** Gives up a host that is certainly down: the rest of its ports are skipped. */
  readonly skipDead: boolean
}

/** What became of a probe that nobody answered: `retry` comes around again, the others are over. */
export type Unanswered = 'silent' | 'retry' | 'skipped'

/** Steps drawn for hosts whose window was full: bounds the memory that slow hosts may take. */
const MAX_SET_ASIDE = 262_144
const MAX_PARKED = 262_144
const FIRST_WINDOW = 256
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
  readonly #walk: Walk
  readonly #timing: Timing
  readonly #window: Window
  readonly #hosts = new Map<number, HostState>()
  readonly #due = new DueQueue<HostState>()
  /** Hosts with something to send and room for it. */
  readonly #ready = new Queue<HostState>()
  /** Of hosts that were given up: over, and not yet told. */
  readonly #skipped = new Queue<Probe>()
  readonly #parkedHosts = new Queue<HostState>()
  #parked = 0
  #block = 0
  #inFlight = 0
  #setAside = 0
  #drained = false
  #pauseUntil = Number.NEGATIVE_INFINITY
  #refusals = 0
  #nextSlot = Number.NEGATIVE_INFINITY
  #sent = 0

  constructor(walk: Walk, timing: Timing) {
    this.#walk = walk
    this.#timing = timing
    this.#window = new Window(FIRST_WINDOW, timing.maxInFlight)
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
    return this.#drained && this.#inFlight === 0 && this.#setAside === 0
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
    const probe = this.#fromReady() ?? this.#fromWalk()
    if (!probe) return null
    if (rate !== null) this.#nextSlot = Math.max(this.#nextSlot, nowMs - BURST_MS) + 1000 / rate
    const { host } = probe
    host.sent(probe, nowMs)
    this.#sent++
    this.#wake(host)
    return probe
  }

  /** A drawn probe is in flight: nothing has answered it at once. */
  enter(probe: Probe): void {
    const { host } = probe
    host.entered(probe)
    this.#inFlight++
    this.#due.add(host, host.dueAt())
  }

  /** When to look again if nothing arrives before. Infinity where only an answer or nothing at all is awaited. */
  wakeAt(nowMs: number): number {
    if (this.#skipped.length > 0 || this.#quiet) return nowMs
    const expiry = this.#due.earliest()
    const canSend = this.#inFlight < this.#window.size && (this.#ready.length > 0 || !this.#drained)
    const gate = Math.max(this.#pauseUntil, this.#nextSlot)
    return canSend && gate > nowMs ? Math.min(expiry, gate) : expiry
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
      this.#setAside++
      host.wait(doubtful)
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
    const skipped = this.#skipped.shift()
    if (skipped) {
      this.#setAside--
      return { probe: skipped, outcome: 'skipped' }
    }
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

  /** In turn, so that no host keeps the others waiting. */
  #fromReady(): Probe | null {
    for (let host = this.#ready.shift(); host; host = this.#ready.shift()) {
      host.isReady = false
      if (this.#givesUp(host)) {
        for (let probe = host.takeWaiting(); probe; probe = host.takeWaiting()) this.#skipped.push(probe)
        continue
      }
      const probe = host.hasRoom ? host.takeWaiting() : undefined
      if (!probe) continue
      this.#setAside--
      return probe
    }
    return null
  }

  #fromWalk(): Probe | null {
    while (!this.#drained && this.#setAside < MAX_SET_ASIDE) {
      if (this.#walk.hosts === 1 && this.#hosts.size === 1 && this.#inFlight > 0) {
        // With one host there is no use in drawing what cannot be sent yet.
        const [host] = this.#hosts.values()
        if (host && !host.hasRoom) return null
      }
      const step = this.#walk.next()
      if (!step) {
        this.#drained = true
        return null
      }
      if (step.block !== this.#block) this.#enter(step.block)
      const host = this.#hostOf(step)
      host.drawn++
      const probe = { position: step.position, host, port: step.port, tries: 0, sentAtMs: 0, inFlight: false }
      const givenUp = this.#givesUp(host)
      if (host.hasRoom && !givenUp) return probe
      this.#setAside++
      if (givenUp) this.#skipped.push(probe)
      else host.wait(probe)
    }
    return null
  }

  #givesUp(host: HostState): boolean {
    return this.#timing.skipDead && host.dead
  }

  #hostOf({ host: index, block }: Step): HostState {
    const known = this.#hosts.get(index)
    if (known) return known
    const host = new HostState(index, block, this.#timing)
    this.#hosts.set(index, host)
    return host
  }

  /** The walk has left a block: its hosts are forgotten as they fall idle. */
  #enter(block: number): void {
    this.#block = block
    for (const host of this.#hosts.values()) if (host.idle) this.#forget(host)
  }

  #forget(host: HostState): void {
    this.#hosts.delete(host.index)
    this.#due.remove(host)
  }

  #wake(host: HostState): void {
    if (host.isReady || host.waiting === 0 || !host.hasRoom) return
    host.isReady = true
    this.#ready.push(host)
  }

  #leave(probe: Probe): void {
    const { host } = probe
    if (probe.inFlight) {
      host.left(probe)
      this.#inFlight--
      this.#due.add(host, host.dueAt())
    }
    if (host.idle && (host.block < this.#block || host.drawn === this.#walk.ports)) this.#forget(host)
    else this.#wake(host)
  }

  #setAsideAgain(probe: Probe): void {
    probe.host.wait(probe)
    this.#setAside++
    this.#leave(probe)
  }
}
