const MAX_PORT = 65535

/** Ports from `first` to `last`, both included. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

/** A set of ports, 1 to 65535, ascending. Kept as ranges, so that all of them are made, sent and named at once. Immutable. */
export class PortList {
  /** Ascending, with a gap between any two. */
  readonly ranges: readonly PortRange[]
  readonly size: number
  /** How many ports come before each range. */
  readonly #before: readonly number[]

  private constructor(ranges: readonly PortRange[]) {
    this.ranges = ranges
    const before: number[] = []
    let size = 0
    for (const { first, last } of ranges) {
      before.push(size)
      size += last - first + 1
    }
    this.#before = before
    this.size = size
  }

  /** Doubled ports count once. @throws RangeError for what is not a port. */
  static of(ports: Iterable<number>): PortList {
    return PortList.ofRanges(Array.from(ports, (port) => ({ first: port, last: port })))
  }

  /** In any order, also where they overlap. @throws RangeError for what is no range of ports. */
  static ofRanges(ranges: readonly PortRange[]): PortList {
    const joined: PortRange[] = []
    for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
      const { first, last } = range
      if (!isPort(first) || !isPort(last)) throw new RangeError(`${isPort(first) ? last : first} is not a port`)
      if (last < first) throw new RangeError(`${first}-${last} is not a range`)
      const previous = joined.at(-1)
      if (!previous || first > previous.last + 1) joined.push(range)
      else if (last > previous.last) joined[joined.length - 1] = { first: previous.first, last }
    }
    return new PortList(joined)
  }

  /** The port at an index from 0, ascending; undefined outside the list. */
  at(index: number): number | undefined {
    if (!(index >= 0 && index < this.size)) return undefined
    let low = 0
    let high = this.ranges.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#before[middle] ?? 0) <= index) low = middle
      else high = middle - 1
    }
    return (this.ranges[low]?.first ?? 0) + index - (this.#before[low] ?? 0)
  }

  has(port: number): boolean {
    let low = 0
    let high = this.ranges.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.ranges[middle]?.last ?? 0) < port) low = middle + 1
      else high = middle
    }
    const range = this.ranges[low]
    return range !== undefined && range.first <= port
  }

  /** These ports but for those of `other`; may be empty. */
  without(other: PortList): PortList {
    return PortList.of([...this].filter((port) => !other.has(port)))
  }

  /** These ports and those of `other`. */
  union(other: PortList): PortList {
    return PortList.ofRanges([...this.ranges, ...other.ranges])
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (const { first, last } of this.ranges) for (let port = first; port <= last; port++) yield port
  }

  /** The one canonical text of this set, `22,80,8000-8100`, which parsePorts reads back; '' when empty. */
  toString(): string {
    return this.ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
  }
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= MAX_PORT
}
