import { hexText, ipv4Text, ipv6Text, stringText } from '../text.js'
import { typeName } from '../types.js'
import type { WireReader } from '../wire/reader.js'
import { bits, type RecordFields } from './field.js'

/** WKS (RFC 1035, section 3.4.2): the ports that an address serves over a protocol. */
export function wks(reader: WireReader, fields: RecordFields): string {
  const address = ipv4Text(reader.take(4))
  const protocol = reader.u8()
  const ports = bits(reader.rest())
  Object.assign(fields, { address, protocol, ports })
  return [address, protocol, ...ports].join(' ')
}

/** NXT (RFC 2535, section 5): one plain bitmap of the types 0-127. */
export function nxt(reader: WireReader, fields: RecordFields): string {
  const next = reader.name()
  const at = reader.offset
  const bitmap = reader.rest()
  if (bitmap.length > 16) reader.fail(`a type bitmap of ${bitmap.length} octets (at most 16)`, at)
  const types = bits(bitmap).map(typeName)
  Object.assign(fields, { next, types })
  return [next, ...types].join(' ')
}

/** A6 (RFC 2874): the end of an address, and the name that has its beginning. */
export function a6(reader: WireReader, fields: RecordFields): string {
  const prefixLength = reader.u8()
  if (prefixLength > 128) reader.fail(`a prefix of ${prefixLength} bits (at most 128)`, reader.offset - 1)
  const suffix = reader.take(Math.ceil((128 - prefixLength) / 8))
  const address = new Uint8Array(16)
  address.set(suffix, 16 - suffix.length)
  const text = suffix.length > 0 ? ipv6Text(address) : null
  const prefixName = prefixLength > 0 ? reader.name() : null
  Object.assign(fields, { prefixLength, suffix: text, prefixName })
  return [prefixLength, text, prefixName].filter((part) => part !== null).join(' ')
}

/** ATMA (ATM Forum, ATM Name System 1.0): an end system address in hexadecimal, or `+` and the digits of E.164. */
export function atma(reader: WireReader, fields: RecordFields): string | null {
  const format = reader.u8()
  if (format > 1) return null
  const at = reader.offset
  const bytes = reader.rest()
  const digits = stringText(bytes)
  if (format === 1 && !/^\d+$/.test(digits)) reader.fail('an E.164 address that is not all digits', at)
  const address = format === 1 ? `+${digits}` : hexText(bytes).toLowerCase()
  Object.assign(fields, { format, address })
  return address
}
