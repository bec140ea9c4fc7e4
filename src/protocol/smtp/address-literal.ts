import { parseAddress } from '../../core/address/address.js'

/** General-address-literal: a registered tag, a colon, printable ASCII without brackets and backslash. */
const GENERAL = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?:[\x21-\x5a\x5e-\x7e]+$/
const IPV6_TAG = /^ipv6:/i

/** Whether a text is an address literal: `[192.0.2.1]`, `[IPv6:2001:db8::1]`, `[tag:content]` (RFC 5321 section 4.1.3). */
export function isAddressLiteral(text: string): boolean {
  if (!text.startsWith('[') || !text.endsWith(']')) return false
  const content = text.slice(1, -1)
  if (!IPV6_TAG.test(content)) return parseAddress(content)?.family === 4 || GENERAL.test(content)
  const address = parseAddress(content.replace(IPV6_TAG, ''))
  // A zone means something on this machine alone.
  return address?.family === 6 && address.zone === null
}

/** The literal of an address as EHLO wants it. */
export function addressLiteral(address: string): string {
  return parseAddress(address)?.family === 6 ? `[IPv6:${address.replace(/%.*/, '')}]` : `[${address}]`
}
