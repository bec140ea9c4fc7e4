import { formatAddress, unmapAddress } from './address.js'

/** Addresses of one family and zone from `first` to `last`, both included. */
export interface AddressRange {
  readonly family: 4 | 6
  readonly zone: string | null
  readonly first: bigint
  readonly last: bigint
}

const MAPPED_FIRST = 0xffff_0000_0000n
const MAPPED_LAST = 0xffff_ffff_ffffn

/**
 * The same addresses with the IPv4-mapped ones (::ffff:0:0/96) among them as the IPv4 addresses that they carry, so
 * that one host has one spelling only.
 */
export function unmapRange(range: AddressRange): AddressRange[] {
  if (range.family === 4 || range.last < MAPPED_FIRST || range.first > MAPPED_LAST) return [range]
  const parts: AddressRange[] = []
  if (range.first < MAPPED_FIRST) parts.push({ ...range, last: MAPPED_FIRST - 1n })
  parts.push({
    family: 4,
    zone: null,
    first: unmapAddress({ family: 6, zone: null, value: larger(range.first, MAPPED_FIRST) }).value,
    last: unmapAddress({ family: 6, zone: null, value: smaller(range.last, MAPPED_LAST) }).value,
  })
  if (range.last > MAPPED_LAST) parts.push({ ...range, first: MAPPED_LAST + 1n })
  return parts
}

/** The union as the fewest disjoint ranges: IPv4 before IPv6, by zone, ascending. */
export function mergeRanges(ranges: readonly AddressRange[]): AddressRange[] {
  const merged: AddressRange[] = []
  for (const range of [...ranges].sort(compareRanges)) {
    const before = merged.at(-1)
    if (before && sameSpace(before, range) && range.first <= before.last + 1n) {
      merged[merged.length - 1] = { ...before, last: larger(before.last, range.last) }
    } else {
      merged.push(range)
    }
  }
  return merged
}

/** What is left of merged `ranges` without `holes`, also merged. A hole without a zone is one in every zone. */
export function subtractRanges(ranges: readonly AddressRange[], holes: readonly AddressRange[]): AddressRange[] {
  return ranges.flatMap((range) => {
    const left: AddressRange[] = []
    let first = range.first
    for (const hole of mergeRanges(
      holes.filter((hole) => covers(hole, range)).map((hole) => ({ ...hole, zone: null })),
    )) {
      if (hole.last < first || hole.first > range.last) continue
      if (hole.first > first) left.push({ ...range, first, last: hole.first - 1n })
      first = hole.last + 1n
    }
    if (first <= range.last) left.push({ ...range, first })
    return left
  })
}

/** How many addresses disjoint ranges hold; exact up to 2^53. */
export function countAddresses(ranges: readonly AddressRange[]): number {
  return ranges.reduce((count, range) => count + Number(range.last - range.first + 1n), 0)
}

/** The shortest text: one address, a block (`10.0.0.0/8`, `fe80::%eth0/64`), or a range of two addresses. */
export function formatRange(range: AddressRange): string {
  const { family, zone, first, last } = range
  const text = formatAddress({ family, zone, value: first })
  if (first === last) return text
  const hostMask = first ^ last
  // Host bits all ones, none of them set in the first address: a block.
  if ((hostMask & (hostMask + 1n)) === 0n && (first & hostMask) === 0n) {
    return `${text}/${(family === 4 ? 32 : 128) - hostMask.toString(2).length}`
  }
  return `${text}-${formatAddress({ family, zone, value: last })}`
}

function covers(hole: AddressRange, range: AddressRange): boolean {
  return hole.family === range.family && (hole.zone === null || hole.zone === range.zone)
}

function sameSpace(a: AddressRange, b: AddressRange): boolean {
  return a.family === b.family && a.zone === b.zone
}

function compareRanges(a: AddressRange, b: AddressRange): number {
  if (a.family !== b.family) return a.family - b.family
  if (a.zone !== b.zone) return (a.zone ?? '') < (b.zone ?? '') ? -1 : 1
  return a.first < b.first ? -1 : a.first > b.first ? 1 : 0
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
