import type { DecodedMail } from './message.js'

/**
 * Where a sink can say no, in the order of a dialogue. `connect` is its greeting, `starttls` the reply to STARTTLS, `message`
 * the reply after the final dot.
 */
export const SMTP_REJECT_STAGES = ['connect', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt', 'data', 'message'] as const
export type SmtpRejectStage = (typeof SMTP_REJECT_STAGES)[number]

/** A refusal on purpose. */
export interface SmtpRejection {
  readonly stage: SmtpRejectStage
  /** Of a sender, a recipient or a user: that one alone, `*` for any characters. Null: everybody. */
  readonly address: string | null
  /** 400 to 599. */
  readonly code: number
}

/** How long the sink thinks before it answers. */
export interface SmtpDelay {
  /** Null: at every stage that has no delay of its own. */
  readonly stage: SmtpRejectStage | null
  readonly ms: number
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
  /** The first that fits holds. */
  readonly delays: readonly SmtpDelay[]
  /** Greater messages are refused with 552. */
  readonly maxSizeBytes: number
  /** Folder in which each message is kept as it came, before it is accepted; made where it is missing. Null: none. */
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
  /** The code of its reply: 250 where anybody got it. */
  readonly replyCode: number
  /** Recipients that were refused at RCPT and so are none of `to`; over LMTP also those of `to` who did not get it. */
  readonly refused: readonly { readonly address: string; readonly replyCode: number }[]
}

/** The sink said no to a command, or ended a session. Of a message that is refused the `mail` event tells. */
export interface RefusalEvent {
  readonly type: 'refusal'
  /** Of the connection. */
  readonly id: number
  /** In upper case where SMTP knows it; null where it was no command: at the greeting, or amid a line. */
  readonly command: string | null
  /** What stood behind it; of AUTH the mechanism alone. */
  readonly argument: string | null
  /** Who tried to log in, at AUTH, where that came to light. */
  readonly user: string | null
  readonly replyCode: number
  /** As it went out behind the code, with an enhanced code where there was one. */
  readonly text: string
  /** The session ends with it. */
  readonly cutsOff: boolean
}
