import { isAscii, octetText } from '../../core/text/octet-text.js'
import type { Anomaly } from './anomaly.js'

/**
 * A field as it came: case, order and duplicates kept, one character for each byte (latin1), whitespace around the
 * value removed. A NUL or bare CR in it is a space and a folded value one line, as RFC 9110 5.5 and RFC 9112 5.2 say.
 */
export type HeaderPair = readonly [name: string, value: string]

/** Header pairs with each name and value as text: UTF-8 where its octets are that. */
export function octetPairs(headers: readonly HeaderPair[]): readonly HeaderPair[] {
  return headers.every(([name, value]) => isAscii(name) && isAscii(value))
    ? headers
    : headers.map(([name, value]) => [octetText(name), octetText(value)])
}

export interface ResponseHead {
  /** Of the first byte of the status line. */
  readonly offset: number
  /** As sent after `HTTP/`: `1.1`; `ICY`, or `0.9` where there was no head. */
  readonly httpVersion: string
  /** null where it was not three digits, or where there was no head. */
  readonly statusCode: number | null
  readonly statusText: string
  readonly headers: readonly HeaderPair[]
  /** The head on the wire, from the status line to the empty line with both; a view where one push held all of it. */
  readonly bytes: Uint8Array
}

/** How the end of the body is found, RFC 9112 6.3. `invalid`: it cannot be. */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'tunnel' }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'length'; readonly lengthBytes: number }
  /** `codings`: transfer codings, outermost last, that the body still carries when it is handed out. */
  | { readonly kind: 'chunked'; readonly codings: readonly string[] }
  | { readonly kind: 'close'; readonly codings: readonly string[] }

/**
 * - `complete`: it ended where its framing says, and nothing in it is an `error`.
 * - `incomplete`: the connection ended first.
 * - `malformed`: an `error` stands in it, whether or not decoding went on.
 */
export type Verdict = 'complete' | 'incomplete' | 'malformed'

/**
 * Why no more bytes come. `fin`: the peer closed in order, over TLS with its closure alert; `no-close-notify`: over TLS
 * without it. The others are not the peer's doing as far as HTTP goes: they make a message incomplete, not anomalous.
 */
export type EndReason = 'fin' | 'no-close-notify' | 'reset' | 'timeout' | 'abort'

/** How far a message has come; `start` is before its first byte. */
export type ResponseStage = 'start' | 'head' | 'body' | 'trailers' | 'done'

export interface MessageEnd {
  readonly type: 'end'
  /** Of the first byte after the message. */
  readonly offset: number
  readonly verdict: Verdict
  readonly stage: ResponseStage
  /** null where the message ended by itself. */
  readonly reason: EndReason | null
  /** Body bytes handed out, after chunked was removed. */
  readonly bodyBytes: number
  /** Whether the connection may carry another request, RFC 9112 9.3. */
  readonly persistent: boolean
  /** Anomalies beyond the first hundred of each rule, which are counted only. */
  readonly suppressedAnomalies: number
}

/** What is told of a message, request or response, beside its head. */
export type MessagePart =
  /** `data` is a view of what was pushed, valid as long as that is. */
  | { readonly type: 'body'; readonly offset: number; readonly data: Uint8Array }
  | { readonly type: 'trailers'; readonly offset: number; readonly headers: readonly HeaderPair[] }
  | { readonly type: 'anomaly'; readonly anomaly: Anomaly }
  /** Bytes of a message that could not be read: of a head or trailers that were cut off, and all behind an `error`. */
  | { readonly type: 'undecoded'; readonly offset: number; readonly data: Uint8Array }
  | MessageEnd

export type ResponseEvent =
  | { readonly type: 'informational'; readonly head: ResponseHead }
  | { readonly type: 'head'; readonly head: ResponseHead; readonly framing: BodyFraming }
  | MessagePart
  /** Bytes of no response: what came after the last, or what a tunnel or an upgraded connection carries. */
  | { readonly type: 'rest'; readonly offset: number; readonly data: Uint8Array }
