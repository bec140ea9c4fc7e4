import { attemptShape, failureShape } from '../../core/failure-fields.js'
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
  port,
  type Shape,
  text,
  type ValueOf,
} from '../../core/shape.js'
import { tlsShape } from '../../net/tls/report-fields.js'
import { type MechanismName, STAGES } from '../../protocol/smtp/index.js'

const stage = oneOf(...STAGES)

const said = {
  /** Milliseconds since the operation began. */
  atMs: number,
  stage,
  /** Which mail of the connection it belongs to, from 1; null where to none. */
  mail: nullable(integer),
  /** Whether it went through TLS. */
  secure: boolean,
}

const replyLines = {
  /** Without the code, as the peer wrote them: not safe for a terminal. */
  lines: array(text),
  /** In base64, one for each line; null where all lines are UTF-8. */
  linesBase64: nullable(array(text)),
}

export const smtpSendEvents = {
  /** A mail server of the domain, about to be tried. */
  mx: {
    domain: text,
    /** The host to try. */
    exchange: text,
    /** Null where the domain has no MX and stands for itself. */
    preference: nullable(integer),
    /** Empty where they could not be found out: `unreached` says why. */
    addresses: array(text),
    /** What the exchange is an alias for, against RFC 5321 section 5.1. */
    alias: nullable(text),
  },
  /** One address was tried. */
  attempt: { host: text, ...attemptShape },
  /** The connection is made; host, address and ports are null over a Unix socket. */
  connected: {
    /** Milliseconds since the operation began. */
    atMs: number,
    host: nullable(text),
    port: nullable(port),
    address: nullable(text),
    path: nullable(text),
    localAddress: nullable(text),
    localPort: nullable(port),
    lookupMs: number,
    connectMs: number,
  },
  /** A host could not be used, and the next MX is tried. */
  unreached: { host: text, ...failureShape },
  /** A command that was sent. */
  command: {
    ...said,
    /** Without its CRLF. */
    text,
    /** Whether a secret was left out of `text`. */
    elided: boolean,
  },
  /** A reply that came. */
  reply: {
    ...said,
    replyCode: integer,
    enhancedCode: nullable(text),
    ...replyLines,
    /** Not what the protocol goes on with. */
    unexpected: boolean,
    anomalies: array(object({ offset: integer, rule: text, text })),
  },
  /** Bytes of the server that are no reply to anything; the dialogue ends there. */
  stray: {
    ...said,
    /** What makes them none. */
    rule: oneOf(
      'not-a-reply',
      'bad-code',
      'mixed-codes',
      'line-too-long',
      'reply-too-long',
      'unfinished',
      'unsolicited',
      'plaintext',
    ),
    /** Of all of them, with secrets as they are shown. */
    sizeBytes: integer,
    /** As they came, but for secrets; the first KiB. */
    bytes,
  },
  /** QUIT got no reply, which takes back nothing of what was said before. */
  unanswered: {
    ...said,
    /** EAGAIN after too long a wait, SMTP_CLOSED, or how the connection was lost. */
    code: text,
  },
  /** The content of a mail begins to go out. */
  content: { ...said, sizeBytes: integer },
  /** TLS stands. */
  tls: {
    /** Milliseconds since the operation began. */
    atMs: number,
    tlsMs: number,
    ...tlsShape,
  },
  /** What became of a recipient. */
  recipient: {
    mail: integer,
    address: text,
    status: oneOf('accepted', 'refused', 'unconfirmed', 'not-reached'),
    /** Where that was decided; null where the recipient was never named to the server. */
    stage: nullable(stage),
    /** The last reply that concerns it. */
    replyCode: nullable(integer),
    enhancedCode: nullable(text),
    ...replyLines,
  },
  /** Where the time went. */
  timing: {
    lookupMs: number,
    connectMs: number,
    tlsMs: nullable(number),
    /** From the connection to the greeting; null where none came. */
    bannerMs: nullable(number),
    /** From the connection to its end. */
    dialogueMs: number,
    /** How often the client waited for the server. */
    roundTrips: integer,
    bytesIn: integer,
    bytesOut: integer,
  },
}

export const smtpSendResult = {
  /** The host that was spoken to, or the path of its socket; null where none was reached. */
  server: nullable(text),
  /** The furthest stage that went well. */
  reached: nullable(stage),
  secure: boolean,
  /** What AUTH succeeded with. */
  mechanism: nullable(text as Shape<MechanismName>),
  mails: integer,
  /** Recipients of all mails, by what became of them. */
  accepted: integer,
  refused: integer,
  unconfirmed: integer,
  notReached: integer,
  roundTrips: integer,
}

/** What a run of `smtpSend` tells. */
export type SmtpSendEvent = EventOf<typeof smtpSendEvents>
/** A mail server of the domain, about to be tried. */
export type SmtpMxEvent = EventOf<typeof smtpSendEvents, 'mx'>
/** One address was tried. */
export type SmtpAttemptEvent = EventOf<typeof smtpSendEvents, 'attempt'>
/** The connection is made; host, address and ports are null over a Unix socket. */
export type SmtpConnectedEvent = EventOf<typeof smtpSendEvents, 'connected'>
/** A host could not be used, and the next MX is tried. */
export type SmtpUnreachedEvent = EventOf<typeof smtpSendEvents, 'unreached'>
/** A command that was sent. */
export type SmtpCommandEvent = EventOf<typeof smtpSendEvents, 'command'>
/** A reply that came. */
export type SmtpReplyEvent = EventOf<typeof smtpSendEvents, 'reply'>
/** Bytes of the server that are no reply to anything; the dialogue ends there. */
export type SmtpStrayEvent = EventOf<typeof smtpSendEvents, 'stray'>
/** QUIT got no reply, which takes back nothing of what was said before. */
export type SmtpUnansweredEvent = EventOf<typeof smtpSendEvents, 'unanswered'>
/** The content of a mail begins to go out. */
export type SmtpContentEvent = EventOf<typeof smtpSendEvents, 'content'>
/** TLS stands. */
export type SmtpTlsEvent = EventOf<typeof smtpSendEvents, 'tls'>
/** What became of a recipient. */
export type SmtpRecipientEvent = EventOf<typeof smtpSendEvents, 'recipient'>
/** Where the time went. */
export type SmtpTimingEvent = EventOf<typeof smtpSendEvents, 'timing'>
/** What a run of `smtpSend` came to. */
export type SmtpSendSummary = ValueOf<typeof smtpSendResult>
