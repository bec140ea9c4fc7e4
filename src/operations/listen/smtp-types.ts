import type { DecodedMail } from './smtp-message.js'

/** Where a sink can say no. `message` is the reply after the final dot. */
export const SMTP_REJECT_STAGES = ['connect', 'auth', 'mail', 'rcpt', 'message'] as const
export type SmtpRejectStage = (typeof SMTP_REJECT_STAGES)[number]

/** A refusal on purpose, of one address (a sender, a recipient) or of all. */
export interface SmtpRejection {
  readonly stage: SmtpRejectStage
  readonly address: string | null
  /** 400 to 599. */
  readonly code: number
}

/** A mail server that takes everything, or as little as it is told to, and delivers nothing. */
export interface SmtpMode {
  readonly kind: 'smtp'
  /** One reply for each recipient (RFC 2033). */
  readonly lmtp: boolean
  /** Offers STARTTLS, with the listener's certificate. */
  readonly starttls: boolean
  /** Whether the listener has spoken TLS before the first byte. */
  readonly secure: boolean
  /** Who has to log in before a mail is taken; null: nobody. */
  readonly auth: { readonly user: string; readonly password: string } | null
  readonly reject: readonly SmtpRejection[]
  /** Before each answer that says yes or no. */
  readonly delayMs: number
  /** Greater messages are refused with 552. */
  readonly maxSizeBytes: number
  /** Folder in which each message is kept as it came, before it is accepted; null: none. */
  readonly directory: string | null
}

/** A mail was taken, or refused at its end. */
export interface MailEvent extends DecodedMail {
  readonly type: 'mail'
  /** Of the connection. */
  readonly id: number
  readonly helo: string | null
  readonly from: string
  readonly to: readonly string[]
  readonly secure: boolean
  /** Who logged in, or null. */
  readonly user: string | null
  readonly smtpUtf8: boolean
  readonly eightBit: boolean
  readonly sizeBytes: number
  /** Where it was saved, or null. */
  readonly path: string | null
  /** The code of its reply. */
  readonly replyCode: number
}
