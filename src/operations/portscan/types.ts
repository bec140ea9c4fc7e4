import type { TargetList } from '../../core/address/targets.js'
import type { FailureFields, Origin } from '../../core/failure.js'
import type { PortList } from '../../core/ports/port-list.js'
import type { Family, ResolvedAddress } from '../../net/connect/lookup.js'
import type { PortState } from './verdict.js'

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
  readonly expect: Expectations
}

/** `net`: Node's sockets, everywhere. `syscall`: Linux's own calls from worker threads. `auto` takes what serves best. */
export type EngineChoice = 'auto' | 'net' | 'syscall'

export interface Shard {
  readonly index: number
  readonly count: number
}

/** What a service said by itself, after TLS or after an empty line. */
export interface PortBanner {
  /** The first bytes, as UTF-8 where they are, else as Latin-1; null for silence. */
  readonly banner: string | null
  /** The same bytes where they are no UTF-8, else null. */
  readonly bannerBase64: string | null
  readonly tls: PortTls | null
}

export interface PortTls {
  readonly protocol: string
  /** Names in the certificate. */
  readonly names: readonly string[]
  readonly issuer: string
  /** RFC 3339, UTC. */
  readonly validTo: string
  readonly daysLeft: number
  /** Whether this system's authorities vouch for it and for the name that was scanned. */
  readonly authorized: boolean
}

/** An earlier scan's findings, as its JSON Lines tell them. */
export interface EarlierScan {
  readonly targets: string
  readonly ports: string
  /** By address and port; ports that are missing were not open. */
  readonly found: ReadonlyMap<string, EarlierPort>
  /** Whether the states of all ports were written, not of open ones alone. */
  readonly all: boolean
}

export interface EarlierPort {
  readonly target: string
  readonly state: PortState
  readonly code: string | null
  readonly banner: string | null
  /** undefined where a version wrote it that did not know this field. */
  readonly bannerBase64: string | null | undefined
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
  /** Of connect(2), as this system numbers it: 0 where the port is open. */
  readonly errno: number | null
  readonly origin: Origin | null
  readonly rttMs: number | null
  readonly tries: number
  /** IANA's name for the port, which need not be what runs there. */
  readonly service: string | null
  readonly banner: string | null
  readonly bannerBase64: string | null
  readonly tls: PortTls | null
}

/** One address is done, or a target could not be resolved. */
export interface HostEvent extends FailureFields {
  readonly type: 'host'
  readonly target: string
  readonly address: string | null
  readonly open: number
  readonly closed: number
  readonly filtered: number
  /** Ports left out because the host was given up. */
  readonly skipped: number
}

export interface ProgressEvent {
  readonly type: 'progress'
  readonly done: number
  readonly total: number
  readonly open: number
  readonly elapsedMs: number
  /** Verdicts a second, of late: a whole number. */
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

/** Which engine scans, and why that one. */
export interface EngineEvent {
  readonly type: 'engine'
  readonly engine: 'net' | 'syscall'
  /** Worker threads; 0 for none. */
  readonly workers: number
  readonly maxInFlight: number
  readonly reason: string
}

/** A difference to an earlier scan. */
export interface ChangeEvent {
  readonly type: 'change'
  readonly target: string
  readonly address: string
  readonly port: number
  /** `changed`: open before and now, with another banner; or closed and filtered have changed places. */
  readonly change: 'opened' | 'closed' | 'changed'
  /** null where the earlier scan did not write it, which says that it was not open. */
  readonly stateBefore: PortState | null
  /** null where its host was given up. */
  readonly state: PortState | null
  readonly bannerBefore: string | null
  readonly bannerBeforeBase64: string | null
  readonly banner: string | null
  readonly bannerBase64: string | null
}

export type PortscanEvent = EngineEvent | ChangeEvent | PortEvent | HostEvent | ProgressEvent | BrokenEvent

/** How many ports came to one state for one reason. */
export interface Reason {
  readonly state: PortState
  /** null for open ports. */
  readonly code: string | null
  readonly count: number
}

export interface PortscanSummary {
  /** Identity of the scan: the same for the same targets, addresses, ports, seed and order. */
  readonly scan: string
  /** Canonical texts. */
  readonly targets: string
  readonly ports: string
  readonly shard: Shard | null
  /** Addresses times ports, or the shard's part of them. */
  readonly total: number
  readonly scanned: number
  readonly open: number
  readonly closed: number
  readonly filtered: number
  readonly skipped: number
  readonly hosts: number
  readonly unresolved: number
  readonly reasons: readonly Reason[]
  readonly seed: number
  readonly engine: 'net' | 'syscall' | null
  readonly probesSent: number
}
