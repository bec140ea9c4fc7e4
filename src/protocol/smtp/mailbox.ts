import { domainToASCII, domainToUnicode } from 'node:url'
import { UsageError } from '../../core/usage-error.js'
import { isAddressLiteral } from './address-literal.js'

/** RFC 5321 section 4.5.3.1, in octets. */
const MAX_LOCAL_BYTES = 64
const MAX_DOMAIN_BYTES = 255
const MAX_PATH_BYTES = 256
const MAX_LABEL_BYTES = 63

const ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
const UTEXT = `(?:${ATEXT}|\\P{ASCII})`
const DOT_STRING = new RegExp(`^${UTEXT}+(?:\\.${UTEXT}+)*$`, 'u')
const QUOTED_STRING = /^"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\P{ASCII}|\\[\x20-\x7e])*"$/u
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/
/** Of ASCII only what a label may have, and the dots between. */
const IDN_CHARACTERS = /^(?:[A-Za-z0-9.-]|\P{ASCII})+$/u
/** Controls (C0, DEL, C1) and halves of surrogate pairs: in no value that is put into a command. */
const FORBIDDEN = /[\p{Cc}\p{Cs}]/u

/** An address that has been checked (RFC 5321 section 4.1.2, RFC 6531 section 3.3). */
export interface Mailbox {
  /** As it was given. */
  readonly address: string
  /** As it goes on the wire to a server with SMTPUTF8: the address without angle brackets; empty for the null sender. */
  readonly path: string
  /** As it goes on the wire without SMTPUTF8 (the domain in A-labels); null if the local part has non-ASCII characters. */
  readonly asciiPath: string | null
}

const NULL_SENDER: Mailbox = { address: '', path: '', asciiPath: '' }

/** A sender; an empty text and `<>` are the null sender. Anything that RFC 5321 does not allow is a UsageError. */
export function parseSender(text: string, argument: string): Mailbox {
  return text === '' || text === '<>' ? NULL_SENDER : parseMailbox(text, argument)
}

/** A recipient; `postmaster` alone is one (RFC 5321 section 4.1.1.3). */
export function parseRecipient(text: string, argument: string): Mailbox {
  if (/^postmaster$/i.test(text)) return { address: text, path: text, asciiPath: text }
  return parseMailbox(text, argument)
}

function parseMailbox(text: string, argument: string): Mailbox {
  refuseControls(text, argument)
  const at = text.lastIndexOf('@')
  const local = text.slice(0, Math.max(0, at))
  const domain = text.slice(at + 1)
  if (at < 0) throw UsageError.of(argument, text, 'an address: it has no @')
  if (!DOT_STRING.test(local) && !QUOTED_STRING.test(local)) {
    throw UsageError.of(argument, text, 'an address: what stands before the @ needs quotes or other characters')
  }
  if (Buffer.byteLength(local) > MAX_LOCAL_BYTES) {
    throw UsageError.of(argument, text, `an address: at most ${MAX_LOCAL_BYTES} bytes may stand before the @`)
  }
  const asciiDomain = checkDomain(domain, text, argument)
  if (Buffer.byteLength(text) + 2 > MAX_PATH_BYTES || local.length + asciiDomain.length + 3 > MAX_PATH_BYTES) {
    throw UsageError.of(argument, text, `an address of at most ${MAX_PATH_BYTES - 2} bytes`)
  }
  return { address: text, path: text, asciiPath: isAscii(local) ? `${local}@${asciiDomain}` : null }
}

/** The name for HELO, EHLO or LHLO: a domain (made A-labels) or an address literal such as `[192.0.2.1]`. */
export function parseHeloName(text: string, argument: string): string {
  refuseControls(text, argument)
  return checkDomain(text, text, argument)
}

/** The domain of an address that has been checked, in A-labels. */
export function asciiDomainOf(address: string): string {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  return isAscii(domain) ? domain : toALabels(domain)
}

/** Returns the domain in ASCII. */
function checkDomain(domain: string, whole: string, argument: string): string {
  if (isAddressLiteral(domain)) return domain
  const ascii = isAscii(domain) ? domain : toALabels(domain)
  const labels = ascii.split('.')
  if (!labels.every((label) => LABEL.test(label) && label.length <= MAX_LABEL_BYTES)) {
    throw UsageError.of(argument, whole, 'right: the domain is neither a name nor an address such as [192.0.2.1]')
  }
  if (ascii.length > MAX_DOMAIN_BYTES || Buffer.byteLength(domain) > MAX_DOMAIN_BYTES) {
    throw UsageError.of(argument, whole, `right: a domain has at most ${MAX_DOMAIN_BYTES} bytes`)
  }
  return ascii
}

/**
 * An internationalised domain in A-labels; empty where it is none. The system reads one as the host of a URL: it would cut
 * at a slash, decode percent signs, and fold or drop characters, so that another domain came out than was given.
 */
function toALabels(domain: string): string {
  if (!IDN_CHARACTERS.test(domain)) return ''
  const ascii = domainToASCII(domain)
  return domainToUnicode(ascii) === domain.normalize('NFC').toLowerCase() ? ascii : ''
}

/** CR, LF, NUL and their kin would end the command or hide a part of it. */
export function refuseControls(text: string, argument: string): void {
  if (FORBIDDEN.test(text)) throw UsageError.of(argument, text, 'allowed: it holds a control character')
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length
}
