import type { Probe, Scheduler } from '../scheduler.js'
import { EAGAIN_NUMBER, stateOf, UNREACHABLE } from '../verdict.js'
import { codeOf, MET_ITSELF, type Prober, type TryReport } from './prober.js'
import { type ResultPacker, SILENT, UNTIMED } from './protocol.js'

/** Probes sent before answers are looked at again. */
const BURST = 128
/** Longest sleep: how soon a request to stop is seen. */
const MAX_SLEEP_MS = 20
const BATCH = 4096
const BATCH_INTERVAL_MS = 50
/** As in the other driver: this machine is taken at its word after so many refusals in a row. */
const MAX_REFUSALS = 12
/** Of the tries that asked at once for an answer, the share that must have one for this to go on. */
const NEAR_SHARE = 0.5
const NEAR_SAMPLE = 32

export interface LoopOptions {
  readonly scheduler: Scheduler
  readonly prober: (report: TryReport) => Prober
  readonly packer: ResultPacker
  /** Takes what has been packed. */
  readonly send: () => void
  readonly stopped: () => boolean
}

/** Runs a scheduler over one prober, without an event loop. Returns null, or the errno with which this machine refused. */
export function runLoop({ scheduler, prober: create, packer, send, stopped }: LoopOptions): number | null {
  let refused: number | null = null
  let sentAt = performance.now()
  let nearTried = 0
  let nearAnswered = 0
  let starting = false

  const prober = create((probe: Probe, errno: number) => {
    if (starting) nearAnswered++
    const now = performance.now()
    const code = errno > 0 ? codeOf(errno) : ''
    const state = errno === 0 ? 'open' : errno === MET_ITSELF ? null : stateOf(code)
    if (state !== null) {
      const { position, host, port, tries } = probe
      const rttMs = Math.max(0, now - probe.sentAtMs)
      scheduler.answered(probe, UNREACHABLE.has(code), now)
      packer.add(position, host.index, port, state, errno, rttMs, tries)
    } else if (errno === MET_ITSELF) scheduler.again(probe)
    else {
      scheduler.refused(probe, now)
      if (scheduler.refusals > MAX_REFUSALS && scheduler.inFlight === 0) refused = errno
    }
  })

  try {
    while (!scheduler.done && refused === null && !stopped()) {
      const near = nearTried < NEAR_SAMPLE || nearAnswered > nearTried * NEAR_SHARE
      let started = 0
      for (let now = performance.now(); started < BURST; now = performance.now()) {
        const probe = scheduler.next(now)
        if (!probe) break
        starting = near
        prober.start(probe, near)
        starting = false
        if (near) nearTried++
        started++
      }
      const now = performance.now()
      const sleepMs = started === BURST ? 0 : Math.min(MAX_SLEEP_MS, scheduler.wakeAt(now) - now)
      // Answers first: one that is already there beats the clock.
      if (scheduler.inFlight > 0 || sleepMs > 0) prober.poll(Math.max(0, Math.ceil(sleepMs)))
      const after = performance.now()
      for (let expired = scheduler.expire(after); expired; expired = scheduler.expire(after)) {
        const { probe, outcome } = expired
        const errno = prober.cancel(probe)
        const { position, host, port, tries } = probe
        if (outcome === 'silent') {
          const state = errno === 0 ? null : stateOf(codeOf(errno))
          if (state === null) packer.add(position, host.index, port, 'filtered', EAGAIN_NUMBER, SILENT, tries)
          else packer.add(position, host.index, port, state, errno, UNTIMED, tries)
        } else if (outcome === 'skipped') packer.add(position, host.index, port, 'skipped', 0, UNTIMED, tries)
      }
      if (packer.size >= BATCH || (packer.size > 0 && after - sentAt > BATCH_INTERVAL_MS)) {
        send()
        sentAt = after
      }
    }
  } finally {
    prober.end()
  }
  if (packer.size > 0) send()
  return refused
}
