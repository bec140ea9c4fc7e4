import { COMMON_PORTS } from './common-ports.js'
import { servicePorts } from './services.js'
import { UsageError } from './usage-error.js'

const MAX_PORT = 65535
const EXPECTED = 'a port (1 to 65535), a range (8000-8100, -1024, 60000-, -), a service name or common'

/**
 * A set of ports, 1 to 65535, ascending. Ports are so few that they are simply listed: at most 128 KiB.
 * Immutable.
 */
export class PortList {
  readonly #ports: Uint16Array<ArrayBuffer>

  private constructor(ports: Uint16Array<ArrayBuffer>) {
    this.#ports = ports
  }

  /** Doubled ports count once. @throws RangeError for what is not a port. */
  static of(ports: Iterable<number>): PortList {
    const marks = new Uint8Array(MAX_PORT + 1)
    for (const port of ports) {
      if (!Number.isInteger(port) || port < 1 || port > MAX_PORT) throw new RangeError(`${port} is not a port`)
      marks[port] = 1
    }
    const sorted = new Uint16Array(MAX_PORT)
    let size = 0
    for (let port = 1; port <= MAX_PORT; port++) if (marks[port] === 1) sorted[size++] = port
    return new PortList(sorted.slice(0, size))
  }

  get size(): number {
    return this.#ports.length
  }

  /** The port at an index from 0, ascending; undefined outside the list. */
  at(index: number): number | undefined {
    return this.#ports[index]
  }

  has(port: number): boolean {
    let low = 0
    let high = this.#ports.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ports[middle] ?? 0) < port) low = middle + 1
      else high = middle
    }
    return this.#ports[low] === port
  }

  /** These ports but for those of `other`; may be empty. */
  without(other: PortList): PortList {
    return new PortList(this.#ports.filter((port) => !other.has(port)))
  }

  /** These ports and those of `other`. */
  union(other: PortList): PortList {
    return PortList.of([...this, ...other])
  }

  /** A copy of the list. */
  toArray(): Uint16Array<ArrayBuffer> {
    return this.#ports.slice()
  }

  [Symbol.iterator](): IterableIterator<number> {
    return this.#ports[Symbol.iterator]()
  }

  /** The one canonical text of this set, `22,80,8000-8100`, which {@link parsePorts} reads back; '' when empty. */
  toString(): string {
    const ranges: string[] = []
    let first: number | null = null
    let last = 0
    const push = () => void (first !== null && ranges.push(first === last ? `${first}` : `${first}-${last}`))
    for (const port of this.#ports) {
      if (port !== last + 1 || first === null) {
        push()
        first = port
      }
      last = port
    }
    push()
    return ranges.join(',')
  }
}

/**
 * Reads `22,80,8000-8100,http,common,-`: ports, ranges (`-1024` from 1, `60000-` to 65535, `-` all), IANA's names of
 * TCP services, and `common`. A number named twice, in itself or by ranges that overlap, is a mistake; so is a word that
 * stands twice. What words stand for merges silently with the rest.
 * @throws UsageError
 */
export function parsePorts(text: string, argument: string): PortList {
  const written = new Uint8Array(MAX_PORT + 1)
  const ports: number[] = []
  const words = new Set<string>()
  for (const element of text.split(',')) {
    const trimmed = element.trim()
    const range = parseRange(trimmed, argument)
    if (range === null) {
      const word = trimmed.toLowerCase()
      if (words.has(word)) throw UsageError.of(argument, trimmed, 'new: it was given before')
      words.add(word)
      ports.push(...wordPorts(word, trimmed, argument))
      continue
    }
    for (let port = range.first; port <= range.last; port += 1) {
      if (written[port] === 1) throw UsageError.of(argument, trimmed, `new: port ${port} was given before`)
      written[port] = 1
      ports.push(port)
    }
  }
  return PortList.of(ports)
}

/** The range that an element made of digits and a hyphen stands for, or null for a word. */
function parseRange(element: string, argument: string): { first: number; last: number } | null {
  const match = /^(\d*)(-?)(\d*)$/.exec(element)
  if (!match || element === '') return null
  const [, left = '', hyphen, right = ''] = match
  const first = left === '' ? 1 : portOf(left, element, argument)
  const last = hyphen === '' ? first : right === '' ? MAX_PORT : portOf(right, element, argument)
  if (first > last) throw UsageError.of(argument, element, `a range: the lower port comes first (${last}-${first})`)
  return { first, last }
}

function portOf(digits: string, element: string, argument: string): number {
  const port = /^[1-9]\d{0,4}$/.test(digits) ? Number(digits) : Number.NaN
  if (port <= MAX_PORT) return port
  throw UsageError.of(argument, element, element === digits ? 'a port, 1 to 65535' : 'a range within 1 to 65535')
}

function wordPorts(word: string, element: string, argument: string): readonly number[] {
  if (word === 'common') return COMMON_PORTS
  const ports = servicePorts(word, 'tcp')
  if (ports.length === 0) throw UsageError.of(argument, element, EXPECTED)
  return ports
}
