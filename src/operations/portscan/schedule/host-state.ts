import { RttEstimator } from '../../../core/rtt.js'
import { type Due, Queue } from './queue.js'
import type { Timing } from './timing.js'
import { Window } from './window.js'

/** One port of one host, on its way to a verdict. */
export interface Probe {
  /** Place in the walk over the whole scan. */
  readonly position: number
  readonly host: HostState
  /** Place in the scan's list of ports. */
  readonly portIndex: number
  /** How often it was sent so far. */
  tries: number
  /** {@link UNSENT} until the first try, also where that did not count. */
  sentAtMs: number
  inFlight: boolean
}

export const UNSENT = Number.NEGATIVE_INFINITY
/** Until a host's first answer nothing is known of its distance. */
const FIRST_TIMEOUT_MS = 1000
/** Small enough for a home router's connection table. */
const FIRST_HOST_WINDOW = 50
/** An answer speaks for at most this many probes that cannot answer. */
const MAX_WEIGHT = 50

/** Silent ports after which a host that never answered gets one try a port. */
const SILENT_ENOUGH = 300
/** Answers after which the lack of any loss is believed. */
const ANSWERS_ENOUGH = 100
/** The chance we accept of losing every try to an open port, once loss is known. */
const MISS_CHANCE = 1e-6
const MAX_TRIES = 10

/** With `skipDead`: that many reports that the host cannot be reached, or silent tries, and no answer at all. */
const UNREACHABLE_ENOUGH = 3
const DEAD_SILENCE = 200

/** Round trips that rise above twice the shortest by more than this are a queue that fills. */
const QUEUE_SLACK_MS = 20
/** Loss beyond what a bad link loses by itself. */
const CONGESTION_LOSS = 0.15
const CONGESTION_ANSWERS = 30

/** What is known of one host: its round trips, its losses, its window, and its probes on the way or waiting. */
export class HostState implements Due {
  queuedFor = Number.POSITIVE_INFINITY
  /** The queue in which it waits for its turn to send, or null. */
  readyIn: Queue<HostState> | null = null
  /** Its ports from this position of the walk on are put off; Infinity for none. */
  putOffFrom = Number.POSITIVE_INFINITY
  /** Whether the walk has come back for what was put off. */
  resumed = false
  inFlight = 0
  /** Its ports that the walk has come to. */
  drawn = 0
  readonly index: number
  /** Block of hosts that it belongs to: once the walk has left it, an idle host is forgotten. */
  readonly block: number
  readonly rtt: RttEstimator
  readonly #window: Window
  readonly #sent = new Queue<Probe>()
  readonly #waiting = new Queue<Probe>()
  /** Silent after one hasty try: judged at the end, or tried again if the host turns out to be alive. */
  readonly #parked = new Queue<Probe>()
  #probesSent = 0
  #answers = 0
  #answersToRetries = 0
  #silent = 0
  #silentTries = 0
  #unreachable = 0
  readonly #ceilingMs: number

  constructor(index: number, block: number, { timeoutMs, maxInFlight }: Timing) {
    this.index = index
    this.block = block
    this.#ceilingMs = timeoutMs
    this.rtt = new RttEstimator(FIRST_TIMEOUT_MS, timeoutMs)
    this.#window = new Window(FIRST_HOST_WINDOW, maxInFlight)
  }

