import { UsageError } from '../usage-error.js'
import { COMMON_PORTS } from './common-ports.js'
import { PortList, type PortRange } from './port-list.js'
import { servicePorts } from './services.js'

const MAX_PORT = 65535
const EXPECTED = 'a port (1 to 65535), a range (8000-8100, -1024, 60000-, -), a service name or common'

/**
 * Reads `22,80,8000-8100,http,common,-`: ports, ranges (`-1024` from 1, `60000-` to 65535, `-` all), IANA's names of
 * TCP services, and `common`. A number named twice, in itself or by ranges that overlap, is a mistake; so is a word that
 * stands twice. What words stand for merges silently with the rest.
 * @throws UsageError
 */
export function parsePorts(text: string, argument: string): PortList {
  const written = new Uint8Array(MAX_PORT + 1)
  const ranges: PortRange[] = []
  const words = new Set<string>()
  for (const element of text.split(',')) {
    const trimmed = element.trim()
    const range = parseRange(trimmed, argument)
    if (range === null) {
      const word = trimmed.toLowerCase()
      if (words.has(word)) throw UsageError.of(argument, trimmed, 'new: it was given before')
      words.add(word)
      for (const port of wordPorts(word, trimmed, argument)) ranges.push({ first: port, last: port })
      continue
    }
    const { first, last } = range
    const again = written.subarray(first, last + 1).indexOf(1)
    if (again !== -1) throw UsageError.of(argument, trimmed, `new: port ${first + again} was given before`)
    written.fill(1, first, last + 1)
    ranges.push(range)
  }
  return PortList.ofRanges(ranges)
}

/** The range that an element made of digits and a hyphen stands for, or null for a word. */
function parseRange(element: string, argument: string): PortRange | null {
  const match = /^(\d*)(?:(-)(\d*))?$/.exec(element)
  if (!match || element === '') return null
  const [, left = '', hyphen = '', right = ''] = match
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
