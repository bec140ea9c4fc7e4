import { HostState, type Probe, UNSENT } from './host-state.js'
import { Queue } from './queue.js'
import type { Timing } from './timing.js'
import type { Walk, WalkStep } from './walk.js'

/** Ports drawn for hosts whose window was full: bounds the memory that slow hosts may take. */
const MAX_SET_ASIDE = 65_536
/** Of a host that has not answered yet, when that bound is reached: as many as it can send before it must. */
const FIRST_KEPT = 64
/** Probes that all hosts together may have in flight before the first of them has answered. */
export const FIRST_TOTAL_WINDOW = 256
/** Probes that tell whether a host answers at all. */
const TRIAL = 4
/** Steps of the walk at one time: answers must not grow old meanwhile. */
const MAX_DRAWS = 512

/** How often the walk goes over a block, each time for the ports that are put off until then. */
type Pass = 'all' | 'alive' | 'rest'

/**
 * What is left to send, and in which order: hosts that answer come first, in turn, then new ones, then those that have
 * been silent so far. Ports of a host that cannot keep pace are put off: the walk goes over its block again for them
 * alone, so that neither memory nor the other hosts have to wait. Hosts that have answered by then come first once more.
 */
export class Backlog {
  readonly #walk: Walk
  readonly #timing: Timing
  readonly #hosts = new Map<number, HostState>()
  /** Hosts with something to send and room for it. */
  readonly #alive = new Queue<HostState>()
  readonly #others = new Queue<HostState>()
  /** Of hosts that were given up: over, and not yet told. */
  readonly #skipped = new Queue<Probe>()
  readonly #onForget: (host: HostState) => void
  #setAside = 0
  #block = 0
  #drained = false
  #cutShort = false
  #pass: Pass = 'all'
  /** Whether ports were put off in this block. */
  #putsOff = false
  /** Whether a host of this block has answered. */
  #anyAlive = false

  /** `onForget` is told of hosts that do not come up again. */
  constructor(walk: Walk, timing: Timing, onForget: (host: HostState) => void) {
    this.#walk = walk
    this.#timing = timing
    this.#onForget = onForget
  }

  /** Nothing is left but what is in flight. */
  get empty(): boolean {
    return this.#drained && this.#setAside === 0
  }

  /** Whether there may be something to send for {@link take}. */
  get hasMore(): boolean {
    return this.#alive.length > 0 || this.#others.length > 0 || !this.#drained
  }

  /** Whether {@link take} found nothing only because it had looked for long enough. */
  get cutShort(): boolean {
    return this.#cutShort
  }

  get hasSkipped(): boolean {
    return this.#skipped.length > 0
  }

  /** The next probe to send, or null where all hosts that have any have no room. */
  take(inFlight: number): Probe | null {
    this.#cutShort = false
    const probe = this.#fromReady(this.#alive)
    if (probe) return probe
    return this.#pass === 'rest'
      ? (this.#fromReady(this.#others) ?? this.#fromWalk(inFlight))
      : (this.#fromWalk(inFlight) ?? this.#fromReady(this.#others))
  }

  takeSkipped(): Probe | undefined {
    const probe = this.#skipped.shift()
    if (probe) this.#setAside--
    return probe
  }

  /** Comes around again, when it is its host's turn. */
  setAside(probe: Probe): void {
    probe.host.wait(probe)
    this.#setAside++
  }

  /** A host has something to send, or room, that it had not before. */
  wake(host: HostState): void {
    if (host.waiting === 0 || !host.hasRoom) return
    const queue = host.alive ? this.#alive : this.#others
    if (host.readyIn === queue) return
    host.readyIn = queue // what stands in the other queue is outdated
    queue.push(host)
  }

  /** A probe of the host has come to its end: forgets the host if that was its last. */
  release(host: HostState): void {
    this.#anyAlive ||= host.alive
    const over = host.block < this.#block || host.drawn === this.#walk.ports
    if (host.idle && over && host.putOffFrom === Number.POSITIVE_INFINITY) this.#forget(host)
    else this.wake(host)
  }

  /** A host was silent: unless it has answered before, the others go first. */
  fellSilent(host: HostState): void {
    if (!host.alive) this.#shed(host, 0)
  }

  /** In turn, so that no host keeps the others waiting. */
  #fromReady(queue: Queue<HostState>): Probe | null {
    for (let host = queue.shift(); host; host = queue.shift()) {
      if (host.readyIn !== queue) continue
      host.readyIn = null
      if (this.#givesUp(host)) {
        this.#skipWaiting(host)
        continue
      }
      const probe = host.hasRoom ? this.#takeWaiting(host) : null
      if (probe) return probe
    }
    return null
  }

  #skipWaiting(host: HostState): void {
    for (let probe = host.takeWaiting(); probe; probe = host.takeWaiting()) this.#skipped.push(probe)
  }

