import { UsageError } from '../core/usage-error.js'
import type { MailAttachment, MailContent, MailPerson, MailSource } from '../operations/smtp-send/index.js'
import { type Mailbox, parseRecipient, parseSender } from '../protocol/smtp/index.js'
import { type OptionsReader, readOptions, shown } from './options.js'

/** A file that goes with a mail. */
export interface MailAttachmentOptions {
  /** A path or a file name; only its last part is told. */
  readonly name: string
  /** What is in it; read from the file called `name` where it is left out. */
  readonly content?: string | Uint8Array | undefined
  /** `type/subtype`; goes by the name's extension where it is left out. */
  readonly type?: string | undefined
}

/** A mail, and whom it is for. Addresses are `a@example.com` or `Name <a@example.com>`. */
export interface MailOptions {
  /** `<>` is the null sender. */
  readonly from?: string | undefined
  readonly to?: string | readonly string[] | undefined
  readonly cc?: string | readonly string[] | undefined
  readonly bcc?: string | readonly string[] | undefined
  readonly subject?: string | undefined
  readonly text?: string | undefined
  readonly html?: string | undefined
  /** They replace what would stand there otherwise: Date, Message-ID, From ... */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly attachments?: readonly MailAttachmentOptions[] | undefined
  /** A whole message in place of one that is made of the above: line ends become CRLF, nothing else is touched. */
  readonly message?: string | Uint8Array | undefined
}

interface Party extends MailPerson {
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

const COMPOSING = ['subject', 'text', 'html', 'attachments', 'headers'] as const
/** What the parts of the message decide. */
const COMPOSED_FIELDS = ['content-type', 'content-transfer-encoding', 'mime-version', 'bcc']
const CONTROL = /[\p{Cc}\p{Cs}]/u
/** RFC 5322 wants an author, also of what has no return path. */
const DAEMON = { name: 'Mail Delivery System', address: 'MAILER-DAEMON@localhost' }

export function readPeople(reader: OptionsReader<MailOptions>): Addressed {
  const sender = reader.text('from')
  const everyone = (name: 'to' | 'cc' | 'bcc') =>
    reader.texts(name).map((text) => readParty(text, name, parseRecipient))
  const [to, cc, bcc] = [everyone('to'), everyone('cc'), everyone('bcc')]
  const recipients = [...new Map([...to, ...cc, ...bcc].map((party) => [party.address, party])).values()]
  return { from: sender === undefined ? null : readSender(sender), to, cc, recipients }
}

/** The null sender is written out: what an unset variable leaves is none. */
function readSender(text: string): Party {
  const party = readParty(text, 'from', parseSender)
  if (party.address !== '' || text.trim() === '<>') return party
  throw UsageError.of('from', text, 'an address; <> is how to mean the null sender')
}

function readParty(text: string, argument: string, parse: (text: string, argument: string) => Mailbox): Party {
  const [, written = '', inner] = /^([^<>]*)<([^<>]*)>\s*$/s.exec(text) ?? []
  if (CONTROL.test(text)) throw UsageError.of(argument, text, 'allowed: it holds a control character')
  const { address, asciiPath, path } = parse(inner ?? text, argument)
  const name = written.trim().replace(/^"(.*)"$/s, '$1')
  return { name: name === '' ? null : name, address, ascii: asciiPath ?? path }
}

export function readContent(reader: OptionsReader<MailOptions>, { from, to, cc }: Addressed): MailContent {
  const message = sourceOf(reader.value('message'), 'message')
  const subject = reader.text('subject') ?? null
  const [text, html] = [sourceOf(reader.text('text'), 'text'), sourceOf(reader.text('html'), 'html')]
  const headers = readHeaders(reader.value('headers'))
  const isObject = (value: unknown) => typeof value === 'object' && value !== null
  const attached = reader.list<MailAttachmentOptions>('attachments', isObject, 'a list of attachments')
  const attachments = attached.map((each) => readOptions('attachments', each, readAttachment))
  if (message) {
    const stray = COMPOSING.find((name) => reader.value(name) !== undefined)
    if (stray !== undefined) throw new UsageError(`${stray} and message exclude each other: a message is whole`, stray)
    return { kind: 'data', source: message }
  }
  if (subject !== null && CONTROL.test(subject))
    throw UsageError.of('subject', subject, 'allowed: it holds a control character')
  const author = from && from.address !== '' ? from : DAEMON
  return { kind: 'compose', from: author, to, cc, subject, text, html, headers, attachments }
}

function sourceOf(value: unknown, name: string): MailSource | null {
  if (value === undefined) return null
  if (typeof value === 'string') return { kind: 'bytes', bytes: Buffer.from(value) }
  if (value instanceof Uint8Array) return { kind: 'bytes', bytes: value }
  throw UsageError.of(name, shown(value), 'a text or bytes')
}

/** RFC 5322 section 2.2: the name is printable ASCII without a colon. */
function readHeaders(headers: unknown): { name: string; value: string }[] {
  if (headers === undefined) return []
  if (typeof headers !== 'object' || headers === null) throw UsageError.of('headers', shown(headers), 'an object')
  return Object.entries(headers).map(([name, value]: [string, unknown]) => {
    if (!/^[\x21-\x39\x3b-\x7e]+$/.test(name)) throw UsageError.of('headers', name, 'the name of a field')
    if (typeof value !== 'string' || CONTROL.test(value))
      throw UsageError.of(
        'headers',
        `${name}: ${shown(value)}`,
        'a field whose value is text without control characters',
      )
    if (COMPOSED_FIELDS.includes(name.toLowerCase()))
      throw new UsageError(`headers: ${name} follows from the parts of the message`, 'headers')
    return { name, value }
  })
}

function readAttachment(reader: OptionsReader<MailAttachmentOptions>): MailAttachment {
  const name = reader.text('name') ?? ''
  const type = reader.text('type') ?? null
  if (name === '' || CONTROL.test(name)) throw UsageError.of('name', name, 'the name of a file')
  if (type !== null && !/^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/i.test(type))
    throw UsageError.of('type', type, 'a media type, such as text/markdown')
  const source = sourceOf(reader.value('content'), 'content') ?? { kind: 'file', path: name, argument: 'attachments' }
  return { source, name, type }
}
