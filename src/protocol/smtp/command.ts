import { UsageError } from '../../core/usage-error.js'
import { refuseControls } from './mailbox.js'

/** One command, ready to be sent. */
export interface SmtpCommand {
  /** With its CRLF. */
  readonly bytes: Uint8Array
  /** What a transcript shows: the line without CRLF, and without any secret, which is in `bytes` alone. */
  readonly shown: string
  readonly elided: boolean
}

/** Stands in a transcript where a secret went over the wire. */
export const ELIDED = '[elided]'

/** RFC 5321 4.5.3.1.4: a command line has at most 512 octets with its CRLF; each extension adds its own allowance. */
const MAX_COMMAND_BYTES = 512
/** RFC 1870: 26; RFC 6152: 17; RFC 6531: 10; RFC 3461: 107; RFC 4954: 500. */
const MAX_MAIL_BYTES = MAX_COMMAND_BYTES + 26 + 17 + 10 + 107 + 500
/** RFC 3461: 500. */
const MAX_RCPT_BYTES = MAX_COMMAND_BYTES + 500
/** RFC 4954 section 4: of a response in an AUTH exchange, CRLF included. */
const MAX_AUTH_LINE_BYTES = 12_288

export interface MailParameters {
  readonly sizeBytes?: number | null
  readonly eightBit?: boolean
  readonly smtpUtf8?: boolean
  /** Already encoded, see dsn.ts. */
  readonly ret?: string | null
  readonly envid?: string | null
  /** Who submitted the message (RFC 4954 section 5), encoded as xtext, or `<>`. */
  readonly auth?: string | null
}

export interface RcptParameters {
  readonly notify?: string | null
  readonly orcpt?: string | null
}

/** EHLO, HELO or LHLO with a name from `parseHeloName`. */
export function heloCommand(verb: 'EHLO' | 'HELO' | 'LHLO', name: string): SmtpCommand {
  return line(`${verb} ${name}`, MAX_COMMAND_BYTES)
}

/** MAIL with a path from `parseSender`. */
export function mailCommand(path: string, parameters: MailParameters = {}): SmtpCommand {
  const { sizeBytes = null, eightBit = false, smtpUtf8 = false, ret = null, envid = null, auth = null } = parameters
  if (sizeBytes !== null && (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0)) {
    throw UsageError.of('SIZE', String(sizeBytes), 'a whole number of bytes')
  }
  const words = [`MAIL FROM:<${path}>`]
  if (sizeBytes !== null) words.push(`SIZE=${sizeBytes}`)
  if (eightBit) words.push('BODY=8BITMIME')
  if (smtpUtf8) words.push('SMTPUTF8')
  if (ret !== null) words.push(`RET=${ret}`)
  if (envid !== null) words.push(`ENVID=${envid}`)
  if (auth !== null) words.push(`AUTH=${auth}`)
  return line(words.join(' '), MAX_MAIL_BYTES)
}

/** RCPT with a path from `parseRecipient`. */
export function rcptCommand(path: string, parameters: RcptParameters = {}): SmtpCommand {
  const { notify = null, orcpt = null } = parameters
  const words = [`RCPT TO:<${path}>`]
  if (notify !== null) words.push(`NOTIFY=${notify}`)
  if (orcpt !== null) words.push(`ORCPT=${orcpt}`)
  return line(words.join(' '), MAX_RCPT_BYTES)
}

export function plainCommand(verb: 'DATA' | 'RSET' | 'QUIT' | 'STARTTLS' | 'NOOP'): SmtpCommand {
  return line(verb, MAX_COMMAND_BYTES)
}

/** The end of a message that has no content: what remains to be said when a server wants data that nobody shall get. */
export function loneDot(): SmtpCommand {
  return line('.', MAX_COMMAND_BYTES)
}

/**
 * AUTH with the mechanism's initial response if it has one and the line has room for it (RFC 4954 section 4);
 * `carriesResponse` says whether it went along.
 */
export function authCommand(
  mechanism: string,
  initial: Uint8Array | null,
): { command: SmtpCommand; carriesResponse: boolean } {
  const bare = line(`AUTH ${mechanism}`, MAX_COMMAND_BYTES)
  if (initial === null) return { command: bare, carriesResponse: false }
  const secret = initial.length === 0 ? '=' : Buffer.from(initial).toString('base64')
  const bytes = Buffer.from(`AUTH ${mechanism} ${secret}\r\n`)
  if (bytes.length > MAX_COMMAND_BYTES) return { command: bare, carriesResponse: false }
  return { command: { bytes, shown: `AUTH ${mechanism} ${ELIDED}`, elided: true }, carriesResponse: true }
}

/** A response within an AUTH exchange. */
export function authResponse(response: Uint8Array): SmtpCommand {
  const bytes = Buffer.from(`${Buffer.from(response).toString('base64')}\r\n`)
  if (bytes.length > MAX_AUTH_LINE_BYTES) throw new UsageError('the secret is too long for AUTH')
  return { bytes, shown: ELIDED, elided: true }
}

/** Gives an AUTH exchange up (RFC 4954 section 4). */
export function authCancel(): SmtpCommand {
  return line('*', MAX_COMMAND_BYTES)
}

/** The last gate: whatever was checked before, no line break and no NUL gets into a command. */
function line(text: string, maxBytes: number): SmtpCommand {
  const verb = text.split(' ', 1)[0] ?? text
  refuseControls(text, verb)
  const bytes = Buffer.from(`${text}\r\n`)
  if (bytes.length > maxBytes) throw new UsageError(`${verb}: the command would have more than ${maxBytes} bytes`, verb)
  return { bytes, shown: text, elided: false }
}
