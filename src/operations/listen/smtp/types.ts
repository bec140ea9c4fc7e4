import { SERVER_STAGES } from '../../../protocol/smtp/server/index.js'

/**
 * Where a sink can say no, in the order of a dialogue. `connect` is its greeting, `starttls` the reply to STARTTLS, `message`
 * the reply after the final dot.
 */
export const SMTP_REJECT_STAGES = SERVER_STAGES
/** A stage at which a sink can say no or be slow. */
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
