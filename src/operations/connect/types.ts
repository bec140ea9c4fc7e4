import type { Attempt, FailureFields } from '../../core/failure.js'
import type { Statistics } from '../../core/statistics.js'
import type { Family, ResolvedAddress } from '../../net/connect/lookup.js'
import type { TlsReport } from '../../net/tls/client.js'
import type { ClosedEvent, DataEvent, MatchEvent, SessionMode, SessionSummary } from './session-types.js'

/** How to reach a peer: what every mode of `connect` shares. */
export interface ReachOptions {
  readonly family: Family | undefined
  readonly sourceAddress: ResolvedAddress | undefined
  readonly sourcePort: number | undefined
  /** Milliseconds for lookup and connect of one try. */
  readonly timeoutMs: number
}

/** A Unix socket has `unix:PATH` as host, and port 0. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

export type ConnectMode =
  /** Every address of every endpoint once. */
  | { readonly kind: 'probe' }
  /** One endpoint again and again; `count` may be Infinity. */
  | { readonly kind: 'repeat'; readonly count: number; readonly intervalMs: number }
  /** Until every endpoint has been reached, or the time is over. */
  | { readonly kind: 'wait'; readonly waitMs: number }
  /** One endpoint, and a conversation with it. */
  | SessionMode

export interface ConnectOptions {
  readonly endpoints: readonly HostPort[]
  readonly reach: ReachOptions
  readonly mode: ConnectMode
}

export interface AttemptEvent extends Attempt {
  readonly type: 'attempt'
  readonly host: string
}

export interface ConnectedEvent extends HostPort {
  readonly type: 'connected'
  /** That of the proxy, where there is one. */
  readonly address: string
  /** Null for a Unix socket, which has no name on this side. */
  readonly localAddress: string | null
  readonly localPort: number | null
  readonly lookupMs: number
  readonly connectMs: number
  /** The proxy that was asked, and how long it took to open the way. */
  readonly proxy: string | null
  readonly proxyMs: number | null
  readonly tlsMs: number | null
  readonly tls: TlsReport | null
}

/** TLS was agreed on, but not with whom it should be: nothing was said over it. The failure says why. */
export interface UntrustedEvent extends HostPort {
  readonly type: 'untrusted'
  readonly tls: TlsReport
}

/** One endpoint was not reached. */
export interface UnreachedEvent extends HostPort, FailureFields {
  readonly type: 'unreached'
  /** Tries made so far; the last one's reason stands here. */
  readonly tries: number
  readonly elapsedMs: number
  /** Whether another try follows. */
  readonly again: boolean
}

/** One round of `repeat`. */
export interface ProbeEvent extends HostPort {
  readonly type: 'probe'
  /** From 1. */
  readonly sequence: number
  readonly ok: boolean
  readonly address: string | null
  readonly code: string | null
  readonly errno: number | null
  readonly connectMs: number | null
}

export type ConnectEvent =
  | AttemptEvent
  | ConnectedEvent
  | UntrustedEvent
  | UnreachedEvent
  | ProbeEvent
  | DataEvent
  | MatchEvent
  | ClosedEvent

export interface ConnectSummary {
  /** Endpoints reached, of all. */
  readonly reached: number
  readonly endpoints: number
  /** Of a repeated probe; else null. */
  readonly statistics: Statistics | null
  /** Of a session that came about; else null. */
  readonly session: SessionSummary | null
}
