import { failureShape } from '../../core/failure-fields.js'
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
import { sessionShape } from '../../net/tls/report-fields.js'
import type { Rule } from '../../protocol/http/anomaly.js'

const peer = { address: nullable(text), port: nullable(port) }

const parameters = array(array(nullable(text)))

/** What a mail client said before its message. */
const envelope = {
  /** Of the connection. */
  id: integer,
  helo: nullable(text),
  from: text,
  /** Recipients that were taken at RCPT. */
  to: array(text),
  /** Of MAIL, as [keyword, value]; the value is null where there was none. */
  parameters,
  /** All that RCPT named, with their parameters and what each was answered. */
  recipients: array(object({ address: text, parameters, replyCode: integer })),
  secure: boolean,
  /** Such as `TLSv1.3`, also of STARTTLS. */
  tlsVersion: nullable(text),
  /** Who logged in. */
  user: nullable(text),
  smtpUtf8: boolean,
  eightBit: boolean,
  /** Recipients that were refused at RCPT and so are none of `to`; of a mail over LMTP also those who did not get it. */
  refused: array(object({ address: text, replyCode: integer })),
}

export const listenEvents = {
  /** The port is open. */
  listening: {
    protocol: oneOf('tcp', 'udp', 'unix'),
    ...peer,
    path: nullable(text),
    /** SHA-256 of the certificate, as openssl prints it; null without TLS. */
    fingerprint256: nullable(text),
  },
  /** Somebody is here. */
  connection: {
    /** From 1. */
    id: integer,
    ...peer,
    tls: nullable(object(sessionShape)),
  },
  /** Bytes of one direction as they went by. */
  data: {
    id: integer,
    /** As the peer did it: `received` from it, `sent` to it. */
    direction: oneOf('received', 'sent'),
    bytes,
  },
  /** One HTTP exchange, once it was answered or broken off. */
  request: {
    id: integer,
    /** This, target and version are empty where no request line came. */
    method: text,
    target: text,
    httpVersion: text,
    headers: array(pair),
    /** Of the request's body; `bytes` holds at most the first MiB of it. */
    bodySizeBytes: integer,
    bytes,
    /** Fields behind a chunked body. */
    trailers: array(pair),
    /** Where the request is not as the RFCs have it; offsets are those of the connection. */
    anomalies: array(
      object({
        offset: integer,
        rule: text as Shape<Rule>,
        severity: oneOf('error', 'warning', 'note'),
        section: text,
        text,
      }),
    ),
    /** Anomalies past the first hundred of a rule. */
    suppressedAnomalies: integer,
    /** As it was answered; 0 where it was not. */
    statusCode: integer,
    /** Of the answer's body, as far as it was written. */
    responseSizeBytes: integer,
    /** Whether the request came in full and the answer was handed over in full. */
    complete: boolean,
    elapsedMs: number,
  },
  /** A line in the room; `id` and `name` null: from this terminal. */
  message: { id: nullable(integer), name: nullable(text), bytes },
  /** A conversation is over. */
  closed: {
    id: integer,
    ...peer,
    bytesIn: integer,
    bytesOut: integer,
    /**
     * `fin`: the peer was done first; `ended`: we were; `reset`: the peer broke it off; `idle`: silent for too long;
     * `fault`: broken on purpose; `stopped`: listening was ended; `error`: `code` says.
     */
    reason: oneOf('fin', 'ended', 'reset', 'idle', 'fault', 'stopped', 'error'),
    code: nullable(text),
    /** Over TLS, whether the peer said that it was done; false where the connection just ended. Null before it had. */
    closeNotify: nullable(boolean),
    /**
     * Where it went wrong: bytes that the system took from us and the peer's never acknowledged. Over TLS with its records.
     * Null where that is not known.
     */
    bytesUnacknowledged: nullable(integer),
    /** Where it went wrong: bytes that came and were not read. Null where that is not known. */
    bytesUnread: nullable(integer),
    /** Of the command that was run for this peer, where it ended before the conversation; a signal where one ended it. */
    exitStatus: nullable(integer),
    exitSignal: nullable(text),
    elapsedMs: number,
  },
  /** A connection that got no further than accept(2). */
  refused: { ...peer, reason: oneOf('denied', 'full', 'descriptors') },
  /** Something went wrong that ended no more than it names: a handshake, an accept(2), a command that did not start. */
  problem: { id: nullable(integer), ...peer, ...failureShape },
  /** A mail was taken, or refused at its end. */
  mail: {
    ...envelope,
    sizeBytes: integer,
    /** Where it was saved. */
    path: nullable(text),
    /** The code of its reply: 250 where anybody got it. */
    replyCode: integer,
    headers: array(pair),
    text: nullable(text),
    html: nullable(text),
    /** Attachments. */
    parts: array(object({ filename: nullable(text), type: text, sizeBytes: integer })),
  },
  /** The sink said no to a command, or ended a session. Of a message that is refused the `mail` event tells. */
  refusal: {
    /** Of the connection. */
    id: integer,
    /** In upper case where SMTP knows it; null where it was no command: at the greeting, or amid a line. */
    command: nullable(text),
    /** What stood behind it; of AUTH the mechanism alone. */
    argument: nullable(text),
    /** Who tried to log in, at AUTH, where that came to light. */
    user: nullable(text),
    replyCode: integer,
    /** As it went out behind the code, with an enhanced code where there was one. */
    text,
    /** The session ends with it. */
    cutsOff: boolean,
  },
  /** A mail that came to nothing: a client said MAIL, and went on to something else, or left. */
  transaction: {
    ...envelope,
    /** `reset`: given up; `quit`: left in order; `left`: the connection ended; `cut-off`: we ended the session. */
    outcome: oneOf('reset', 'quit', 'left', 'cut-off'),
    /** Of the message, as far as it came. */
    sizeBytes: integer,
  },
  /** Where a mail client is not as the RFCs have it; each rule is told once in a session. */
  deviation: {
    /** Of the connection. */
    id: integer,
    rule: text,
    /** With which command, where it was one. */
    command: nullable(text),
  },
  /** Typed or piped in, but not sent: there was not exactly one peer, or it takes no more. */
  unsent: { peers: integer, bytes },
}

