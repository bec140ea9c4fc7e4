import { UsageError } from '../usage-error.js'
import { type Address, looksLikeAddress, parseAddress } from './address.js'
import { type AddressRange, countAddresses, mergeRanges, unmapRange } from './address-ranges.js'
import { checkHost } from './host-name.js'
import { MAX_TARGETS, TargetList } from './targets.js'

const AT_MOST = 'a list of at most 2^48 targets (a /80 of IPv6)'

/**
 * Reads comma lists of names, addresses, blocks (`10.0.0.0/24`, `2001:db8::/120`; host bits may be set, and every
 * address of the block is meant, its first and last included) and ranges (`10.0.0.1-20`, `10.0.0.1-10.0.1.9`,
 * `::1-::ff`). A target that is written twice, or is in blocks and ranges that overlap, counts once.
 * @throws UsageError, also for more than 2^48 targets
 */
export function parseTargets(texts: string | readonly string[], argument: string): TargetList {
  const collected = new Collector()
  for (const text of typeof texts === 'string' ? [texts] : texts) {
    for (const element of text.split(',')) collected.add(element.trim(), argument)
  }
  return collected.finish(argument)
}

/** The same without names. @throws UsageError */
export function parseAddresses(texts: string | readonly string[], argument: string): TargetList {
  const collected = new Collector()
  for (const text of typeof texts === 'string' ? [texts] : texts) {
    for (const element of text.split(',')) collected.addAddresses(element.trim(), argument)
  }
  return collected.finish(argument)
}

/**
 * Reads the content of a file of targets: one or more on a line, between blanks or commas, `#` begins a comment.
 * @throws UsageError as {@link parseTargets} does, with the number of the line; also where there is no target at all
 */
