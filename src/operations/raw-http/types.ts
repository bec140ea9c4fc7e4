import type { Statistics } from '../../core/statistics.js'
import type { TlsOptions, TlsReport } from '../../net/tls/client.js'
import type { Rule, Severity } from '../../protocol/http/anomaly.js'
import type { BodyFraming, EndReason, HeaderPair, Stage, Verdict } from '../../protocol/http/events.js'
import type { AttemptEvent, ReachOptions } from '../connect/index.js'

/** Where the connection goes, whatever the request says. */
export type Peer =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

export type RequestSpec =
  /** These bytes and no others. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'fields'
      readonly method: string
      /** Sent exactly as given. */
      readonly target: string
      readonly httpVersion: '1.0' | '1.1'
      /** In order, case and duplicates kept; null removes the default of that name. */
      readonly headers: readonly (readonly [name: string, value: string | null])[]
      /** null for none but the framing of the body. */
      readonly defaults: { readonly host: string; readonly userAgent: string } | null
      readonly body: Uint8Array | null
      readonly chunked: boolean
    }

export type TimedPhase = 'lookup' | 'connect' | 'tls' | 'send' | 'wait' | 'receive' | 'total'

/** What every response must be; empty and null where nothing is expected. */
export interface Expectations {
  /** No 4xx and no 5xx. */
  readonly success: boolean
  /** Inclusive ranges; one of them must hold the status code. */
  readonly statuses: readonly { readonly from: number; readonly to: number }[]
  /** A field of that name, and where `value` is given one with it. */
  readonly headers: readonly { readonly name: string; readonly value: string | RegExp | null }[]
  /** Found in the first {@link EXPECTED_BODY_BYTES} of the body. */
  readonly body: RegExp | null
  readonly under: readonly { readonly phase: TimedPhase; readonly ms: number }[]
}

export const EXPECTED_BODY_BYTES = 16 * 1024 * 1024

export interface RawHttpOptions {
  readonly peer: Peer
  readonly reach: ReachOptions
  /** null for plain TCP. */
  readonly tls: TlsOptions | null
  readonly request: RequestSpec
  /** Requests, one after another, on one connection where the peer keeps it. */
  readonly count: number
  /** How long both sides may be silent; null for any time. */
  readonly idleMs: number | null
  /** Emits `wire` events, what came before any decoding, instead of `body`. */
  readonly wire: boolean
  /** Undoes content and transfer codings. */
  readonly decompress: boolean
  /** Stops a body that grows beyond. */
  readonly maxBodyBytes: number | null
  /** Takes the body, or with `wire` the wire, instead of events. */
  readonly output: string | null
  /** Only says what would be sent. */
  readonly dryRun: boolean
  /** Anomalies that are warnings fail as well. */
  readonly strict: boolean
  readonly expect: Expectations
}

interface Sequenced {
  /** From 1: the request that it belongs to. */
  readonly sequence: number
}

export interface RequestEvent extends Sequenced {
  readonly type: 'request'
  /** null where raw bytes do not begin with a request line. */
  readonly method: string | null
  readonly target: string | null
  readonly httpVersion: string | null
  /** Head and body. */
  readonly sizeBytes: number
  /** As sent; its first 64 KiB, all of it in a dry run. */
  readonly bytes: Uint8Array
}

export interface ConnectedEvent {
  readonly type: 'connected'
  readonly host: string | null
  readonly port: number | null
  readonly address: string | null
  readonly path: string | null
  readonly localAddress: string | null
  readonly localPort: number | null
  readonly lookupMs: number | null
  readonly connectMs: number
  readonly tlsMs: number | null
  readonly tls: TlsReport | null
}

interface HeadFields extends Sequenced {
  readonly offset: number
  readonly statusCode: number | null
  /** This, names and values: UTF-8 where it is valid, else Latin-1; not safe for a terminal. */
  readonly statusText: string
  readonly httpVersion: string
  readonly headers: readonly HeaderPair[]
  /** The head as it came. */
  readonly bytes: Uint8Array
}

