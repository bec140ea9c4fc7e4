import { UsageError } from '../../../core/usage-error.js'
import type { MailAttachment, MailContent, MailPerson, MailSource } from '../../../operations/smtp-send/index.js'
import { type Mailbox, parseRecipient, parseSender } from '../../../protocol/smtp/index.js'
import type { Arguments } from '../../args/arguments.js'
import type { Environment } from '../../environment.js'

/** A person of the envelope. */
export interface Party extends MailPerson {
  /** With the domain in A-labels, for the DNS. */
  readonly ascii: string
}

/** Whom the mail is from and to, by header; `recipients` is everyone who gets it, each once. */
export interface Addressed {
  readonly from: Party | null
  readonly to: readonly Party[]
  readonly cc: readonly Party[]
  readonly recipients: readonly Party[]
}

const COMPOSING = ['subject', 'body', 'html', 'attach', 'header', 'cc', 'bcc'] as const
/** What the parts of the message decide. */
const COMPOSED_FIELDS = ['content-type', 'content-transfer-encoding', 'mime-version', 'bcc']
const CONTROL = /[\p{Cc}\p{Cs}]/u

export function readPeople(args: Arguments): Addressed {
  const sender = args.text('from')
  const everyone = (flag: string) => args.list(flag).map((text) => readParty(text, `--${flag}`, parseRecipient))
  const [to, cc, bcc] = [everyone('to'), everyone('cc'), everyone('bcc')]
  const recipients = [...new Map([...to, ...cc, ...bcc].map((party) => [party.address, party])).values()]
  return { from: sender === null ? null : readSender(sender), to, cc, recipients }
}

/** The null sender is written out: what an unset variable leaves of `"$FROM"` or `"Name <$FROM>"` is none. */
function readSender(text: string): Party {
  const party = readParty(text, '--from', parseSender)
  if (party.address !== '' || text.trim() === '<>') return party
  throw UsageError.of('--from', text, 'an address; --from "<>" is how to mean the null sender')
}

/** `a@b.c`, or `Name <a@b.c>`. */
function readParty(text: string, argument: string, parse: (text: string, argument: string) => Mailbox): Party {
  const [, written = '', inner] = /^([^<>]*)<([^<>]*)>\s*$/s.exec(text) ?? []
  if (CONTROL.test(text)) throw UsageError.of(argument, text, 'allowed: it holds a control character')
  const { address, asciiPath, path } = parse(inner ?? text, argument)
  const name = written.trim().replace(/^"(.*)"$/s, '$1')
  return { name: name === '' ? null : name, address, ascii: asciiPath ?? path }
}

/** Null where nothing of a message is given and none is needed. */
export function readContent(args: Arguments, { from, to, cc }: Addressed, { input }: Environment): MailContent {
  const data = args.text('data')
  if (data !== null) {
    const stray = COMPOSING.find((flag) => args.has(flag) && flag !== 'cc' && flag !== 'bcc')
    if (stray !== undefined) {
      throw new UsageError(`--${stray} and --data exclude each other: that message is whole`, `--${stray}`)
    }
    if (data === '' || data.includes('\0')) throw UsageError.of('--data', data, 'a file, or - for stdin')
    return { kind: 'data', source: data === '-' ? stdin('--data') : { kind: 'file', path: data, argument: '--data' } }
  }
  if (args.text('body') === '-' && args.text('html') === '-') {
    throw new UsageError('--body and --html cannot both be stdin', '--html')
  }
  function stdin(argument: string): MailSource {
    return { kind: 'stream', pieces: () => input.pieces(), argument }
  }
  function text(flag: string): MailSource | null {
    const value = args.text(flag)
    if (value === null) return null
    if (value === '-') return stdin(`--${flag}`)
    if (value.startsWith('@') && value.includes('\0')) throw UsageError.of(`--${flag}`, value, 'a file')
    if (value.startsWith('@')) return { kind: 'file', path: value.slice(1), argument: `--${flag}` }
    return { kind: 'bytes', bytes: Buffer.from(value) }
  }
  const subject = args.text('subject')
  if (subject !== null && CONTROL.test(subject)) {
    throw UsageError.of('--subject', subject, 'allowed: it holds a control character')
  }
  return {
    kind: 'compose',
    // RFC 5322 wants an author, also of what has no return path.
    from: from && from.address !== '' ? from : { name: 'Mail Delivery System', address: 'MAILER-DAEMON@localhost' },
    to,
    cc,
    subject,
    text: text('body'),
    html: text('html'),
    headers: args.list('header').map(readHeader),
    attachments: args.list('attach').map(readAttachment),
  }
}

/** RFC 5322 section 2.2: the name is printable ASCII without a colon. */
function readHeader(text: string): { name: string; value: string } {
  const [, name, value] = /^([\x21-\x39\x3b-\x7e]+):[ \t]*(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw UsageError.of('--header', text, '"Name: value"')
  if (CONTROL.test(value)) throw UsageError.of('--header', text, 'allowed: it holds a control character')
  if (COMPOSED_FIELDS.includes(name.toLowerCase())) {
    const instead = name.toLowerCase() === 'bcc' ? '--bcc' : '--html, --attach or --data'
    throw new UsageError(`--header: ${name} follows from the parts of the message; see ${instead}`, '--header')
  }
  return { name, value }
}

function readAttachment(text: string): MailAttachment {
  const [, path = '', type] = /^(.*?)(?:;type=([^;]*))?$/s.exec(text) ?? []
  if (path === '' || path.includes('\0')) throw UsageError.of('--attach', text, 'a file')
  if (type !== undefined && !/^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/i.test(type)) {
    throw UsageError.of('--attach', text, 'FILE;type=TYPE/SUBTYPE, such as notes.txt;type=text/markdown')
  }
  if (CONTROL.test(path))
    throw UsageError.of('--attach', text, 'a file whose name can be told: it has a control character')
  return { source: { kind: 'file', path, argument: '--attach' }, name: path, type: type ?? null }
}
