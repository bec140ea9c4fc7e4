import { ScanDriver } from '../engine/driver.js'
import { type Engine, type ReportTry, SILENCE } from '../engine/engine.js'
import type { Scheduler } from '../schedule/scheduler.js'
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

/** An engine that answers are waited for in place. */
export interface PolledEngine extends Engine {
  /** Waits up to `timeoutMs` for answers and reports all that are there. */
  poll(timeoutMs: number): void
}

export interface LoopOptions {
  readonly scheduler: Scheduler
  readonly engine: (report: ReportTry) => PolledEngine
  readonly ring: ResultRing
  /** Tells the reader of the ring that there is something in it. */
  readonly ringBell: () => void
  readonly stopped: () => boolean
}

/**
 * Runs a scheduler over an engine without an event loop, until every port has its verdict or it is stopped. Returns null,
 * or the code with which this machine went on refusing.
 */
export function runLoop({ scheduler, engine: create, ring, ringBell, stopped }: LoopOptions): string | null {
  let sentAt = performance.now()
  const driver = new ScanDriver(scheduler, create, ({ position, host, portIndex, tries }, verdict, rttMs) => {
    const time = verdict === SILENCE ? SILENT : (rttMs ?? UNTIMED)
    ring.add(position, host.index, portIndex, verdict.state, verdict.errno ?? 0, time, tries)
  })
  const { engine } = driver
  const publish = () => {
    ring.publish()
    ringBell()
  }
  /** How many more probes may be sent: the verdicts on all that are on their way must fit. */
  const room = () => Math.max(0, Math.min(ring.room - scheduler.inFlight, MAX_BEHIND - ring.behind))
  const hasRoom = () => room() > 0

  try {
    while (!driver.over && !stopped()) {
      const burst = Math.min(BURST, room())
      if (burst === 0) {
        // The reader is slow. Nothing is sent meanwhile and nothing given up; answers are taken as they come.
        if (ring.pending > 0) publish()
        if (scheduler.inFlight > 0) engine.poll(HELD_SLEEP_MS)
        else ring.waitForReader(MAX_SLEEP_MS)
        continue
      }
      const started = driver.send(burst)
      const sleepMs = started === burst ? 0 : Math.min(MAX_SLEEP_MS, driver.wakeAtMs - performance.now())
      // Answers first: one that is already there beats the clock.
      if (scheduler.inFlight > 0 || sleepMs > 0) engine.poll(Math.max(0, Math.ceil(sleepMs)))
      driver.expire(hasRoom)
      const now = performance.now()
      if (ring.pending >= BATCH || (ring.pending > 0 && now - sentAt > BATCH_INTERVAL_MS)) {
        publish()
        sentAt = now
      }
    }
  } finally {
    engine.end()
  }
  if (ring.pending > 0) publish()
  return driver.refused
}
