import { counted } from '../../../core/text/digits.js'
import type {
  ClientDeviationEvent,
  MailEvent,
  RefusalEvent,
  TransactionEvent,
} from '../../../operations/listen/index.js'
import { escapeText } from '../../render/escape.js'
import type { Theme } from '../../render/theme.js'

/** Of a text, and of a header, so many lines are shown. */
const SHOWN_LINES = 200

/** The session ends with it. */
const CUT_OFF = 421

/** A mail as its reader would see it: envelope, header, text, parts, and where it is kept. */
export function mailLines(mail: MailEvent, theme: Theme): string[] {
  const { id, from, to, helo, user, secure, smtpUtf8, eightBit, sizeBytes, path, replyCode } = mail
  const extras = [
    counted(sizeBytes, 'byte'),
    helo && `HELO ${escapeText(helo)}`,
    secure && (mail.tlsVersion ?? 'TLS'),
    user && `as ${escapeText(user)}`,
    eightBit && '8BITMIME',
    smtpUtf8 && 'SMTPUTF8',
  ]
  const verdict = replyCode < 400 ? '' : theme.bad(` refused with ${replyCode}`)
  const recipients = to.map((address) => `<${escapeText(address)}>`).join(', ')
  const lines = [
    `${theme.strong(`#${id} mail from <${escapeText(from)}> to ${recipients}`)}${verdict}`,
    theme.faint(`   ${extras.filter(Boolean).join(', ')}`),
    ...mail.refused.map((each) => theme.bad(`   refused for <${escapeText(each.address)}> with ${each.replyCode}`)),
  ]
  const push = <T>(all: readonly T[], what: string, shown: (each: T) => string) => {
    lines.push(...all.slice(0, SHOWN_LINES).map((each) => `   ${shown(each)}`.trimEnd()))
    if (all.length > SHOWN_LINES) lines.push(theme.faint(`   (${all.length - SHOWN_LINES} more ${what})`))
  }
  push(mail.headers, 'fields', ([name, value]) => `${theme.faint(`${escapeText(name)}:`)} ${escapeText(value)}`)
  const text = (mail.text ?? mail.html ?? '').trimEnd()
  if (text !== '') {
    lines.push('')
    push(text.split(/\r?\n/), 'lines', escapeText)
  }
  if (mail.text !== null && mail.html !== null)
    lines.push(theme.faint(`   (the same as HTML, ${mail.html.length} characters)`))
  for (const part of mail.parts) {
    lines.push(
      theme.faint(
        `   (attached: ${escapeText(part.filename ?? 'no name')}, ${escapeText(part.type)}, ${counted(part.sizeBytes, 'byte')})`,
      ),
    )
  }
  if (path !== null) lines.push(theme.faint(`   (kept as ${escapeText(path)})`))
  return [...lines, '']
}

/** What was refused, or where a session was cut off, and with which words. */
export function refusalLine(event: RefusalEvent, theme: Theme): string {
  const { id, command, argument, user, replyCode, text } = event
  const what = [command, argument, user !== null && `as ${user}`].filter(Boolean).join(' ')
  const done =
    replyCode === CUT_OFF ? `cut off${what === '' ? '' : ` at ${what}`}` : `refused ${what || 'at the greeting'}`
  return `${theme.strong(`#${id}`)} ${escapeText(done)}: ${theme.bad(`${replyCode} ${escapeText(text)}`)}`
}

const OUTCOMES: Readonly<Record<TransactionEvent['outcome'], string>> = {
  reset: 'given up by the client',
  quit: 'left without a message',
  left: 'broken off: the client went',
  'cut-off': 'broken off: the session was cut off',
}

/** A mail that came to nothing, and how far it came. */
export function transactionLine(event: TransactionEvent, theme: Theme): string {
  const { id, from, to, outcome, sizeBytes } = event
  const recipients = to.length === 0 ? 'nobody' : to.map((address) => `<${escapeText(address)}>`).join(', ')
  const came = sizeBytes > 0 ? ` after ${counted(sizeBytes, 'byte')}` : ''
  return `${theme.strong(`#${id} no mail from <${escapeText(from)}> to ${recipients}`)}: ${theme.warn(OUTCOMES[outcome])}${came}`
}

/** Where the client is not as the RFCs have it. */
export function deviationLine({ id, rule, command }: ClientDeviationEvent, theme: Theme): string {
  return theme.faint(`   #${id} deviates${command === null ? '' : ` with ${escapeText(command)}`}: ${rule}`)
}
