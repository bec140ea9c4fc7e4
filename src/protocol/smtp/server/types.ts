import type { ContentFacts } from './content.js'
import type { Login } from './credentials.js'
import type { SmtpParameter } from './parameters.js'

/** How a server presents itself, and what it offers. */
export interface ServerPlan {
  /** As it calls itself in its greeting. */
  readonly name: string
  /** LHLO in place of EHLO, and one reply for each recipient behind a message (RFC 2033). */
  readonly lmtp: boolean
  readonly starttls: boolean
  /** The version of TLS that was agreed before the first byte, such as `TLSv1.3`; null without. */
  readonly tlsVersion: string | null
  /** Who has to log in before a mail is taken; null: nobody. */
  readonly auth: Login | null
  /** Greater messages are refused with 552. */
  readonly maxSizeBytes: number
}

/** Where a server can say no, in the order of a dialogue. */
export const SERVER_STAGES = ['connect', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt', 'data', 'message'] as const
export type ServerStage = (typeof SERVER_STAGES)[number]

/** A no, before its enhanced code is added. */
export interface ServerRefusal {
  /** 400 to 599. */
  readonly code: number
  readonly text: string
}

export interface TransactionRecipient {
  readonly address: string
  readonly parameters: readonly SmtpParameter[]
  /** What RCPT was answered with. */
  readonly replyCode: number
}

/** One mail as far as it came: from MAIL on. */
export interface Transaction {
  /** What the client called itself in EHLO, HELO or LHLO. */
  readonly helo: string | null
  readonly from: string
  /** Of MAIL. */
  readonly parameters: readonly SmtpParameter[]
  readonly recipients: readonly TransactionRecipient[]
  readonly tlsVersion: string | null
  readonly user: string | null
}

/** How a transaction came to nothing. */
export type Abandonment =
  /** RSET, or a command that implies it. */
  | 'reset'
  | 'quit'
  /** The client went without a word. */
  | 'left'
  /** The server ended the session. */
  | 'cut-off'

/** Where a client is not as the RFCs have it. Each is told once in a session. */
export type ClientDeviation =
  | 'bare-lf'
  | 'long-command'
  | 'helo-name'
  | 'path-space'
  | 'parameter-not-offered'
  | 'pipelining-not-offered'
  | 'pipelined-behind'
  | 'behind-starttls'
  | 'content-bare-lf'
  | 'content-bare-cr'
  | 'content-long-line'
  | 'content-eight-bit'
  | 'size-understated'
  | 'no-quit'

/** What happens to a session. While an answer is awaited nothing is received. */
export type SmtpServerEvent =
  | { readonly type: 'connected' }
  | { readonly type: 'received'; readonly bytes: Uint8Array }
  | { readonly type: 'judged'; readonly refusal: ServerRefusal | null }
  /** One verdict for each recipient that was taken; null: it gets the message. */
  | { readonly type: 'taken'; readonly verdicts: readonly (ServerRefusal | null)[] }
  | { readonly type: 'secured'; readonly tlsVersion: string; readonly droppedBytes: number }
  /** The client says no more; it may still listen. */
  | { readonly type: 'ended' }
  /** Nobody is there any more. */
  | { readonly type: 'lost' }

/** What a session asks to be done, in order. */
export type ServerAction =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** To be answered with `judged`. */
  | { readonly type: 'judge'; readonly stage: ServerStage; readonly address: string | null }
  /** A message is here; to be answered with `taken`. `pieces` hold it up to the bound, `sizeBytes` counts all of it. */
  | {
      readonly type: 'message'
      readonly transaction: Transaction
      readonly pieces: readonly Uint8Array[]
      readonly sizeBytes: number
      readonly facts: ContentFacts
      readonly refusal: ServerRefusal | null
    }
  /** TLS begins, and what has come meanwhile is not to be read as anything. To be answered with `secured`. */
  | { readonly type: 'start-tls' }
  /** A no was said, and to what: see `RefusalEvent` of the listener. */
  | {
      readonly type: 'refused'
      readonly command: string | null
      readonly argument: string | null
      readonly user: string | null
      readonly replyCode: number
      readonly text: string
      readonly cutsOff: boolean
    }
  | {
      readonly type: 'abandoned'
      readonly transaction: Transaction
      readonly how: Abandonment
      /** Of the message, as far as it came. */
      readonly sizeBytes: number
    }
  | { readonly type: 'deviation'; readonly rule: ClientDeviation; readonly command: string | null }
  | { readonly type: 'close' }
