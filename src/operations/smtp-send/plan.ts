import type { DialoguePlan, MessageFacts, MessagePlan } from '../../protocol/smtp/index.js'
import type { SmtpSendOptions } from './types.js'

/** What the dialogue shall do, of a message with those facts. */
export function planOf(options: SmtpSendOptions, facts: MessageFacts, helo: string): DialoguePlan {
  const { envelope, repeat, security, auth } = options
  const message: MessagePlan | null = envelope && {
    from: envelope.from,
    to: envelope.to.map((address) => ({ address, dsnNotify: envelope.dsnNotify })),
    sizeBytes: options.content ? facts.sizeBytes : null,
    eightBit: facts.eightBit,
    smtpUtf8: facts.eightBitHeader,
    dsnReturn: envelope.dsnReturn,
    envelopeId: envelope.envelopeId,
  }
  return {
    helo,
    lmtp: options.lmtp,
    startTls: security === 'implicit' ? 'never' : security,
    auth,
    messages: message ? Array.from({ length: repeat }, () => message) : [],
    quitAfter: options.quitAfter,
    pipelining: options.pipelining,
    usualTimeoutMs: options.replyTimeoutMs,
  }
}
