import { domainToASCII } from 'node:url'
import { UsageError } from '../usage-error.js'
import { formatAddress, looksLikeAddress, parseAddress } from './address.js'

/** What stands where a host is expected: a literal address in canonical text, or a name in ASCII to be resolved. */
export type Host =
  | { readonly kind: 'address'; readonly address: string; readonly family: 4 | 6 }
  | { readonly kind: 'name'; readonly name: string }

/** RFC 1035 section 2.3.4: 255 octets on the wire leave 253 of text. */
const MAX_NAME_OCTETS = 253
const MAX_LABEL_OCTETS = 63

/**
 * Tells an address from a name, before any resolver sees it. Names are letters, digits, hyphens and underscores in
 * labels; a trailing dot is kept. Only a name with non-ASCII characters goes through IDNA (which would rewrite `1.2.3`).
 * @throws UsageError for what is neither, with the reason.
 */
export function checkHost(text: string, argument: string): Host {
  // A program need not be type-checked.
  if (typeof text !== 'string') throw UsageError.of(argument, String(text), 'a host name or an address')
  const address = parseAddress(text)
  if (address) return { kind: 'address', address: formatAddress(address), family: address.family }
  if (text === '' || text === '.') throw UsageError.of(argument, text, 'a host name or an address')
  refuseMistakenAddress(text, text, argument)
  const name = isASCII(text) ? text : toASCII(text, argument)
  // IDNA folds full-width digits and dots: what was no address may have become one.
  refuseMistakenAddress(name, text, argument)
  refuseBadName(name, text, argument)
  return { kind: 'name', name }
}

function refuseMistakenAddress(name: string, text: string, argument: string): void {
  const expected = looksLikeAddress(name)
  if (expected !== null) throw UsageError.of(argument, text, expected)
  if (name !== text && parseAddress(name)) throw UsageError.of(argument, text, `an address in ASCII digits (${name})`)
}

function refuseBadName(name: string, text: string, argument: string): void {
  if (!/^[0-9A-Za-z._-]+$/.test(name)) {
    throw UsageError.of(argument, text, 'a host name: letters, digits, "-", "_" and "." only')
  }
  const labels = name.replace(/\.$/, '').split('.')
  if (labels.includes('')) throw UsageError.of(argument, text, 'a host name: a label is empty')
  if (name.length > MAX_NAME_OCTETS + (name.endsWith('.') ? 1 : 0)) {
    throw UsageError.of(argument, text, `a host name of at most ${MAX_NAME_OCTETS} octets`)
  }
  if (labels.some((label) => label.length > MAX_LABEL_OCTETS)) {
    throw UsageError.of(argument, text, `a host name with labels of at most ${MAX_LABEL_OCTETS} octets`)
  }
}

function toASCII(text: string, argument: string): string {
  // Checked before IDNA, since its URL rules drop tabs and newlines, decode percent signs and cut at slashes.
  for (const char of text) {
    if (isASCII(char) && !/[0-9A-Za-z._-]/.test(char)) {
      throw UsageError.of(argument, text, 'a host name: letters, digits, "-", "_" and "." only')
    }
  }
  const name = domainToASCII(text)
  if (name === '') throw UsageError.of(argument, text, 'a valid internationalised name (IDNA)')
  return name
}

function isASCII(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 127) return false
  return true
}
