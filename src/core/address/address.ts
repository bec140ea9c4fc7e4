/** A literal IP address. Strict: no octal, hexadecimal, short or zero-padded IPv4, which resolvers read in different ways. */
export interface Address {
  readonly family: 4 | 6
  /** As one unsigned number, in network byte order: 32 bits of it or 128. */
  readonly value: bigint
  /** The zone of a scoped IPv6 address (`eth0` of `fe80::1%eth0`, RFC 4007), or null. */
  readonly zone: string | null
}

const OCTET = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`)
const GROUP = /^[0-9a-f]{1,4}$/i
/** What RFC 6874 lets stand in a zone without escaping; interface names and indexes are made of it. */
const ZONE = /^[0-9A-Za-z._~-]+$/
const LEADING_ZEROS = /^0{1,3}/
const MAPPED_PREFIX = 0xffffn

/** The address that `text` is a literal of (RFC 4291 section 2.2, RFC 4007 section 11), or null. No brackets. */
export function parseAddress(text: string): Address | null {
  const v4 = parseIPv4(text)
  if (v4 !== null) return { family: 4, value: BigInt(v4), zone: null }
  const percent = text.indexOf('%')
  const zone = percent < 0 ? null : text.slice(percent + 1)
  if (zone !== null && !ZONE.test(zone)) return null
  const value = parseIPv6(percent < 0 ? text : text.slice(0, percent))
  return value === null ? null : { family: 6, value, zone }
}

/** 4 or 6 for a literal address of that family, else 0. */
export function isAddress(text: string): 4 | 6 | 0 {
  return parseAddress(text)?.family ?? 0
}

/** The canonical text: RFC 5952 for IPv6, with IPv4-mapped addresses in mixed notation. */
export function formatAddress(address: Address): string {
  if (address.family === 4) return formatIPv4(Number(address.value))
  const text = formatIPv6(address.value)
  return address.zone === null ? text : `${text}%${address.zone}`
}

/** Its octets in network byte order, 4 or 16 of them; a zone has none. */
export function addressBytes({ family, value }: Address): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(family === 4 ? 8 : 32, '0'), 'hex'))
}

/** Dotted decimal of an unsigned 32-bit number. */
export function formatIPv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

/** The IPv4 address inside an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`): packets go to it. Others stay as they are. */
export function unmapAddress(address: Address): Address {
  if (address.family === 4 || address.value >> 32n !== MAPPED_PREFIX) return address
  return { family: 4, value: address.value & 0xffffffffn, zone: null }
}

/**
 * Why `text` is a mistaken address and not a name, or null where it may be a name. Resolvers read such texts as
 * addresses by rules of their own (`010.0.0.1` as 8.0.0.1, `1.2.3` as 1.2.0.3), so they must never be handed on.
 * Null too for a well-formed address.
 */
export function looksLikeAddress(text: string): string | null {
  if (isAddress(text) !== 0) return null
  if (isAddress(/^\[(.*)\]$/.exec(text)?.[1] ?? '') === 6) return 'an address alone: leave out the brackets'
  const colons = text.split(':').length - 1
  // One colon is most likely host:port where a host alone is wanted.
  if (colons === 1) return 'a host alone: colons stand in IPv6 addresses only'
  if (colons > 1) return 'an IPv6 address'
  const labels = text.replace(/\.$/, '').split('.')
  if (!labels.every((label) => /^(\d+|0x[0-9a-f]*)$/i.test(label))) return null
  if (labels.some((label) => /^0x/i.test(label))) return 'an IPv4 address in decimal: hexadecimal is not read'
  if (text.endsWith('.') || labels.length !== 4) return 'an IPv4 address of four octets (192.0.2.1)'
  if (labels.some((label) => /^0\d/.test(label))) return 'an IPv4 address without leading zeros: octal is not read'
  return 'an IPv4 address: octets are 0 to 255'
}

function parseIPv4(text: string): number | null {
  const match = IPV4.exec(text)
  if (!match) return null
  return ((Number(match[1]) * 256 + Number(match[2])) * 256 + Number(match[3])) * 256 + Number(match[4])
}

function parseIPv6(text: string): bigint | null {
  const [head, tail, more] = text.split('::')
  if (head === undefined || more !== undefined) return null
  const before = parseGroups(head, tail === undefined)
  if (before === null) return null
  if (tail === undefined) return before.length === 8 ? joinGroups(before) : null
  const after = parseGroups(tail, true)
  if (after === null) return null
  const missing = 8 - before.length - after.length
  return missing < 1 ? null : joinGroups([...before, ...new Array<number>(missing).fill(0), ...after])
}

/** The 16-bit groups of one side of `::`; dotted decimal may only end the whole address. */
function parseGroups(text: string, mayEndInIPv4: boolean): number[] | null {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16))
      continue
    }
    const v4 = mayEndInIPv4 && index === parts.length - 1 ? parseIPv4(part) : null
    if (v4 === null) return null
    groups.push(v4 >>> 16, v4 & 0xffff)
  }
  return groups
}

function joinGroups(groups: readonly number[]): bigint {
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n)
}

function formatIPv6(value: bigint): string {
  if (value >> 32n === MAPPED_PREFIX) return `::ffff:${formatIPv4(Number(value & 0xffffffffn))}`
  // One conversion and then text: shifting a bigint for each group takes several times as long.
  const digits = value.toString(16).padStart(32, '0')
  const hex: string[] = []
  for (let index = 0; index < 32; index += 4) hex.push(digits.slice(index, index + 4).replace(LEADING_ZEROS, ''))
  const { start, length } = longestZeroRun(hex)
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

/** The first of the longest runs of zero groups (RFC 5952 section 4.2.3). */
function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = index + 1
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start }
  }
  return best
}

/** Order for people: names by letter, then IPv4, then IPv6 addresses by value. */
export function compareHosts(a: string, b: string): number {
  if (a === b) return 0
  const [left, right] = [parseAddress(a), parseAddress(b)]
  if (!left || !right) return left ? 1 : right ? -1 : a < b ? -1 : 1
  if (left.family !== right.family) return left.family - right.family
  return left.value < right.value ? -1 : left.value > right.value ? 1 : 0
}
