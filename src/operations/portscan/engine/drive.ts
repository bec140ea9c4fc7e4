import { startTimer } from '../../../core/timer.js'
import type { ResultTaker } from '../results/taker.js'
import type { Scheduler } from '../schedule/scheduler.js'
import type { PortState } from '../verdict.js'
import { ScanDriver } from './driver.js'
import { type Engine, type ReportTry, SILENCE } from './engine.js'

/** The verdict on one port of one host. */
export interface PortResult {
  readonly position: number
  /** Place in the scan's list of hosts. */
  readonly hostIndex: number
  /** Place in the scan's list of ports. */
  readonly portIndex: number
  /** `skipped`: its host was given up before it was probed to the end. */
  readonly state: PortState | 'skipped'
  /** null for an open or skipped port, but ECONNRESET where it hung up at once; EAGAIN for silence. */
  readonly code: string | null
  readonly errno: number | null
  readonly silent: boolean
  readonly rttMs: number | null
  readonly tries: number
}

export interface DriveOptions {
  readonly scheduler: Scheduler
  readonly engine: (report: ReportTry) => Engine
  readonly signal: AbortSignal
  /** Nothing is sent or given up while it is slow; answers that come meanwhile count. */
  readonly taker: ResultTaker<PortResult>
}

/** Probes started before the event loop gets its turn: answers must not grow old in the queue. */
const BURST = 64

/**
 * Runs a scheduler over an engine on this event loop until every port has its verdict. Resolves to null, or to the code
 * with which this machine went on refusing (EMFILE). Ends at once when aborted, with every socket closed.
 */
export function drive({ scheduler, engine: create, signal, taker }: DriveOptions): Promise<string | null> {
  return new Promise((resolve, reject) => {
    let turn: NodeJS.Immediate | undefined
    let timer: NodeJS.Timeout | undefined
    let held = false
    let ended = false

    const end = (refused: string | null) => {
      if (ended) return
      ended = true
      if (turn) clearImmediate(turn)
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      driver.engine.end()
      resolve(refused)
    }
    const onAbort = () => end(null)

    const engine = (report: ReportTry) =>
      create((probe, how, atMs) => {
        if (ended) return
        report(probe, how, atMs)
        if (driver.refused !== null) end(driver.refused)
        else soon()
      })
    const driver = new ScanDriver(scheduler, engine, ({ position, host, portIndex, tries }, verdict, rttMs) => {
      const { state, code, errno } = verdict
      const silent = verdict === SILENCE
      taker.take({ position, hostIndex: host.index, portIndex, state, code, errno, silent, rttMs, tries })
    })

    /** After the I/O of this turn, so that an answer that is already there beats the clock. */
    const soon = () => {
      if (!ended && !held) turn ??= setImmediate(pump)
    }
    const release = () => {
      held = false
      soon()
    }
    const pump = () => {
      turn = undefined
      const slow = taker.slow()
      if (slow) {
        held = true
        slow.then(release, reject)
        return
      }
      driver.expire(() => taker.left > 0)
      if (taker.left === 0) return soon()
      if (driver.send(BURST) === BURST) soon()
      if (driver.over) return end(driver.refused)
      clearTimeout(timer)
      const waitMs = driver.wakeAtMs - performance.now()
      if (waitMs <= 0) soon()
      else if (Number.isFinite(waitMs)) timer = startTimer(soon, waitMs)
    }

    if (signal.aborted) return end(null)
    signal.addEventListener('abort', onAbort, { once: true })
    soon()
  })
}
