import { type DialogueResult, type RecipientResult, replyLines } from '../../protocol/smtp/index.js'
import type { SmtpSendEvent, SmtpSendOptions, SmtpSendSummary } from './types.js'

/** Told of no recipient: the dialogue never got so far, or was never to. */
function untold(options: SmtpSendOptions): { recipients: readonly RecipientResult[] }[] {
  const { envelope, repeat } = options
  if (!envelope) return []
  const recipients = envelope.to.map(
    (address): RecipientResult => ({ address, status: 'not-reached', stage: null, code: null, reply: null }),
  )
  return Array.from({ length: repeat }, () => ({ recipients }))
}

/** Whether the dialogue is to name recipients at all. */
function namesRecipients({ quitAfter }: SmtpSendOptions): boolean {
  return quitAfter === null || quitAfter === 'rcpt' || quitAfter === 'data'
}

/** One event for each recipient of each mail. A check that ends early has one mail. */
export function emitRecipients(
  options: SmtpSendOptions,
  result: DialogueResult | null,
  emit: (event: SmtpSendEvent) => void,
): void {
  if (!namesRecipients(options)) return
  for (const [index, { recipients }] of (result?.messages ?? untold(options)).entries()) {
    for (const { address, status, stage, reply } of recipients) {
      emit({
        type: 'recipient',
        mail: index + 1,
        address,
        status,
        stage,
        replyCode: reply?.code ?? null,
        enhancedCode: reply?.enhancedCode ?? null,
        ...replyLines(reply?.lines ?? []),
      })
    }
  }
}

export function summarize(
  options: SmtpSendOptions,
  server: string | null,
  result: DialogueResult | null,
): SmtpSendSummary {
  const messages = namesRecipients(options) ? (result?.messages ?? untold(options)) : []
  const recipients = messages.flatMap((message) => message.recipients)
  const count = (status: RecipientResult['status']) => recipients.filter((each) => each.status === status).length
  return {
    server,
    reached: result?.reached ?? null,
    secure: result?.secure ?? false,
    mechanism: result?.mechanism ?? null,
    mails: messages.length,
    accepted: count('accepted'),
    refused: count('refused'),
    unconfirmed: count('unconfirmed'),
    notReached: count('not-reached'),
    roundTrips: result?.roundTrips ?? 0,
  }
}
