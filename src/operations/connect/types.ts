import type { Statistics } from '../../core/statistics.js'
import type { Family, ResolvedAddress } from '../../net/connect/lookup.js'
import type { SessionSummary } from './events.js'
import type { SessionMode } from './session-types.js'

export type * from './events.js'

/** How to reach a peer: what every mode of `connect` shares. */
export interface ConnectReachOptions {
  readonly family: Family | undefined
  readonly sourceAddress: ResolvedAddress | undefined
  readonly sourcePort: number | undefined
  /** Milliseconds for lookup and connect of one try. */
  readonly timeoutMs: number
  /** The lookup has the time beside that which the system's own settings give it. */
  readonly systemTime?: boolean | undefined
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
  readonly reach: ConnectReachOptions
  readonly mode: ConnectMode
}

/** What a run of `connect` came to. */
export interface ConnectSummary {
  /** Endpoints reached, of all. */
  readonly reached: number
  readonly endpoints: number
  /** Of a repeated probe; else null. */
  readonly statistics: Statistics | null
  /** Of a session that came about; else null. */
  readonly session: SessionSummary | null
}
