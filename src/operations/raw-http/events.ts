import { attemptShape } from '../../core/failure-fields.js'
import {
  array,
  boolean,
  bytes,
  type EventOf,
  integer,
  nullable,
  number,
  object,
  oneOf,
  pair,
  port,
  type Shape,
  text,
  type ValueOf,
} from '../../core/shape.js'
import { statisticsShape } from '../../core/statistics.js'
import { tlsShape } from '../../net/tls/report-fields.js'
import type { Rule } from '../../protocol/http/anomaly.js'

const ms = nullable(number)
const verdict = oneOf('complete', 'incomplete', 'malformed')
/** The request that it belongs to, from 1. */
const sequence = integer

const head = {
  sequence,
  offset: integer,
  statusCode: nullable(integer),
  /** This, names and values: UTF-8 where it is valid, else Latin-1; not safe for a terminal. */
  statusText: text,
  httpVersion: text,
  headers: array(pair),
  /** The head as it came. */
  bytes,
}

const piece = {
  sequence,
  /** Where it stands on the connection, or null once decoded. */
  offset: nullable(integer),
  bytes,
}

export const rawHttpEvents = {
  /** A request as it is sent. */
  request: {
    sequence,
    /** Null where raw bytes do not begin with a request line. */
    method: nullable(text),
    target: nullable(text),
    httpVersion: nullable(text),
    /** Head and body. */
    sizeBytes: integer,
    /** As sent; its first 64 KiB, all of it in a dry run. */
    bytes,
  },
  /** One address was tried. */
  attempt: { host: text, ...attemptShape },
  /** A connection stands, with TLS where it was asked for. */
  connected: {
    host: nullable(text),
    port: nullable(port),
    address: nullable(text),
    path: nullable(text),
    localAddress: nullable(text),
    localPort: nullable(port),
    lookupMs: ms,
    connectMs: number,
    tlsMs: ms,
    tls: nullable(object(tlsShape)),
  },
  /** A 1xx before the answer. */
  informational: head,
  /** The head of a response. */
  response: {
    ...head,
    /** How the end of the body is found. */
    framing: oneOf('none', 'tunnel', 'invalid', 'length', 'chunked', 'close'),
    lengthBytes: nullable(integer),
    /** Transfer codings other than chunked. */
    codings: array(text),
  },
  /** Part of the body. */
  body: piece,
  /** Part of everything that came. */
  wire: piece,
  /** Bytes of no response. */
  rest: piece,
  /** Part of a response that could not be decoded, as it came: its anomaly says why. */
  undecoded: { sequence, offset: integer, bytes },
  /** Fields behind a chunked body. */
  trailers: { sequence, offset: integer, headers: array(pair) },
  /** A deviation from the RFCs. */
  anomaly: {
    sequence,
    offset: integer,
    rule: text as Shape<Rule>,
    severity: oneOf('error', 'warning', 'note'),
    section: text,
    text,
  },
  /** What `decompress` undoes, and what it cannot. */
  decoding: { sequence, decoded: array(text), left: array(text) },
  /** One message is over. */
  end: {
    sequence,
    verdict,
    stage: oneOf('start', 'head', 'body', 'trailers', 'done'),
    /** Why the connection ended it; null where it ended by itself. */
    reason: nullable(oneOf('fin', 'no-close-notify', 'reset', 'timeout', 'abort')),
    /** Without chunk framing, still compressed. */
    bodyBytes: integer,
    /** Anomalies past the first hundred of a rule. */
    suppressedAnomalies: integer,
  },
  /** Each phase by itself, and (`DoneMs`) since the beginning. Null: it did not happen. */
  timing: {
    sequence,
    lookupMs: ms,
    connectMs: ms,
    tlsMs: ms,
    sendMs: ms,
    waitMs: ms,
    receiveMs: ms,
    lookupDoneMs: ms,
    connectDoneMs: ms,
    tlsDoneMs: ms,
    sendDoneMs: ms,
    waitDoneMs: ms,
    totalMs: number,
  },
  /** An expectation that was not met, and what was there. */
  broken: { sequence, expected: text, actual: text },
  /**
   * The peer had closed the connection that it kept, before a byte of the response: the same request goes out on a new
   * one (RFC 9112 9.3.1). Only what may be sent twice (RFC 9110 9.2.2).
   */
  resent: {
    sequence,
    /** How the connection ended. */
    reason: oneOf('fin', 'no-close-notify', 'reset'),
  },
  /** The answer came before the peer had taken the whole request, and the rest was refused or not sent any more. */
  untaken: {
    sequence,
    /** Of all that was to be sent. */
    sizeBytes: integer,
    /** Handed to the system; the peer may have taken less. */
    sentBytes: integer,
    /** Of the reset that refused the rest; null where it was not sent any more. */
    code: nullable(text),
  },
  /** One connection is over. */
  closed: {
    /**
     * TLS: whether the peer closed it in order, with `close_notify` (RFC 8446 6.1), or TCP ended without. Null for plain
     * TCP, and where the peer had not closed it.
     */
    closeNotify: nullable(boolean),
  },
}

