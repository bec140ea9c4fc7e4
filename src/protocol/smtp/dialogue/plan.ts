import { UsageError } from '../../../core/usage-error.js'
import { checkCredentials } from '../auth/mechanism.js'
import type { Credentials, MechanismName } from '../auth/sasl.js'
import { encodeEnvelopeId, encodeNotify, encodeOriginalRecipient, encodeReturn, encodeXtext } from '../dsn.js'
import { type Mailbox, parseHeloName, parseRecipient, parseSender } from '../mailbox.js'
import { QUIT_AFTER, type QuitAfter } from './stages.js'

/** What a dialogue shall do. */
export interface DialoguePlan {
  /** Our name for EHLO: a domain or an address literal. */
  readonly helo: string
  /** LMTP (RFC 2033) instead of SMTP. */
  readonly lmtp?: boolean
  /** `auto` uses STARTTLS when it is offered and goes on without when it is refused; `always` does not go on. */
  readonly startTls?: 'auto' | 'always' | 'never'
  readonly auth?: {
    readonly credentials: Credentials
    readonly mechanism?: MechanismName | null
    /** Allow it without TLS. */
    readonly insecure?: boolean
  } | null
  /** One after the other on the same connection. */
  readonly messages?: readonly MessagePlan[]
  /** End after this stage, before a mail is sent. */
  readonly quitAfter?: QuitAfter | null
  /** false never sends commands in groups, even if PIPELINING is offered. */
  readonly pipelining?: boolean
  /** What the five minutes of RFC 5321 section 4.5.3.2 shall be; scales the other times as well. */
  readonly usualTimeoutMs?: number | null
}

export interface MessagePlan {
  /** Empty or `<>` for the null sender. */
  readonly from: string
  readonly to: readonly RecipientPlan[]
  /** As a MessageScanner found it; null where nobody knows. */
  readonly sizeBytes?: number | null
  readonly eightBit?: boolean
  /** The header has non-ASCII characters; an address that has some needs no saying. */
  readonly smtpUtf8?: boolean
  /** DSN: `full` or `hdrs`. */
  readonly dsnReturn?: string | null
  readonly envelopeId?: string | null
  /** Who submitted it first (RFC 4954 section 5); empty or `<>` for nobody known. */
  readonly submitter?: string | null
}

export interface RecipientPlan {
  readonly address: string
  /** DSN: `never`, or a list of success, failure, delay. */
  readonly dsnNotify?: string | null
  /** DSN: `rfc822;ADDRESS`. */
  readonly originalRecipient?: string | null
}

/** A message of the plan, checked, its parameters encoded. */
export interface CheckedMessage {
  readonly plan: MessagePlan
  readonly from: Mailbox
  readonly to: readonly CheckedRecipient[]
  readonly ret: string | null
  readonly envid: string | null
  readonly auth: string | null
}

export interface CheckedRecipient {
  readonly mailbox: Mailbox
  readonly notify: string | null
  readonly orcpt: string | null
}

export interface CheckedPlan {
  readonly plan: DialoguePlan
  readonly helo: string
  readonly messages: readonly CheckedMessage[]
}

/** Checks all that will ever be put into a command. Throws a UsageError, with the argument at fault. */
export function checkPlan(plan: DialoguePlan): CheckedPlan {
  const helo = parseHeloName(plan.helo, 'helo')
  if (plan.auth) checkCredentials(plan.auth.credentials, plan.auth.mechanism ?? null)
  const usual = plan.usualTimeoutMs ?? null
  if (usual !== null && !(usual > 0)) throw UsageError.of('timeout', String(usual), 'a time above zero')
  const stop = plan.quitAfter ?? null
  const sends = stop === null || QUIT_AFTER.indexOf(stop) >= QUIT_AFTER.indexOf('mail')
  if (sends && !plan.messages?.length) throw new UsageError('there is no message to send', 'messages')
  // A repeated message is one object many times: it is checked once.
  const checked = new Map<MessagePlan, CheckedMessage>()
  const messages = (plan.messages ?? []).map((message) => {
    const known = checked.get(message) ?? checkMessage(message, sends && stop !== 'mail')
    checked.set(message, known)
    return known
  })
  return { plan, helo, messages }
}

function checkMessage(plan: MessagePlan, needsRecipient: boolean): CheckedMessage {
  if (needsRecipient && plan.to.length === 0) throw new UsageError('the message has no recipient', 'to')
  const size = plan.sizeBytes ?? null
  if (size !== null && (!Number.isSafeInteger(size) || size < 0))
    throw UsageError.of('size', String(size), 'a number of bytes')
  return {
    plan,
    from: parseSender(plan.from, 'from'),
    to: plan.to.map(checkRecipient),
    ret: optional(plan.dsnReturn, (text) => encodeReturn(text, 'dsn-return')),
    envid: optional(plan.envelopeId, (text) => encodeEnvelopeId(text, 'envelope-id')),
    auth: optional(plan.submitter, encodeSubmitter),
  }
}

function checkRecipient(plan: RecipientPlan): CheckedRecipient {
  return {
    mailbox: parseRecipient(plan.address, 'to'),
    notify: optional(plan.dsnNotify, (text) => encodeNotify(text, 'dsn-notify')),
    orcpt: optional(plan.originalRecipient, (text) => encodeOriginalRecipient(text, 'original-recipient')),
  }
}

function encodeSubmitter(text: string): string {
  const { asciiPath } = parseSender(text, 'submitter')
  if (asciiPath === null) throw UsageError.of('submitter', text, 'an ASCII address')
  return asciiPath === '' ? '<>' : encodeXtext(asciiPath)
}

function optional(text: string | null | undefined, encode: (text: string) => string): string | null {
  return text === null || text === undefined ? null : encode(text)
}
