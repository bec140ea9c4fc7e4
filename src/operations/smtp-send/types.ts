import type { Family, ResolvedAddress } from '../../net/connect/lookup.js'
import type { TlsOptions } from '../../net/tls/client.js'
import type { Credentials, MechanismName, QuitAfter, Stage } from '../../protocol/smtp/index.js'
import type { DnsServer } from '../dns/index.js'
import type { MailComposition } from './message/compose.js'
import type { MailSource } from './message/source.js'

export type * from './events.js'

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
  /** The lookup has the time beside that which the system's own settings give it. */
  readonly systemTime?: boolean | undefined
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