  #fromWalk(inFlight: number): Probe | null {
    for (let draws = 0; !this.#drained; draws++) {
      if (this.#setAside >= MAX_SET_ASIDE && !this.#shedAll()) return null
      if (this.#walk.hosts === 1 && this.#hosts.size === 1 && inFlight > 0) {
        // With one host there is no use in drawing what cannot be sent yet.
        const [host] = this.#hosts.values()
        if (host && !host.hasRoom) return null
      }
      if (draws === MAX_DRAWS) {
        this.#cutShort = true
        return null
      }
      const step = this.#walk.next()
      if (step?.block !== this.#block) {
        if (this.#goBack()) continue
        if (!step) {
          this.#drained = true
          return null
        }
        this.#enter(step.block)
      }
      const probe = this.#probeOf(step)
      if (probe) return probe
    }
    return null
  }

  /** What a step asks to send now; null where it was set aside, is put off, or had its turn already. */
  #probeOf({ position, hostIndex, portIndex, block }: WalkStep): Probe | null {
    let host = this.#hosts.get(hostIndex)
    if (this.#pass !== 'all') {
      if (!host?.resumed || position < host.putOffFrom) return null
    } else if (!host) {
      host = new HostState(hostIndex, block, this.#timing)
      this.#hosts.set(hostIndex, host)
    } else if (host.putOffFrom !== Number.POSITIVE_INFINITY) return null
    else if (host.silentSoFar && this.#mayPutOff(host)) {
      this.#putOff(host, position)
      return null
    }
    host.drawn++
    const probe = { position, host, portIndex, tries: 0, sentAtMs: UNSENT, inFlight: false }
    if (this.#givesUp(host)) {
      // What waits goes first: were it put off later, the walk would come by this one again.
      this.#skipWaiting(host)
      this.#setAside++
      this.#skipped.push(probe)
      return null
    }
    const hasTurn = this.#hasTurn(host)
    if (hasTurn && host.waiting === 0) return probe
    this.setAside(probe)
    return hasTurn ? this.#takeWaiting(host) : null
  }

  /** The one that has waited longest: what is put off lies behind all that was ever sent. */
  #takeWaiting(host: HostState): Probe | null {
    const probe = host.takeWaiting()
    if (probe) this.#setAside--
    return probe ?? null
  }

  /** Once a host has answered, the window is for those that do: of the others it is only to be known whether they will. */
  #hasTurn(host: HostState): boolean {
    const yields =
      this.#anyAlive && !host.alive && host.inFlight >= Math.min(TRIAL, FIRST_TOTAL_WINDOW / this.#walk.hosts)
    return host.hasRoom && !yields
  }

  #givesUp(host: HostState): boolean {
    return this.#timing.skipDead && host.dead
  }

  /** The walk cannot come back to a block that it has left. */
  #mayPutOff({ block }: HostState): boolean {
    const inReach = block === this.#block && this.#pass === 'all' && !this.#drained
    return inReach && this.#walk.goBack !== undefined && this.#walk.hosts > 1
  }

  #putOff(host: HostState, from: number): void {
    host.putOffFrom = Math.min(host.putOffFrom, from)
    this.#putsOff = true
  }

  /** Puts off what waits of a host and was never sent, but for the first of it. */
  #shed(host: HostState, kept: number): void {
    const dropped = host.waiting > kept && this.#mayPutOff(host) ? host.dropUnsent(kept) : null
    if (!dropped) return
    this.#setAside -= dropped.count
    this.#putOff(host, dropped.from)
  }

  /** Makes room where the backlog is full: new hosts put off the most of theirs, then those that answer their share. */
  #shedAll(): boolean {
    if (this.#pass !== 'all') return false
    const share = Math.floor(MAX_SET_ASIDE / (2 * this.#hosts.size))
    for (const host of this.#hosts.values()) if (!host.alive) this.#shed(host, Math.min(FIRST_KEPT, share))
    if (this.#setAside < MAX_SET_ASIDE / 2) return true
    for (const host of this.#hosts.values()) this.#shed(host, share)
    return this.#setAside < MAX_SET_ASIDE
  }

  /** At the end of a block: once more over it, if anything is put off. */
  #goBack(): boolean {
    const ended = this.#pass
    this.#pass = 'all'
    if (!this.#putsOff) return false
    const late: HostState[] = []
    for (const host of this.#hosts.values()) {
      if (host.resumed) host.putOffFrom = Number.POSITIVE_INFINITY
      host.resumed = false
      if (host.putOffFrom !== Number.POSITIVE_INFINITY) late.push(host)
    }
    this.#putsOff = late.length > 0
    if (late.length === 0) return false
    const alive = ended === 'all' ? late.filter((host) => host.alive) : []
    this.#pass = alive.length > 0 ? 'alive' : 'rest'
    let from = Number.POSITIVE_INFINITY
    for (const host of alive.length > 0 ? alive : late) {
      host.resumed = true
      from = Math.min(from, host.putOffFrom)
    }
    this.#walk.goBack?.(from)
    return true
  }

  /** The walk has left a block: its hosts are forgotten as they fall idle. */
  #enter(block: number): void {
    this.#block = block
    this.#anyAlive = false
    for (const host of this.#hosts.values()) if (host.idle) this.#forget(host)
  }

  #forget(host: HostState): void {
    this.#hosts.delete(host.index)
    this.#onForget(host)
  }
}