/** A 1xx before the answer. */
export interface InformationalEvent extends HeadFields {
  readonly type: 'informational'
}

export interface ResponseHeadEvent extends HeadFields {
  readonly type: 'response'
  /** How the end of the body is found. */
  readonly framing: BodyFraming['kind']
  readonly lengthBytes: number | null
  /** Transfer codings other than chunked. */
  readonly codings: readonly string[]
}

/** Part of the body; of the wire: everything. `offset` is where it stands on the connection, or null once decoded. */
export interface BytesEvent extends Sequenced {
  readonly type: 'body' | 'wire' | 'rest'
  readonly offset: number | null
  readonly bytes: Uint8Array
}

export interface TrailersEvent extends Sequenced {
  readonly type: 'trailers'
  readonly offset: number
  readonly headers: readonly HeaderPair[]
}

export interface AnomalyEvent extends Sequenced {
  readonly type: 'anomaly'
  readonly offset: number
  readonly rule: Rule
  readonly severity: Severity
  readonly section: string
  readonly text: string
}

/** What `--decompress` undoes, and what it cannot. */
export interface DecodingEvent extends Sequenced {
  readonly type: 'decoding'
  readonly decoded: readonly string[]
  readonly left: readonly string[]
}

/** One message is over. */
export interface EndEvent extends Sequenced {
  readonly type: 'end'
  readonly verdict: Verdict
  readonly stage: Stage
  /** Why the connection ended it; null where it ended by itself. */
  readonly reason: EndReason | null
  /** Without chunk framing, still compressed. */
  readonly bodyBytes: number
  /** Anomalies past the first hundred of a rule. */
  readonly suppressedAnomalies: number
}

/**
 * The peer had closed the connection that it kept, before a byte of the response: the same request goes out on a new one
 * (RFC 9112 9.3.1). Only what may be sent twice (RFC 9110 9.2.2).
 */
export interface ResentEvent extends Sequenced {
  readonly type: 'resent'
  /** How the connection ended. */
  readonly reason: Exclude<EndReason, 'abort' | 'timeout'>
}

/** One connection is over. */
export interface ClosedEvent {
  readonly type: 'closed'
  /**
   * TLS: whether the peer closed it in order, with `close_notify` (RFC 8446 6.1), or TCP ended without. null for plain
   * TCP, and where the peer had not closed it.
   */
  readonly closeNotify: boolean | null
}

/** Each phase by itself, and (`DoneMs`) since the beginning. null: it did not happen. */
export interface TimingEvent extends Sequenced {
  readonly type: 'timing'
  readonly lookupMs: number | null
  readonly connectMs: number | null
  readonly tlsMs: number | null
  readonly sendMs: number | null
  readonly waitMs: number | null
  readonly receiveMs: number | null
  readonly lookupDoneMs: number | null
  readonly connectDoneMs: number | null
  readonly tlsDoneMs: number | null
  readonly sendDoneMs: number | null
  readonly waitDoneMs: number | null
  readonly totalMs: number
}

/** An expectation that was not met, and what was there. */
export interface BrokenEvent extends Sequenced {
  readonly type: 'broken'
  readonly expected: string
  readonly actual: string
}

export type RawHttpEvent =
  | RequestEvent
  | AttemptEvent
  | ConnectedEvent
  | InformationalEvent
  | ResponseHeadEvent
  | BytesEvent
  | TrailersEvent
  | AnomalyEvent
  | DecodingEvent
  | EndEvent
  | ResentEvent
  | ClosedEvent
  | TimingEvent
  | BrokenEvent

export interface RawHttpSummary {
  readonly requests: number
  readonly responses: number
  readonly connections: number
  /** Requests that went out once more, on a new connection. */
  readonly resent: number
  /** Of the last response. */
  readonly statusCode: number | null
  readonly verdict: Verdict | null
  /** Of all responses. */
  readonly bodyBytes: number
  readonly wireBytes: number
  /** Errors and warnings; notes are not counted. */
  readonly anomalies: number
  /** From the first byte sent to the last received; of several requests, else null. */
  readonly statistics: Statistics | null
}
