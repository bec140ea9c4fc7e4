import { formatAddress, formatIPv4, parseAddress, unmapAddress } from './address.js'
import { type AddressRange, countAddresses, formatRange, mergeRanges, subtractRanges } from './address-ranges.js'
import type { Host } from './host-name.js'

/** 2^48: a few months at a million a second, and well within what a number counts exactly. */
export const MAX_TARGETS = 2 ** 48

/** A range and the index of its first address in the list. */
interface IndexedRange extends AddressRange {
  readonly start: number
  /** `first` of an IPv4 range as a number, which is several times as fast to count on; 0 for IPv6. */
  readonly base: number
}

/**
 * Names and address ranges, expanded lazily: names first, in order of appearance, then the IPv4 and then the IPv6
 * addresses, ascending (by zone, where they have one). No address comes twice. An IPv4-mapped address is the IPv4
 * address that it carries. Whether a name stands for one of the addresses is known only once it is resolved:
 * see {@link TargetList.excludes}. Immutable.
 */
export class TargetList {
  readonly #names: readonly string[]
  readonly #ranges: readonly IndexedRange[]
  readonly #excluded: readonly AddressRange[]
  /** Names that {@link TargetList.exclude} took out: which addresses they stand for is known only once they are resolved. */
  readonly excludedNames: readonly string[]
  /** How many targets; exact while it is at most {@link MAX_TARGETS}, which holds for every parsed list. */
  readonly size: number

  private constructor(
    names: readonly string[],
    ranges: readonly AddressRange[],
    excluded: readonly AddressRange[],
    excludedNames: readonly string[],
  ) {
    this.#names = names
    this.#excluded = excluded
    this.excludedNames = excludedNames
    let start = names.length
    this.#ranges = ranges.map((range) => {
      const indexed = { ...range, start, base: range.family === 4 ? Number(range.first) : 0 }
      start += countAddresses([range])
      return indexed
    })
    this.size = start
  }

  /** Of checked names and of ranges without IPv4-mapped addresses. Names that differ in case alone count once. */
  static of(names: Iterable<string>, ranges: readonly AddressRange[]): TargetList {
    return new TargetList(uniqueNames(names), mergeRanges(ranges), [], [])
  }

  /** The target at an index from 0, in O(log ranges); undefined outside the list. */
  at(index: number): Host | undefined {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) return undefined
    const name = this.#names[index]
    if (name !== undefined) return { kind: 'name', name }
    const range = this.#rangeAt(index)
    return range && hostIn(range, index - range.start)
  }

  *[Symbol.iterator](): Generator<Host, void, undefined> {
    for (const name of this.#names) yield { kind: 'name', name }
    for (const range of this.#ranges) {
      const count = countAddresses([range])
      for (let offset = 0; offset < count; offset += 1) yield hostIn(range, offset)
    }
  }

  /**
   * These targets without those of `other`: names by name, addresses by address, one without a zone in every zone.
   * May be empty. The addresses are remembered for {@link TargetList.excludes}.
   */
  exclude(other: TargetList): TargetList {
    const gone = new Set(other.#names.map(foldName))
    return new TargetList(
      this.#names.filter((name) => !gone.has(foldName(name))),
      subtractRanges(this.#ranges, other.#ranges),
      mergeRanges([...this.#excluded, ...other.#ranges]),
      uniqueNames([...this.excludedNames, ...other.#names]),
    )
  }

  /** Both lists in one, this one's names first; what stands in both counts once. What either excludes stays excluded. */
  union(other: TargetList): TargetList {
    const excluded = mergeRanges([...this.#excluded, ...other.#excluded])
    const ranges = mergeRanges([...this.#ranges, ...other.#ranges])
    const excludedNames = uniqueNames([...this.excludedNames, ...other.excludedNames])
    const names = uniqueNames([...this.#names, ...other.#names])
    return new TargetList(names, subtractRanges(ranges, excluded), excluded, excludedNames)
  }

  /** Whether an address that a name resolved to is one that {@link TargetList.exclude} took out. */
  excludes(address: string): boolean {
    const parsed = parseAddress(address)
    if (!parsed) return false
    const { family, zone, value } = unmapAddress(parsed)
    return subtractRanges([{ family, zone, first: value, last: value }], this.#excluded).length === 0
  }

  /**
   * The one canonical text of this list: names in lower case, then blocks and ranges. It reads back as the same targets
   * at the same indexes; what was excluded is no part of it, but for being absent. '' when empty.
   */
  toString(): string {
    return [...this.#names.map(foldName), ...this.#ranges.map(formatRange)].join(',')
  }

  #rangeAt(index: number): IndexedRange | undefined {
    let low = 0
    let high = this.#ranges.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#ranges[middle]?.start ?? 0) <= index) low = middle
      else high = middle - 1
    }
    return this.#ranges[low]
  }
}

/** DNS compares names without regard to case (RFC 4343). A trailing dot stays: it turns off the search list. */
function foldName(name: string): string {
  return name.toLowerCase()
}

function uniqueNames(names: Iterable<string>): string[] {
  const byKey = new Map<string, string>()
  for (const name of names) if (!byKey.has(foldName(name))) byKey.set(foldName(name), name)
  return [...byKey.values()]
}

function hostIn(range: IndexedRange, offset: number): Host {
  const { family, zone } = range
  if (family === 4) return { kind: 'address', address: formatIPv4(range.base + offset), family }
  return { kind: 'address', address: formatAddress({ family, zone, value: range.first + BigInt(offset) }), family }
}
