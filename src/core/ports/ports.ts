import { UsageError } from '../usage-error.js'
import { COMMON_PORTS } from './common-ports.js'
import { PortList, type PortRange } from './port-list.js'
import { servicePorts } from './services.js'

const MAX_PORT = 65535
const EXPECTED = 'a port (1 to 65535), a range (8000-8100, -1024, 60000-, -), a service name or common'

/**
 * Reads `22,80,8000-8100,http,common,-`: ports, ranges (`-1024` from 1, `60000-` to 65535, `-` all), IANA's names of
 * TCP services, and `common`. A port that is named twice, by itself, in ranges that overlap or by words, counts once.
 * @throws UsageError
 */
export function parsePorts(text: string, argument: string): PortList {
  const ranges: PortRange[] = []
  for (const element of text.split(',')) {
    const trimmed = element.trim()
    const range = parseRange(trimmed, argument)
    if (range) ranges.push(range)
    else for (const port of wordPorts(trimmed, argument)) ranges.push({ first: port, last: port })
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

function wordPorts(element: string, argument: string): readonly number[] {
  const word = element.toLowerCase()
  if (word === 'common') return COMMON_PORTS
  const ports = servicePorts(word, 'tcp')
  if (ports.length === 0) throw UsageError.of(argument, element, EXPECTED)
  return ports
}
