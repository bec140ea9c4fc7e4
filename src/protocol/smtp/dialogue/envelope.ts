import type { Capabilities } from '../capabilities.js'
import { type MailParameters, mailCommand, plainCommand, rcptCommand } from '../command.js'
import type { CheckedMessage } from './plan.js'
import { type Problem, unsupported } from './problem.js'
import type { QuitAfter } from './stages.js'
import { QUIT, type Staged } from './wire.js'

const RSET: Staged = { stage: 'rset', command: plainCommand('RSET') }
const DATA: Staged = { stage: 'data', command: plainCommand('DATA') }

/** The commands of one transaction up to DATA, or up to where the dialogue is to end. */
export function envelopeCommands(
  message: CheckedMessage,
  capabilities: Capabilities,
  reset: boolean,
  quitAfter: QuitAfter | null,
): Staged[] {
  const utf8 = needsSmtpUtf8(message)
  const path = (mailbox: CheckedMessage['from']) => (utf8 ? mailbox.path : (mailbox.asciiPath ?? mailbox.path))
  const mail = mailCommand(path(message.from), mailParameters(message, capabilities))
  const commands: Staged[] = reset ? [RSET, { stage: 'mail', command: mail }] : [{ stage: 'mail', command: mail }]
  if (quitAfter === 'mail') return [...commands, QUIT]
  for (const { mailbox, notify, orcpt } of message.to) {
    commands.push({ stage: 'rcpt', command: rcptCommand(path(mailbox), { notify, orcpt }) })
  }
  return [...commands, quitAfter === 'rcpt' ? QUIT : DATA]
}

function mailParameters(message: CheckedMessage, capabilities: Capabilities): MailParameters {
  const { plan, ret, envid, auth } = message
  return {
    sizeBytes: capabilities.size ? (plan.sizeBytes ?? null) : null,
    // RFC 6531 section 3.6 wants it with SMTPUTF8 where the body has 8-bit data: the same condition.
    eightBit: plan.eightBit ?? false,
    smtpUtf8: needsSmtpUtf8(message),
    ret,
    envid,
    // RFC 4954 section 5: for servers that know AUTH; the others would refuse the parameter.
    auth: capabilities.keywords.has('AUTH') ? auth : null,
  }
}

/** A domain alone needs no SMTPUTF8: it has an ASCII form. */
function needsSmtpUtf8({ plan, from, to }: CheckedMessage): boolean {
  return (plan.smtpUtf8 ?? false) || from.asciiPath === null || to.some(({ mailbox }) => mailbox.asciiPath === null)
}

/** Why the server, by its own word, cannot take the message; null if it can. */
export function lacks(message: CheckedMessage, capabilities: Capabilities): Problem | null {
  const { plan, ret, envid, to } = message
  if (needsSmtpUtf8(message) && !capabilities.smtpUtf8) {
    const text = 'an address or the header has non-ASCII characters, and the server does not offer SMTPUTF8'
    return unsupported('mail', 'SMTP_NO_SMTPUTF8', text)
  }
  if (plan.eightBit && !capabilities.eightBitMime) {
    const text = 'the message has 8-bit data, and the server does not offer 8BITMIME'
    return unsupported('mail', 'SMTP_NO_8BITMIME', text)
  }
  const wantsDsn = ret !== null || envid !== null || to.some(({ notify, orcpt }) => notify !== null || orcpt !== null)
  if (wantsDsn && !capabilities.dsn) {
    const text = 'delivery status notifications are asked for, and the server does not offer DSN'
    return unsupported('mail', 'SMTP_NO_DSN', text)
  }
  const size = plan.sizeBytes ?? null
  const limit = capabilities.sizeLimitBytes
  if (size !== null && limit !== null && size > limit) {
    return unsupported('mail', 'SMTP_SIZE', `the message has ${size} bytes, and the server takes no more than ${limit}`)
  }
  return null
}
