import { parseTargets as parseTargetsOf } from '../core/address/target-syntax.js'
import type { TargetList } from '../core/address/targets.js'
import type { PortList } from '../core/ports/port-list.js'
import { parsePorts as parsePortsOf } from '../core/ports/ports.js'
import { UsageError } from '../core/usage-error.js'
import { type EarlierScan, readEarlier as readEarlierOf } from '../operations/portscan/index.js'
import { shown } from './options.js'

/**
 * Reads `22,80,8000-8100,http,common,-`: ports, ranges (`-1024` from 1, `60000-` to 65535, `-` all), IANA's names of TCP
 * services, and `common`. Throws UsageError; `argument` is how its message names the text.
 *
 *     const ports = parsePorts('1-1024').without(parsePorts('ssh'))
 */
export function parsePorts(text: string, argument = 'ports'): PortList {
  return parsePortsOf(textOf(text, argument), argument)
}

/**
 * Reads comma lists of names, addresses, blocks (`10.0.0.0/24`, `2001:db8::/120`) and ranges (`10.0.0.1-20`,
 * `::1-::ff`). Throws UsageError, also for more than 2^48 targets; `argument` is how its message names the text.
 *
 *     const targets = parseTargets('127.0.0.0/28').exclude(parseTargets('127.0.0.3'))
 */
export function parseTargets(texts: string | readonly string[], argument = 'targets'): TargetList {
  return parseTargetsOf(
    Array.isArray(texts) ? texts.map((text) => textOf(text, argument)) : textOf(texts, argument),
    argument,
  )
}

/**
 * Reads the JSON Lines of an earlier scan, which must be whole, to compare another one with. Throws UsageError for what they are
 * not; `argument` is how its message names the text.
 */
export function readEarlier(text: string, argument = 'before'): EarlierScan {
  return readEarlierOf(textOf(text, argument), argument)
}

/** A program need not be type-checked. */
function textOf(text: unknown, argument: string): string {
  if (typeof text === 'string') return text
  throw UsageError.of(argument, shown(text), 'a text')
}
