import type { Probe } from '../schedule/scheduler.js'

/** What an engine says of one try. `code` is null when connected; `self` when it only met itself. */
export interface TryResult {
  readonly code: string | null
  /** Positive; 0 when connected. */
  readonly errno: number
  readonly self: boolean
  readonly atMs: number
}

/** The hands of a scan: connects, reports, closes. All thinking is the scheduler's. */
export interface Engine {
  /** Starts one connect(2). Its result comes once, later, unless it is cancelled before. */
  start(probe: Probe): void
  cancel(probe: Probe): void
}

export type ReportTry = (probe: Probe, result: TryResult) => void
