import type { FailureFields, Origin } from '../../core/failure.js'
import type { PortList } from '../../core/ports.js'
import type { TargetList } from '../../core/targets.js'
import type { Family, ResolvedAddress } from '../../net/lookup.js'
import type { PortState } from './verdict.js'

export interface PortscanOptions {
  readonly targets: TargetList
  readonly ports: PortList
  readonly family: Family | undefined
  readonly sourceAddress: ResolvedAddress | undefined
  readonly sourcePort: number | undefined
  /** Longest wait for one answer, in milliseconds; also for one lookup. */
  readonly timeoutMs: number
  /** Probes in flight at once; null: as many as this machine's descriptors allow. */
  readonly concurrency: number | null
  /** Probes a second, or null. */
  readonly rate: number | null
  /** Retries for silence; null adapts them to the loss that is seen. */
  readonly retries: number | null
  /** Order of the walk; the same seed gives the same order. null: made from targets and ports. */
  readonly seed: number | null
  readonly inOrder: boolean
  readonly expect: Expectations
}

/** What the scan must find to succeed; null where nothing is expected. */
export interface Expectations {
  /** Open on every target. */
  readonly open: PortList | null
  /** Not open on any target: closed or filtered. */
  readonly closed: PortList | null
  /** Open on every target, and nothing else of what was scanned. */
  readonly only: PortList | null
}

export interface PortEvent {
  readonly type: 'port'
  /** As its user wrote it. */
  readonly target: string
  readonly address: string
  readonly port: number
  readonly state: PortState
  readonly code: string | null
  readonly errno: number | null
  readonly origin: Origin | null
  readonly rttMs: number | null
  readonly tries: number
  /** IANA's name for the port, which need not be what runs there. */
  readonly service: string | null
  readonly banner: string | null
}

/** One address is done, or a target could not be resolved. */
export interface HostEvent extends FailureFields {
  readonly type: 'host'
  readonly target: string
  readonly address: string | null
  readonly open: number
  readonly closed: number
  readonly filtered: number
}

export interface ProgressEvent {
  readonly type: 'progress'
  readonly done: number
  readonly total: number
  readonly open: number
  readonly elapsedMs: number
  /** Verdicts a second, of late. */
  readonly perSecond: number
  readonly leftMs: number | null
}

/** An expectation that was not met. */
export interface BrokenEvent {
  readonly type: 'broken'
  readonly target: string
  readonly port: number
  readonly expected: 'open' | 'not open'
  readonly state: PortState | 'unknown'
  readonly code: string | null
}

export type PortscanEvent = PortEvent | HostEvent | ProgressEvent | BrokenEvent

/** How many ports came to one state for one reason. */
export interface Reason {
  readonly state: PortState
  /** null for open ports. */
  readonly code: string | null
  readonly count: number
}

export interface PortscanSummary {
  /** Addresses times ports. */
  readonly total: number
  readonly scanned: number
  readonly open: number
  readonly closed: number
  readonly filtered: number
  readonly hosts: number
  readonly unresolved: number
  readonly reasons: readonly Reason[]
  readonly seed: number
  readonly engine: string
  readonly probesSent: number
}