export const listenResult = {
  connections: integer,
  /** The most at one time. */
  peak: integer,
  refused: integer,
  bytesIn: integer,
  bytesOut: integer,
}

/** What a run of `listen` tells. */
export type ListenEvent = EventOf<typeof listenEvents>
/** The port is open. */
export type ListeningEvent = EventOf<typeof listenEvents, 'listening'>
/** Somebody is here. */
export type ConnectionEvent = EventOf<typeof listenEvents, 'connection'>
/** Bytes of one direction as they went by. */
export type ListenDataEvent = EventOf<typeof listenEvents, 'data'>
/** One HTTP exchange, once it was answered or broken off. */
export type ListenRequestEvent = EventOf<typeof listenEvents, 'request'>
/** A line in the room; `id` and `name` null: from this terminal. */
export type MessageEvent = EventOf<typeof listenEvents, 'message'>
/** A conversation is over. */
export type ListenClosedEvent = EventOf<typeof listenEvents, 'closed'>
/** How a conversation ended. */
export type ListenCloseReason = ListenClosedEvent['reason']
/** A connection that got no further than accept(2). */
export type RefusedEvent = EventOf<typeof listenEvents, 'refused'>
/** Something went wrong that ended no more than it names: a handshake, an accept(2), a command that did not start. */
export type ProblemEvent = EventOf<typeof listenEvents, 'problem'>
/** A mail was taken, or refused at its end. */
export type MailEvent = EventOf<typeof listenEvents, 'mail'>
/** The sink said no to a command, or ended a session. */
export type RefusalEvent = EventOf<typeof listenEvents, 'refusal'>
/** A mail that came to nothing. */
export type TransactionEvent = EventOf<typeof listenEvents, 'transaction'>
/** Where a mail client is not as the RFCs have it. */
export type ClientDeviationEvent = EventOf<typeof listenEvents, 'deviation'>
/** Typed or piped in, but not sent. */
export type UnsentEvent = EventOf<typeof listenEvents, 'unsent'>
/** What a run of `listen` came to. */
export type ListenSummary = ValueOf<typeof listenResult>
