import type { TlsOptions } from '../../net/tls/client.js'
import type { ConnectReachOptions } from '../connect/index.js'

export type * from './events.js'

/** Where the connection goes, whatever the request says. */
export type HttpPeer =
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

/** A part of an exchange that has a time of its own. */
export type TimedPhase = 'lookup' | 'connect' | 'tls' | 'send' | 'wait' | 'receive' | 'total'

/** What every response must be; empty and null where nothing is expected. */
export interface ResponseExpectations {
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
  readonly peer: HttpPeer
  readonly reach: ConnectReachOptions
  /** null for plain TCP. */
  readonly tls: TlsOptions | null
  readonly request: RequestSpec
  /** Requests, one after another, on one connection where the peer keeps it. */
  readonly count: number
  /** How long both sides may be silent; null for any time. */
  readonly idleMs: number | null
  /** How long the peer may neither take more of the request nor begin its answer; left out, `idleMs` alone bounds it. */
  readonly answerMs?: number | undefined
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
  readonly expect: ResponseExpectations
}
