import type { Probe, Scheduler } from '../schedule/scheduler.js'
import { EAGAIN_NUMBER, type PortState, stateOf, UNREACHABLE } from '../verdict.js'
import { codeOf, MET_ITSELF, type Prober, type TryReport } from './prober.js'
import { type ResultRing, SILENT, UNTIMED } from './ring.js'

/** Probes sent before answers are looked at again. */
const BURST = 128
/** Longest sleep: how soon a request to stop is seen. */
const MAX_SLEEP_MS = 20
/** Longest sleep while there is no room for results: their reader has more than that to read before there is. */
const HELD_SLEEP_MS = 5
const BATCH = 2048
/** Results that a slow reader may have before it: what is left to tell after a scan was stopped. */
const MAX_BEHIND = 4096
const BATCH_INTERVAL_MS = 50
/** As in the other driver: this machine is taken at its word after so many refusals in a row. */
const MAX_REFUSALS = 12
/** Of the tries that asked at once for an answer, the share that must have one for this to go on. */
const NEAR_SHARE = 0.5
const NEAR_SAMPLE = 32

export interface LoopOptions {
  readonly scheduler: Scheduler
  readonly prober: (report: TryReport) => Prober
  readonly ring: ResultRing
  /** Tells the reader of the ring that there is something in it. */
  readonly ringBell: () => void
  readonly stopped: () => boolean
}

/** Runs a scheduler over one prober, without an event loop. Returns null, or the errno with which this machine refused. */
export function runLoop({ scheduler, prober: create, ring, ringBell, stopped }: LoopOptions): number | null {
  let refused: number | null = null
  let now = performance.now()
  let sentAt = now
  let nearTried = 0
  let nearAnswered = 0

  const send = () => {
    ring.publish()
    ringBell()
  }
  /** How many more probes may be sent: the verdicts on all that are on their way must fit. */
  const room = () => Math.max(0, Math.min(ring.room - scheduler.inFlight, MAX_BEHIND - ring.behind))
  const prober = create((probe: Probe, errno: number) => {
    now = performance.now()
    const { state, unreachable } = meaningOf(errno)
    if (state !== null) {
      const { position, host, port, tries } = probe
      const rttMs = Math.max(0, now - probe.sentAtMs)
      scheduler.answered(probe, unreachable, now)
      ring.add(position, host.index, port, state, errno, rttMs, tries)
    } else if (errno === MET_ITSELF) scheduler.again(probe)
    else {
      scheduler.refused(probe, now)
      if (scheduler.refusals > MAX_REFUSALS && scheduler.inFlight === 0) refused = errno
    }
  })

  try {
    while (!scheduler.done && refused === null && !stopped()) {
      const burst = Math.min(BURST, room())
      if (burst === 0) {
        // The reader is slow. Nothing is sent meanwhile and nothing given up; answers are taken as they come.
        if (ring.pending > 0) send()
        if (scheduler.inFlight > 0) prober.poll(HELD_SLEEP_MS)
        else ring.waitForReader(MAX_SLEEP_MS)
        now = performance.now()
        continue
      }
      const near = nearTried < NEAR_SAMPLE || nearAnswered > nearTried * NEAR_SHARE
      let started = 0
      for (; started < burst; started++) {
        const probe = scheduler.draw(now)
        if (!probe) break
        if (near) nearTried++
        if (prober.start(probe, near)) {
          scheduler.enter(probe)
          now = performance.now()
        } else if (near) nearAnswered++
      }
      const sleepMs = started === burst ? 0 : Math.min(MAX_SLEEP_MS, scheduler.wakeAt(now) - now)
      // Answers first: one that is already there beats the clock.
      if (scheduler.inFlight > 0 || sleepMs > 0) prober.poll(Math.max(0, Math.ceil(sleepMs)))
      now = performance.now()
      while (room() > 0) {
        const expired = scheduler.expire(now)
        if (!expired) break
        const { probe, outcome } = expired
        const errno = prober.cancel(probe)
        const { position, host, port, tries } = probe
        if (outcome === 'silent') {
          const state = errno === 0 ? null : stateOf(codeOf(errno))
          if (state === null) ring.add(position, host.index, port, 'filtered', EAGAIN_NUMBER, SILENT, tries)
          else ring.add(position, host.index, port, state, errno, UNTIMED, tries)
        } else if (outcome === 'skipped') ring.add(position, host.index, port, 'skipped', 0, UNTIMED, tries)
      }
      if (ring.pending >= BATCH || (ring.pending > 0 && now - sentAt > BATCH_INTERVAL_MS)) {
        send()
        sentAt = now
      }
    }
  } finally {
    prober.end()
  }
  if (ring.pending > 0) send()
  return refused
}

interface Meaning {
  /** null: it says nothing of the port. */
  readonly state: PortState | null
  readonly unreachable: boolean
}

const meanings = new Map<number, Meaning>([[0, { state: 'open', unreachable: false }]])

/** {@link stateOf} by number, worked out once for each. */
function meaningOf(errno: number): Meaning {
  const known = meanings.get(errno)
  if (known) return known
  const code = errno === MET_ITSELF ? '' : codeOf(errno)
  const meaning = { state: errno === MET_ITSELF ? null : stateOf(code), unreachable: UNREACHABLE.has(code) }
  meanings.set(errno, meaning)
  return meaning
}
