import { errnoNumber } from '../../../core/errno/index.js'
import type { Taker } from '../results/taker.js'
import type { Probe, Scheduler } from '../schedule/scheduler.js'
import { type PortState, stateOf, UNREACHABLE } from '../verdict.js'
import type { Engine, ReportTry } from './engine.js'

/** The verdict on one port of one host. */
export interface PortResult {
  readonly position: number
  /** Indices in the scan's lists. */
  readonly host: number
  readonly port: number
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
  readonly taker: Taker<PortResult>
}

/** Probes started before the event loop gets its turn: answers must not grow old in the queue. */
const BURST = 64
/** Refusals in a row, each after a longer pause, before this machine is taken at its word. */
const MAX_REFUSALS = 12

/**
 * Runs a scheduler over an engine on this event loop until every port has its verdict. Resolves to null, or to the code
 * with which this machine went on refusing (EMFILE). Ends at once when aborted, with every socket closed.
 */
export function drive({ scheduler, engine: create, signal, taker }: DriveOptions): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const inFlight = new Set<Probe>()
    let turn: NodeJS.Immediate | undefined
    let timer: NodeJS.Timeout | undefined
    let held = false
    let ended = false

    const end = (code: string | null) => {
      if (ended) return
      ended = true
      if (turn) clearImmediate(turn)
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      for (const probe of inFlight) engine.cancel(probe)
      resolve(code)
    }
    const onAbort = () => end(null)

    const engine = create((probe, { code, errno, self, atMs }) => {
      if (ended) return
      inFlight.delete(probe)
      const state = code === null ? 'open' : stateOf(code)
      if (self) scheduler.again(probe)
      else if (state === null) {
        scheduler.refused(probe, atMs)
        if (scheduler.refusals > MAX_REFUSALS && scheduler.inFlight === 0) return end(code)
      } else {
        const { position, host, port, tries } = probe
        const rttMs = atMs - probe.sentAtMs
        scheduler.answered(probe, code !== null && UNREACHABLE.has(code), atMs)
        taker.take({
          position,
          host: host.index,
          port,
          state,
          code,
          errno: code === null ? 0 : errno,
          silent: false,
          rttMs,
          tries,
        })
      }
      soon()
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
      let now = performance.now()
      while (taker.left > 0) {
        const expired = scheduler.expire(now)
        if (!expired) break
        const { probe, outcome } = expired
        inFlight.delete(probe)
        engine.cancel(probe)
        if (outcome !== 'retry') taker.take(unanswered(probe, outcome))
      }
      if (taker.left === 0) return soon()
      let started = 0
      for (let probe = scheduler.next(now); probe; probe = scheduler.next(now)) {
        inFlight.add(probe)
        engine.start(probe)
        now = performance.now()
        if (++started === BURST) {
          soon()
          break
        }
      }
      if (scheduler.done) return end(null)
      clearTimeout(timer)
      // Asked for the instant at which there was nothing to send: by a later one, what was waited for may have come.
      const wait = scheduler.wakeAt(now) - performance.now()
      if (wait <= 0) soon()
      else if (Number.isFinite(wait)) timer = setTimeout(soon, Math.max(1, Math.ceil(wait)))
    }

    if (signal.aborted) return end(null)
    signal.addEventListener('abort', onAbort, { once: true })
    soon()
  })
}

function unanswered({ position, host, port, tries }: Probe, outcome: 'silent' | 'skipped'): PortResult {
  const silent = outcome === 'silent'
  const code = silent ? 'EAGAIN' : null
  const errno = silent ? errnoNumber('EAGAIN') : null
  return {
    position,
    host: host.index,
    port,
    state: silent ? 'filtered' : outcome,
    code,
    errno,
    silent,
    rttMs: null,
    tries,
  }
}
