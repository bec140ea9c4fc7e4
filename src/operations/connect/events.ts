import { attemptShape, failureShape } from '../../core/failure-fields.js'
import {
  boolean,
  bytes,
  type EventOf,
  integer,
  nullable,
  number,
  object,
  oneOf,
  port,
  text,
  type ValueOf,
} from '../../core/shape.js'
import { statisticsShape } from '../../core/statistics.js'
import { tlsShape } from '../../net/tls/report-fields.js'

const tls = object(tlsShape)
/** A Unix socket has `unix:PATH` as host, and port 0. */
const endpoint = { host: text, port }

const session = {
  bytesIn: integer,
  bytesOut: integer,
  reason: oneOf(
    'fin',
    'reset',
    'refused',
    'timeout',
    'idle',
    'max-time',
    'interrupted',
    'expectation',
    'done',
    'error',
  ),
  /** Whose FIN or reset came first; null where it was neither side's. */
  closedBy: nullable(oneOf('peer', 'self')),
  /**
   * TLS: whether the peer ended it in order, with `close_notify` (RFC 8446 6.1), or TCP ended without, as it does where
   * the end of the data was cut off. Null for plain TCP, and where the peer had not ended it.
   */
  closeNotify: nullable(boolean),
  /**
   * Where it went wrong: bytes that the system took from us and the peer's never acknowledged. Over TLS with its records.
   * Null where that is not known.
   */
  bytesUnacknowledged: nullable(integer),
  /** Where it went wrong: bytes that came and were not read. Null where that is not known. */
  bytesUnread: nullable(integer),
  /** What is known of a UDP port, in nmap's words; null for streams, and where nothing was sent. */
  state: nullable(oneOf('open', 'closed', 'open|filtered')),
}

export const connectEvents = {
  /** One address was tried. */
  attempt: { host: text, ...attemptShape },
  /** A connection stands, with TLS where it was asked for. */
  connected: {
    ...endpoint,
    /** That of the proxy, where there is one. */
    address: text,
    /** Null for a Unix socket, which has no name on this side. */
    localAddress: nullable(text),
    localPort: nullable(port),
    lookupMs: number,
    connectMs: number,
    /** The proxy that was asked, and how long it took to open the way. */
    proxy: nullable(text),
    proxyMs: nullable(number),
    tlsMs: nullable(number),
    tls: nullable(tls),
  },
  /** TLS was agreed on, but not with whom it should be: nothing was said over it. The failure says why. */
  untrusted: { ...endpoint, tls },
  /** Bytes of one direction as they went by. */
  data: { direction: oneOf('sent', 'received'), bytes },
  /** An expectation was met. */
  match: { pattern: text, text, elapsedMs: number },
  /** A session is over. */
  closed: { ...session, elapsedMs: number },
  /** One endpoint was not reached. */
  unreached: {
    ...endpoint,
    /** Tries made so far; the last one's reason stands here. */
    tries: integer,
    elapsedMs: number,
    /** Whether another try follows. */
    again: boolean,
    ...failureShape,
  },
  /** One round of a repeated probe. */
  probe: {
    ...endpoint,
    /** From 1. */
    sequence: integer,
    ok: boolean,
    address: nullable(text),
    code: nullable(text),
    errno: nullable(integer),
    connectMs: nullable(number),
  },
}

export const connectResult = {
  /** Endpoints reached, of all. */
  reached: integer,
  endpoints: integer,
  /** The fields of a session are null where none came about. */
  bytesIn: nullable(session.bytesIn),
  bytesOut: nullable(session.bytesOut),
  reason: nullable(session.reason),
  closedBy: session.closedBy,
  closeNotify: session.closeNotify,
  state: session.state,
  /** Of a repeated probe. */
  statistics: nullable(object(statisticsShape)),
}

/** What a run of `connect` tells. */
export type ConnectEvent = EventOf<typeof connectEvents>
/** One address was tried. */
export type AttemptEvent = EventOf<typeof connectEvents, 'attempt'>
/** A connection stands, with TLS where it was asked for. */
export type ConnectConnectedEvent = EventOf<typeof connectEvents, 'connected'>
/** TLS was agreed on, but not with whom it should be: nothing was said over it. The failure says why. */
export type UntrustedEvent = EventOf<typeof connectEvents, 'untrusted'>
/** Bytes of one direction as they went by. */
export type DataEvent = EventOf<typeof connectEvents, 'data'>
/** An expectation was met. */
export type MatchEvent = EventOf<typeof connectEvents, 'match'>
/** A session is over. */
export type ConnectClosedEvent = EventOf<typeof connectEvents, 'closed'>
/** One endpoint was not reached. */
export type UnreachedEvent = EventOf<typeof connectEvents, 'unreached'>
/** One round of a repeated probe. */
export type ProbeEvent = EventOf<typeof connectEvents, 'probe'>
/** How a session ended, and how much went by. */
export type SessionSummary = ValueOf<typeof session>
