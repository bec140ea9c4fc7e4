import { errnoName, errnoNumber } from '../../../core/errno/index.js'
import type { Probe } from '../schedule/scheduler.js'
import { type PortState, stateOf, UNREACHABLE } from '../verdict.js'

/** How a try ended, and what that says of the port. There is one object for each way: none is made for a probe. */
export interface TryEnd {
  /** Null where it connected, and where its host was given up before it was probed to the end. */
  readonly code: string | null
  /** As this system numbers it; 0 where it connected, null where nothing was told by a number of the system's. */
  readonly errno: number | null
  /** Null: it says nothing of the port, which is asked again. */
  readonly state: PortState | 'skipped' | null
  /** There is no way to the host, or nobody is there. */
  readonly unreachable: boolean
}

/** An end that decides the port. */
export interface PortVerdict extends TryEnd {
  readonly state: PortState | 'skipped'
}

export function isVerdict(end: TryEnd): end is PortVerdict {
  return end.state !== null
}

export const CONNECTED: PortVerdict = { code: null, errno: 0, state: 'open', unreachable: false }
/** The source port was the target port, and nobody else was there. */
export const MET_ITSELF: TryEnd = { code: null, errno: null, state: null, unreachable: false }
/** Nothing came in time: EAGAIN, as SO_RCVTIMEO has it. */
export const SILENCE: PortVerdict = {
  code: 'EAGAIN',
  errno: errnoNumber('EAGAIN'),
  state: 'filtered',
  unreachable: false,
}
export const SKIPPED: PortVerdict = { code: null, errno: null, state: 'skipped', unreachable: false }

const byCode = new Map<string, TryEnd>()
const byErrno = new Map<number, TryEnd>([[0, CONNECTED]])

/** The end by an errno of that name. */
export function endByCode(code: string): TryEnd {
  return remembered(byCode, code, () => endOf(code, errnoNumber(code)))
}

/** The end by that errno, as this system numbers it; 0 is none: it connected. */
export function endByErrno(errno: number): TryEnd {
  return remembered(byErrno, errno, () => endOf(errnoName(errno) ?? `errno ${errno}`, errno))
}

function endOf(code: string, errno: number | null): TryEnd {
  return { code, errno, state: stateOf(code), unreachable: UNREACHABLE.has(code) }
}

function remembered<Key>(ends: Map<Key, TryEnd>, key: Key, make: () => TryEnd): TryEnd {
  let end = ends.get(key)
  if (!end) {
    end = make()
    ends.set(key, end)
  }
  return end
}

export type ReportTry = (probe: Probe, end: TryEnd, atMs: number) => void

/** The hands of a scan: connects, reports, closes. All thinking is the scheduler's. */
export interface Engine {
  /**
   * Starts one connect(2). True: it is on its way, and its end is reported once, later, unless it is cancelled before.
   * False: its end is reported already.
   */
  start(probe: Probe): boolean
  /** Ends a try that nobody waits for any more. Returns how the system says that it ended all the same; null for silence. */
  cancel(probe: Probe): TryEnd | null
  /** Gives up every try, and lets go of what it holds. */
  end(): void
}