export const rawHttpResult = {
  /** Of the last response. */
  statusCode: nullable(integer),
  verdict: nullable(verdict),
  requests: integer,
  responses: integer,
  connections: integer,
  /** Requests that went out once more, on a new connection. */
  resent: integer,
  /** Of all responses. */
  bodyBytes: integer,
  wireBytes: integer,
  /** Errors and warnings; notes are not counted. */
  anomalies: integer,
  /** From the first byte sent to the last received; of several requests. */
  statistics: nullable(object(statisticsShape)),
}

/** What a run of `rawHttp` tells. */
export type RawHttpEvent = EventOf<typeof rawHttpEvents>
/** A request as it is sent. */
export type RawHttpRequestEvent = EventOf<typeof rawHttpEvents, 'request'>
/** A connection stands, with TLS where it was asked for. */
export type RawHttpConnectedEvent = EventOf<typeof rawHttpEvents, 'connected'>
/** A 1xx before the answer. */
export type InformationalEvent = EventOf<typeof rawHttpEvents, 'informational'>
/** The head of a response. */
export type ResponseHeadEvent = EventOf<typeof rawHttpEvents, 'response'>
/** Part of the body; of the wire: everything. */
export type BytesEvent = EventOf<typeof rawHttpEvents, 'body' | 'wire' | 'rest'>
/** Part of a response that could not be decoded. */
export type UndecodedEvent = EventOf<typeof rawHttpEvents, 'undecoded'>
/** Fields behind a chunked body. */
export type TrailersEvent = EventOf<typeof rawHttpEvents, 'trailers'>
/** A deviation from the RFCs. */
export type AnomalyEvent = EventOf<typeof rawHttpEvents, 'anomaly'>
/** What `decompress` undoes, and what it cannot. */
export type DecodingEvent = EventOf<typeof rawHttpEvents, 'decoding'>
/** One message is over. */
export type EndEvent = EventOf<typeof rawHttpEvents, 'end'>
/** The same request goes out on a new connection. */
export type ResentEvent = EventOf<typeof rawHttpEvents, 'resent'>
/** The answer came before the peer had taken the whole request. */
export type UntakenEvent = EventOf<typeof rawHttpEvents, 'untaken'>
/** One connection is over. */
export type RawHttpClosedEvent = EventOf<typeof rawHttpEvents, 'closed'>
/** Each phase by itself, and (`DoneMs`) since the beginning. */
export type TimingEvent = EventOf<typeof rawHttpEvents, 'timing'>
/** An expectation that was not met, and what was there. */
export type RawHttpBrokenEvent = EventOf<typeof rawHttpEvents, 'broken'>
/** What a run of `rawHttp` came to. */
export type RawHttpSummary = ValueOf<typeof rawHttpResult>
