import { UsageError } from '../../core/usage-error.js'

const NOTIFY = ['SUCCESS', 'FAILURE', 'DELAY'] as const
/** RFC 3461 sections 4.4 and 4.2, before and after the encoding. */
const MAX_ENVID_CHARACTERS = 100
const MAX_ORCPT_CHARACTERS = 500

/** xtext (RFC 3461 section 4): printable ASCII, with `+`, `=` and everything else as `+` and two hex digits. */
export function encodeXtext(text: string): string {
  let out = ''
  for (const byte of Buffer.from(text)) {
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x2b && byte !== 0x3d
    out += plain ? String.fromCharCode(byte) : `+${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return out
}

/** The envelope id of MAIL: at most 100 printable ASCII characters (RFC 3461 section 4.4). Returns xtext. */
export function encodeEnvelopeId(text: string, argument: string): string {
  if (!/^[\x20-\x7e]+$/.test(text)) throw UsageError.of(argument, text, 'printable ASCII')
  if (text.length > MAX_ENVID_CHARACTERS) {
    throw UsageError.of(argument, text, `at most ${MAX_ENVID_CHARACTERS} characters`)
  }
  return encodeXtext(text)
}

/** The original recipient of RCPT, `rfc822;someone@example.com` (RFC 3461 section 4.2). Returns type and xtext. */
export function encodeOriginalRecipient(text: string, argument: string): string {
  const [, type, address] = /^([A-Za-z0-9-]+);([\x20-\x7e]+)$/.exec(text) ?? []
  if (type === undefined || address === undefined) throw UsageError.of(argument, text, 'of the form rfc822;ADDRESS')
  const encoded = `${type};${encodeXtext(address)}`
  if (encoded.length > MAX_ORCPT_CHARACTERS) {
    throw UsageError.of(argument, text, `at most ${MAX_ORCPT_CHARACTERS} characters`)
  }
  return encoded
}

/** When to report on a recipient: `never`, or a list of success, failure, delay (RFC 3461 section 4.1). */
export function encodeNotify(text: string, argument: string): string {
  const upper = text.toUpperCase()
  if (upper === 'NEVER') return upper
  const words = upper.split(',')
  if (!words.every((word) => NOTIFY.some((known) => known === word)) || new Set(words).size < words.length) {
    throw UsageError.of(argument, text, 'never, or a list of success, failure and delay')
  }
  return words.join(',')
}

/** How much of the message a report brings back: `full` or `hdrs` (RFC 3461 section 4.3). */
export function encodeReturn(text: string, argument: string): string {
  const upper = text.toUpperCase()
  if (upper !== 'FULL' && upper !== 'HDRS') throw UsageError.of(argument, text, 'full or hdrs')
  return upper
}
