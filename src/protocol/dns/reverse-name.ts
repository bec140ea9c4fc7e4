import { UsageError } from '../../core/usage-error.js'
import type { Name } from './wire/name.js'

/**
 * The name that holds an address's PTR records: four octets below in-addr.arpa (RFC 1035, section 3.5), sixteen below
 * ip6.arpa (RFC 3596, section 2.5). UsageError for any other length.
 */
export function reverseName(address: Uint8Array): Name {
  if (address.length === 4) return `${Array.from(address).reverse().join('.')}.in-addr.arpa.`
  if (address.length !== 16) throw new UsageError(`an address of ${address.length} octets (4 or 16)`)
  const nibbles = Array.from(address, (octet) => `${(octet & 15).toString(16)}.${(octet >> 4).toString(16)}`)
  return `${nibbles.reverse().join('.')}.ip6.arpa.`
}

/** The address that a full reverse name stands for, as 4 or 16 octets; null for every other name. */
export function addressOfReverseName(name: Name): Uint8Array | null {
  const [, below, zone] = /^(.*)\.(in-addr|ip6)\.arpa\.$/i.exec(name) ?? []
  const labels = below?.split('.').reverse() ?? []
  return zone?.toLowerCase() === 'ip6' ? ofNibbles(labels) : ofDecimals(labels)
}

function ofDecimals(labels: readonly string[]): Uint8Array | null {
  const fits = labels.length === 4 && labels.every((label) => /^(0|[1-9]\d{0,2})$/.test(label) && Number(label) < 256)
  return fits ? Uint8Array.from(labels, Number) : null
}

function ofNibbles(labels: readonly string[]): Uint8Array | null {
  if (labels.length !== 32 || !labels.every((label) => /^[0-9a-f]$/i.test(label))) return null
  return Uint8Array.from({ length: 16 }, (_, at) => Number.parseInt(`${labels[2 * at]}${labels[2 * at + 1]}`, 16))
}
