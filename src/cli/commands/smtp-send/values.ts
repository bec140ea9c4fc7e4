import { UsageError } from '../../../core/usage-error.js'
import type { MailAttachment, MailPerson, ReplyExpectation } from '../../../operations/smtp-send/index.js'
import { type Mailbox, parseRecipient, parseSender, STAGES } from '../../../protocol/smtp/index.js'
import type { Parse } from '../../args/flag.js'

/** A person of the envelope. */
export interface Party extends MailPerson {
  /** With the domain in A-labels, for the DNS. */
  readonly ascii: string
}

/** What the parts of the message decide. */
const COMPOSED_FIELDS = ['content-type', 'content-transfer-encoding', 'mime-version', 'bcc']
const CONTROL = /[\p{Cc}\p{Cs}]/u

/** The null sender is written out: what an unset variable leaves of `"$FROM"` or `"Name <$FROM>"` is none. */
export function readSender(text: string, argument: string): Party {
  const party = readParty(text, argument, parseSender)
  if (party.address !== '' || text.trim() === '<>') return party
  throw UsageError.of(argument, text, 'an address; --from "<>" is how to mean the null sender')
}

export function readRecipient(text: string, argument: string): Party {
  return readParty(text, argument, parseRecipient)
}

/** `a@b.c`, or `Name <a@b.c>`. */
function readParty(text: string, argument: string, parse: (text: string, argument: string) => Mailbox): Party {
  const [, written = '', inner] = /^([^<>]*)<([^<>]*)>\s*$/s.exec(text) ?? []
  if (CONTROL.test(text)) throw UsageError.of(argument, text, 'allowed: it holds a control character')
  const { address, asciiPath, path } = parse(inner ?? text, argument)
  const name = written.trim().replace(/^"(.*)"$/s, '$1')
  return { name: name === '' ? null : name, address, ascii: asciiPath ?? path }
}

export function readSubject(text: string, argument: string): string {
  if (CONTROL.test(text)) throw UsageError.of(argument, text, 'allowed: it holds a control character')
  return text
}

/** RFC 5322 section 2.2: the name is printable ASCII without a colon. */
export function readMailHeader(text: string, argument: string): { name: string; value: string } {
  const [, name, value] = /^([\x21-\x39\x3b-\x7e]+):[ \t]*(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw UsageError.of(argument, text, '"Name: value"')
  if (CONTROL.test(value)) throw UsageError.of(argument, text, 'allowed: it holds a control character')
  if (COMPOSED_FIELDS.includes(name.toLowerCase())) {
    const instead = name.toLowerCase() === 'bcc' ? '--bcc' : '--html, --attach or --data'
    throw new UsageError(`${argument}: ${name} follows from the parts of the message; see ${instead}`, argument)
  }
  return { name, value }
}

export function readAttachment(text: string, argument: string): MailAttachment {
  const [, path = '', type] = /^(.*?)(?:;type=([^;]*))?$/s.exec(text) ?? []
  if (path === '' || path.includes('\0')) throw UsageError.of(argument, text, 'a file')
  if (type !== undefined && !/^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/i.test(type)) {
    throw UsageError.of(argument, text, 'FILE;type=TYPE/SUBTYPE, such as notes.txt;type=text/markdown')
  }
  if (CONTROL.test(path))
    throw UsageError.of(argument, text, 'a file whose name can be told: it has a control character')
  return { source: { kind: 'file', path, argument }, name: path, type: type ?? null }
}

/** A value that goes into a command, looked at here, where it is known by its flag. */
export function checked(check: Parse<string>): Parse<string> {
  return (text, argument) => {
    check(text, argument)
    return text
  }
}

export function readExpectation(text: string, argument: string): ReplyExpectation {
  const [, name = '', code = ''] = /^([a-z]+)=([2-5](?:\d\d|xx|\d?x?)|[245]\.\d{1,3}\.\d{1,3})$/i.exec(text) ?? []
  const stage = STAGES.find((known) => known === name.toLowerCase())
  if (stage === undefined || stage === 'connect' || stage === 'tls' || code === '') {
    throw UsageError.of(argument, text, 'STAGE=CODE, such as rcpt=550, mail=5xx or rcpt=5.1.1')
  }
  return { stage, code }
}
