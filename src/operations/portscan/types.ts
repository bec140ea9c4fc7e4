import type { TargetList } from '../../core/address/targets.js'
import type { PortList } from '../../core/ports/port-list.js'
import type { Family, ResolvedAddress } from '../../net/connect/lookup.js'
import type { Shard } from './events.js'
import type { PortState } from './verdict.js'

export type * from './events.js'

export interface PortscanOptions {
  readonly targets: TargetList
  readonly ports: PortList
  readonly family: Family | undefined
  readonly sourceAddress: ResolvedAddress | undefined
  readonly sourcePort: number | undefined
  /** Longest wait for the answer of one port, in milliseconds. */
  readonly timeoutMs: number
  /** Longest wait for the addresses of one name, in milliseconds. */
  readonly lookupTimeoutMs: number
  /** Probes in flight at once; null: as many as this machine's descriptors allow. */
  readonly concurrency: number | null
  /** Probes a second, or null. */
  readonly rate: number | null
  /** Retries for silence; null adapts them to the loss that is seen. */
  readonly retries: number | null
  /** Order of the walk; the same seed gives the same order. null: made from targets and ports. */
  readonly seed: number | null
  readonly inOrder: boolean
  /** Part `index` of `count`, from 1; null for the whole. */
  readonly shard: Shard | null
  /** Path of the state file: read where it is there, kept while the scan runs, gone at its end. */
  readonly resume: string | null
  /** Gives up hosts that are certainly down. */
  readonly skipDead: boolean
  /** Asks open ports what they say. */
  readonly banner: boolean
  /** Findings of an earlier scan to compare with. */
  readonly before: EarlierScan | null
  /** Which verdicts become events; all of them count. */
  readonly show: PortState | 'all'
  readonly engine: EngineChoice
  readonly expect: ScanExpectations
}

/** `net`: Node's sockets, everywhere. `syscall`: Linux's own calls from worker threads. `auto` takes what serves best. */
export type EngineChoice = 'auto' | 'net' | 'syscall'

/** An earlier scan's findings, as its JSON Lines tell them. */
export interface EarlierScan {
  readonly targets: string
  readonly ports: string
  /** By address and port; ports that are missing were not open. */
  readonly found: ReadonlyMap<string, EarlierPort>
  /** Whether the states of all ports were written, not of open ones alone. */
  readonly all: boolean
}

/** What an earlier scan found at one port. */
export interface EarlierPort {
  readonly target: string
  readonly state: PortState
  readonly code: string | null
  readonly banner: string | null
  /** undefined where a version wrote it that did not know this field. */
  readonly bannerBase64: string | null | undefined
}

/** What the scan must find to succeed; null where nothing is expected. */
export interface ScanExpectations {
  /** Open on every target. */
  readonly open: PortList | null
  /** Not open on any target: closed or filtered. */
  readonly closed: PortList | null
  /** Open on every target, and nothing else of what was scanned. */
  readonly only: PortList | null
}
