import type { Attempt, FailureFields } from '../../core/failure.js'
import type { Family, ResolvedAddress } from '../../net/connect/lookup.js'
import type { TlsOptions, TlsReport } from '../../net/tls/client.js'
import type {
  Credentials,
  MechanismName,
  QuitAfter,
  RecipientResult,
  ReplyAnomaly,
  ReplyLines,
  Stage,
  StrayRule,
} from '../../protocol/smtp/index.js'
import type { DnsServer } from '../dns/index.js'
import type { MailComposition } from './message/compose.js'
import type { MailSource } from './message/source.js'

/** Where the mail goes. */
export type MailRoute =
  | { readonly kind: 'server'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  /** The MX hosts of a domain in their order; `dnsServers` are asked instead of the system's. */
  | {
      readonly kind: 'mx'
      readonly domain: string
      readonly port: number
      readonly dnsServers: readonly DnsServer[] | null
    }

export interface MailReach {
  readonly family: Family | undefined
  readonly sourceAddress: ResolvedAddress | undefined
  readonly sourcePort: number | undefined
  /** Milliseconds for lookup, connect and (on port 465) TLS. */
  readonly timeoutMs: number
}

export interface MailEnvelope {
  /** Empty for the null sender. */
  readonly from: string
  readonly to: readonly string[]
  readonly dsnNotify: string | null
  readonly dsnReturn: string | null
  readonly envelopeId: string | null
}

/** What DATA carries. */
export type MailContent =
  /** Given whole: line ends are made CRLF, nothing else is touched. */
  { readonly kind: 'data'; readonly source: MailSource } | ({ readonly kind: 'compose' } & MailComposition)

/** A code that the replies of a stage must bear: `550`, `5xx`, or an enhanced code such as `5.1.1`. */
export interface ReplyExpectation {
  readonly stage: Stage
  readonly code: string
}

export interface SmtpSendOptions {
  readonly route: MailRoute
  readonly reach: MailReach
  /** Null: this machine's name, or the address literal of the connection where that is no proper name. */
  readonly helo: string | null
  readonly lmtp: boolean
  /** `implicit`: TLS from the first byte on; else when to use STARTTLS. */
  readonly security: 'implicit' | 'auto' | 'always' | 'never'
  readonly tls: Omit<TlsOptions, 'deadline' | 'signal'>
  readonly auth: {
    readonly credentials: Credentials
    readonly mechanism: MechanismName | null
    /** Allow it without TLS. */
    readonly insecure: boolean
  } | null
  /** Null where the dialogue ends before MAIL. */
  readonly envelope: MailEnvelope | null
  /** Null where the dialogue ends before the message. */
  readonly content: MailContent | null
  /** How often the mail is sent, on one connection. */
  readonly repeat: number
  readonly quitAfter: QuitAfter | null
  readonly expectReply: readonly ReplyExpectation[]
  /** What the five minutes of RFC 5321 section 4.5.3.2 shall be; all waits for replies stand in proportion. Null: five minutes. */
  readonly replyTimeoutMs: number | null
  /** false never sends commands in groups. */
  readonly pipelining: boolean
}

/** Fields of everything that was said. */
interface Said {
  /** Milliseconds since the operation began. */
  readonly atMs: number
  readonly stage: Stage
  /** Which mail of the connection it belongs to, from 1; null where to none. */
  readonly mail: number | null
  /** Whether it went through TLS. */
  readonly secure: boolean
}

/** A mail server of the domain, about to be tried. */
export interface SmtpMxEvent {
  readonly type: 'mx'
  readonly domain: string
  /** The host to try. */
  readonly exchange: string
  /** Null where the domain has no MX and stands for itself. */
  readonly preference: number | null
  /** Empty where they could not be found out: `unreached` says why. */
  readonly addresses: readonly string[]
  /** What the exchange is an alias for, against RFC 5321 section 5.1; null where it is none. */
  readonly alias: string | null
}

export interface SmtpAttemptEvent extends Attempt {
  readonly type: 'attempt'
  readonly host: string
}

/** The connection is made; host, address and ports are null over a Unix socket. */
export interface SmtpConnectedEvent {
  readonly type: 'connected'
  /** Milliseconds since the operation began. */
  readonly atMs: number
  readonly host: string | null
  readonly port: number | null
  readonly address: string | null
  readonly path: string | null
  readonly localAddress: string | null
  readonly localPort: number | null
  readonly lookupMs: number
  readonly connectMs: number
}

export interface SmtpCommandEvent extends Said {
  readonly type: 'command'
  /** Without its CRLF. */
  readonly text: string
  /** Whether a secret was left out of `text`. */
  readonly elided: boolean
}

/** `lines` are without the code, as the peer wrote them: not safe for a terminal. */
export interface SmtpReplyEvent extends Said, ReplyLines {
  readonly type: 'reply'
  readonly replyCode: number
  readonly enhancedCode: string | null
  /** Not what the protocol goes on with. */
  readonly unexpected: boolean
  readonly anomalies: readonly ReplyAnomaly[]
}

/** Bytes of the server that are no reply to anything; the dialogue ends there. */
export interface SmtpStrayEvent extends Said {
  readonly type: 'stray'
  /** What makes them none. */
  readonly rule: StrayRule
  /** As they came, but for secrets; the first KiB. */
  readonly bytes: Uint8Array
  /** Of all of them, with secrets as they are shown. */
  readonly sizeBytes: number
}

/** QUIT got no reply, which takes back nothing of what was said before. */
export interface SmtpUnansweredEvent extends Said {
  readonly type: 'unanswered'
  /** EAGAIN after too long a wait, SMTP_CLOSED, or how the connection was lost. */
  readonly code: string
}

/** The content of a mail begins to go out. */
export interface SmtpContentEvent extends Said {
  readonly type: 'content'
  readonly sizeBytes: number
}

export interface SmtpTlsEvent extends TlsReport {
  readonly type: 'tls'
  readonly atMs: number
  readonly tlsMs: number
}

/** What became of a recipient. */
export interface SmtpRecipientEvent extends ReplyLines {
  readonly type: 'recipient'
  readonly mail: number
  readonly address: string
  readonly status: RecipientResult['status']
  /** Where that was decided; null where the recipient was never named to the server. */
  readonly stage: Stage | null
  /** The last reply that concerns it. */
  readonly replyCode: number | null
  readonly enhancedCode: string | null
}

export interface SmtpTimingEvent {
  readonly type: 'timing'
  readonly lookupMs: number
  readonly connectMs: number
  readonly tlsMs: number | null
  /** From the connection to the greeting; null where none came. */
  readonly bannerMs: number | null
  /** From the connection to its end. */
  readonly dialogueMs: number
  /** How often the client waited for the server. */
  readonly roundTrips: number
  readonly bytesIn: number
  readonly bytesOut: number
}

/** A host could not be used, and the next MX is tried. */
export interface SmtpUnreachedEvent extends FailureFields {
  readonly type: 'unreached'
  readonly host: string
}

export type SmtpSendEvent =
  | SmtpMxEvent
  | SmtpAttemptEvent
  | SmtpConnectedEvent
  | SmtpUnreachedEvent
  | SmtpCommandEvent
  | SmtpReplyEvent
  | SmtpStrayEvent
  | SmtpUnansweredEvent
  | SmtpContentEvent
  | SmtpTlsEvent
  | SmtpRecipientEvent
  | SmtpTimingEvent

export interface SmtpSendSummary {
  /** The host that was spoken to, or the path of its socket; null where none was reached. */
  readonly server: string | null
  /** The furthest stage that went well. */
  readonly reached: Stage | null
  readonly secure: boolean
  /** What AUTH succeeded with. */
  readonly mechanism: MechanismName | null
  readonly mails: number
  /** Recipients of all mails, by what became of them. */
  readonly accepted: number
  readonly refused: number
  readonly unconfirmed: number
  readonly notReached: number
  readonly roundTrips: number
}