  get hasRoom(): boolean {
    return this.inFlight < this.#window.size
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get parked(): number {
    return this.#parked.length
  }

  get idle(): boolean {
    return this.inFlight === 0 && this.#waiting.length === 0 && this.#parked.length === 0
  }

  /** Whether it has ever answered by itself; word that it cannot be reached does not count. */
  get alive(): boolean {
    return this.#answers > this.#unreachable
  }

  /** Whether it was silent once and has never answered. */
  get silentSoFar(): boolean {
    return this.#silentTries > 0 && !this.alive
  }

  /** Certainly down, as far as connecting can tell: never an answer of its own, and enough signs that none will come. */
  get dead(): boolean {
    if (this.alive) return false
    return this.#unreachable >= UNREACHABLE_ENOUGH || (this.#answers === 0 && this.#silentTries >= DEAD_SILENCE)
  }

  /** Whether it has answered nothing to so many ports that the rest get one try each. */
  get hasty(): boolean {
    return this.#answers === 0 && this.#silent >= SILENT_ENOUGH
  }

  park(probe: Probe): void {
    this.#parked.push(probe)
  }

  takeParked(): Probe | undefined {
    return this.#parked.shift()
  }

  /** Waits for its turn: a port whose host had no room, or a retry. */
  wait(probe: Probe): void {
    this.#waiting.push(probe)
  }

  takeWaiting(): Probe | undefined {
    return this.#waiting.shift()
  }

  /** Lets go of waiting ports that were never sent, but for the first `kept`. Returns where they began, or null. */
  dropUnsent(kept: number): { readonly from: number; readonly count: number } | null {
    let from = Number.POSITIVE_INFINITY
    let [left, count] = [kept, 0]
    for (let i = this.#waiting.length; i > 0; i--) {
      const probe = this.#waiting.shift()
      if (!probe) break
      if (probe.sentAtMs !== UNSENT || left-- > 0) this.#waiting.push(probe)
      else {
        from = Math.min(from, probe.position)
        count++
      }
    }
    this.drawn -= count
    return count === 0 ? null : { from, count }
  }

  sent(probe: Probe, nowMs: number): void {
    probe.sentAtMs = nowMs
    probe.tries++
    this.#probesSent++
  }

  /** Its answer is waited for. */
  entered(probe: Probe): void {
    probe.inFlight = true
    this.#sent.push(probe)
    this.inFlight++
  }

  left(probe: Probe): void {
    probe.inFlight = false
    this.inFlight--
  }

  /** Any answer, also a refusal, or word that it cannot be reached. Returns how many probes it speaks for. */
  answered(probe: Probe, unreachable: boolean, nowMs: number): number {
    if (unreachable) this.#unreachable++
    this.rtt.sample(nowMs - probe.sentAtMs)
    this.#answers++
    const weight = Math.min(MAX_WEIGHT, this.#probesSent / this.#answers)
    const { srttMs, minMs } = this.rtt
    if (probe.tries > 1) this.#answersToRetries++
    if (probe.tries > 1 && this.#answers > CONGESTION_ANSWERS && this.#loss > CONGESTION_LOSS) {
      this.#window.cut(0.5, probe.sentAtMs, nowMs)
    } else if (srttMs !== null && srttMs > 2 * minMs + QUEUE_SLACK_MS) this.#window.cut(0.7, probe.sentAtMs, nowMs)
    else this.#window.grow(this.inFlight, weight)
    return weight
  }

  /** No answer in time. Silence is no congestion: firewalls drop. */
  silent(final: boolean): void {
    this.#silentTries++
    if (final) this.#silent++
    this.#window.grow(this.inFlight)
  }

  /** When its oldest probe in flight has waited long enough; Infinity for none. */
  dueAt(): number {
    const oldest = this.#oldest()
    return oldest ? oldest.sentAtMs + this.rtt.timeoutMs : Number.POSITIVE_INFINITY
  }

  /** Its oldest probe in flight, if that has waited long enough. */
  overdue(nowMs: number): Probe | undefined {
    return this.dueAt() <= nowMs ? this.#oldest() : undefined
  }

  /** How often a port is tried before silence is believed; `retries` fixes it, null goes by the loss that was seen. */
  triesAllowed(retries: number | null): number {
    if (retries !== null) return retries + 1
    if (this.#answers === 0) return this.hasty ? 1 : 2
    // Where the ceiling cuts the wait short, silence is doubtful: look once more.
    const second = this.rtt.timeoutMs >= this.#ceilingMs ? 1 : 0
    if (this.#answersToRetries === 0) return second + (this.#answers >= ANSWERS_ENOUGH ? 2 : 3)
    return (
      second + Math.min(MAX_TRIES, Math.max(3, Math.ceil(Math.log(MISS_CHANCE) / Math.log(Math.min(0.5, this.#loss)))))
    )
  }

  /** Share of first tries that stayed without an answer which a later one got. */
  get #loss(): number {
    return (this.#answersToRetries + 1) / (this.#answers + 1)
  }

  /** Answered probes stay in the queue until they come to its head. */
  #oldest(): Probe | undefined {
    for (let probe = this.#sent.peek(); probe; probe = this.#sent.peek()) {
      if (probe.inFlight) return probe
      this.#sent.shift()
    }
    return undefined
  }
}
