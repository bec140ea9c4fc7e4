import { UsageError } from '../../../core/usage-error.js'
import type { MailContent, MailSource } from '../../../operations/smtp-send/index.js'
import type { Environment } from '../../environment.js'
import type { SmtpSendArguments } from './flags.js'
import type { Party } from './values.js'

/** Whom the mail is from and to, by header; `recipients` is everyone who gets it, each once. */
export interface Addressed {
  readonly from: Party | null
  readonly to: readonly Party[]
  readonly cc: readonly Party[]
  readonly recipients: readonly Party[]
}

export function readPeople(args: SmtpSendArguments): Addressed {
  const [to, cc, bcc] = [args.value('to'), args.value('cc'), args.value('bcc')]
  const recipients = [...new Map([...to, ...cc, ...bcc].map((party) => [party.address, party])).values()]
  return { from: args.value('from'), to, cc, recipients }
}

/** Null where nothing of a message is given and none is needed. */
export function readContent(args: SmtpSendArguments, { from, to, cc }: Addressed, { input }: Environment): MailContent {
  const data = args.value('data')
  if (data !== null) {
    if (data === '' || data.includes('\0')) throw UsageError.of('--data', data, 'a file, or - for stdin')
    return { kind: 'data', source: data === '-' ? stdin('--data') : { kind: 'file', path: data, argument: '--data' } }
  }
  if (args.value('body') === '-' && args.value('html') === '-') {
    throw new UsageError('--body and --html cannot both be stdin', '--html')
  }
  function stdin(argument: string): MailSource {
    return { kind: 'stream', pieces: () => input.pieces(), argument }
  }
  function text(flag: 'body' | 'html'): MailSource | null {
    const value = args.value(flag)
    if (value === null) return null
    if (value === '-') return stdin(`--${flag}`)
    if (value.startsWith('@') && value.includes('\0')) throw UsageError.of(`--${flag}`, value, 'a file')
    if (value.startsWith('@')) return { kind: 'file', path: value.slice(1), argument: `--${flag}` }
    return { kind: 'bytes', bytes: Buffer.from(value) }
  }
  return {
    kind: 'compose',
    // RFC 5322 wants an author, also of what has no return path.
    from: from && from.address !== '' ? from : { name: 'Mail Delivery System', address: 'MAILER-DAEMON@localhost' },
    to,
    cc,
    subject: args.value('subject'),
    text: text('body'),
    html: text('html'),
    headers: args.value('header'),
    attachments: args.value('attach'),
  }
}