export function parseTargetLines(content: string, argument: string): TargetList {
  const collected = new Collector()
  for (const [index, line] of content
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const targets = line.replace(/#.*/, '').trim()
    if (targets === '') continue
    for (const element of targets.split(/\s*,\s*|\s+/)) collected.add(element, `${argument} line ${index + 1}`)
  }
  return collected.finish(argument)
}

/**
 * Reads comma lists of addresses, blocks and ranges, as {@link parseTargets} does, for rules about them: no names, and
 * no bound on how many addresses they hold. Merged. @throws UsageError
 */
export function parseAddressRanges(texts: readonly string[], argument: string): AddressRange[] {
  const elements = texts.flatMap((text) => text.split(',').map((element) => element.trim()))
  return mergeRanges(
    elements.flatMap((element) => {
      const ranges = parseRanges(element, argument)
      if (ranges) return ranges
      throw UsageError.of(argument, element, ADDRESSES)
    }),
  )
}

const ADDRESSES = 'an address, a block (10.0.0.0/8) or a range (10.0.0.1-20)'

/** Gathers elements; the list that they make has none of them twice. */
class Collector {
  readonly #names: string[] = []
  readonly #ranges: AddressRange[] = []

  add(element: string, argument: string): void {
    const ranges = parseRanges(element, argument)
    if (!ranges) {
      this.#names.push(nameOf(element, argument))
      return
    }
    if (countAddresses(ranges) > MAX_TARGETS) throw UsageError.of(argument, element, AT_MOST)
    this.#ranges.push(...ranges)
  }

  addAddresses(element: string, argument: string): void {
    if (!parseRanges(element, argument)) throw UsageError.of(argument, element, looksLikeAddress(element) ?? ADDRESSES)
    this.add(element, argument)
  }

  finish(argument: string): TargetList {
    const list = TargetList.of(this.#names, this.#ranges)
    if (list.size === 0) throw UsageError.of(argument, '', 'a list of targets: names, addresses, blocks or ranges')
    if (list.size > MAX_TARGETS) {
      throw UsageError.of(argument, list.toString(), AT_MOST)
    }
    return list
  }
}

/** The addresses that an element stands for, or null where it can only be a name. */
function parseRanges(element: string, argument: string): AddressRange[] | null {
  const address = parseAddress(element)
  const range = address
    ? rangeOf(address, address.value)
    : (parseBlock(element, argument) ?? parseSpan(element, argument))
  return range && mergeRanges(unmapRange(range))
}

/** `address/prefix`; with a zone `fe80::%eth0/64`, as RFC 4007 section 11.7 has it. */
function parseBlock(element: string, argument: string): AddressRange | null {
  const slash = element.indexOf('/')
  if (slash < 0) return null
  const text = element.slice(0, slash)
  const address = parseAddress(text)
  if (!address) throw UsageError.of(argument, element, looksLikeAddress(text) ?? 'a block: an address comes before "/"')
  const width = address.family === 4 ? 32 : 128
  const digits = element.slice(slash + 1)
  const prefix = /^(0|[1-9]\d{0,2})$/.test(digits) ? Number(digits) : Number.NaN
  if (!(prefix <= width)) throw UsageError.of(argument, element, `an IPv${address.family} block: /0 to /${width}`)
  const hostMask = (1n << BigInt(width - prefix)) - 1n
  return { ...rangeOf(address, address.value | hostMask), first: address.value & ~hostMask }
}

/** `address-address`, or an IPv4 address and the last octet to go to. */
function parseSpan(element: string, argument: string): AddressRange | null {
  // Zones may hold hyphens, as names may: only a hyphen with an address before it parts a range.
  for (let hyphen = element.indexOf('-'); hyphen > 0; hyphen = element.indexOf('-', hyphen + 1)) {
    const first = parseAddress(element.slice(0, hyphen))
    const rest = element.slice(hyphen + 1)
    if (!first || (first.family === 4 && !/^[\d.:]*$/.test(rest))) continue
    const last = first.family === 4 && /^\d+$/.test(rest) ? lastOctet(first, rest) : parseAddress(rest)
    if (last) return checkedSpan(first, last, element, argument)
    // A zone with a hyphen in it may go on behind this one.
    if (first.zone === null || !element.includes('-', hyphen + 1)) {
      throw UsageError.of(argument, element, rangeExample(first))
    }
  }
  // Digits, dots and a hyphen alone (`10.0.0.1-2-3`, `10.0-3.0.1`): meant as addresses, and never a name.
  return /^\d+(\.\d+)+-[\d.-]*$/.test(element) ? mistakenSpan(element, argument) : null
}

function checkedSpan(first: Address, last: Address, element: string, argument: string): AddressRange {
  if (first.family !== last.family) throw UsageError.of(argument, element, 'a range within one address family')
  if (first.zone !== last.zone) throw UsageError.of(argument, element, 'a range within one zone: give it on both sides')
  if (first.value > last.value) throw UsageError.of(argument, element, 'a range: the lower address comes first')
  return rangeOf(first, last.value)
}

function mistakenSpan(element: string, argument: string): never {
  const first = element.slice(0, element.indexOf('-'))
  throw UsageError.of(argument, element, looksLikeAddress(first) ?? 'a range: 10.0.0.1-20 or 10.0.0.1-10.0.1.9')
}

function rangeExample(first: Address): string {
  return first.family === 4 ? 'a range: 10.0.0.1-20 or 10.0.0.1-10.0.1.9' : 'a range: ::1-::ff'
}

function lastOctet(first: Address, digits: string): Address | null {
  const octet = /^(0|[1-9]\d{0,2})$/.test(digits) ? Number(digits) : Number.NaN
  return octet <= 255 ? { ...first, value: (first.value & ~0xffn) | BigInt(octet) } : null
}

function rangeOf(address: Address, last: bigint): AddressRange {
  return { family: address.family, zone: address.zone, first: address.value, last }
}

function nameOf(element: string, argument: string): string {
  const host = checkHost(element, argument)
  // parseRanges has taken every address already.
  if (host.kind === 'address') throw UsageError.of(argument, element, 'a name')
  return host.name
}
