import { parseAddresses } from '../core/address/target-syntax.js'
import { TargetList } from '../core/address/targets.js'
import type { Run } from '../core/iterate.js'
import { UsageError } from '../core/usage-error.js'
import { type ReverseEvent, type ReverseSummary, reverse as reverseOperation } from '../operations/reverse/index.js'
import { type DnsOptions, readAsk, readServers } from './dns.js'
import { begin, type RunOptions, shown } from './options.js'

/** What {@link reverse} takes; only the addresses must be given. */
export interface ReverseOptions extends RunOptions, DnsOptions {
  /** Addresses, blocks (`192.0.2.0/28`) and ranges (`192.0.2.1-20`). May be a stream without end. */
  readonly addresses: string | readonly string[] | TargetList | AsyncIterable<string>
  /** Whether each name leads back to the address (RFC 1912, section 2.1). */
  readonly verify?: boolean | undefined
  /** The service of a TCP port too, as getnameinfo(3) tells it. */
  readonly servicePort?: number | undefined
  /** Addresses asked for at once. Default 100. */
  readonly concurrency?: number | undefined
}

const DEFAULT_CONCURRENCY = 100

/**
 * The names of addresses, in the order of the addresses. Fails with why an address has no name; with UNCONFIRMED where, under
 * `verify`, none of its names leads back to it; with PARTIAL where others are fine.
 *
 *     for await (const event of reverse({ addresses: '127.0.0.1' })) if (event.type === 'name') console.log(event.name)
 */
export function reverse(options: ReverseOptions): Run<ReverseEvent, ReverseSummary> {
  return begin('reverse', reverseOperation, options, (reader) => {
    const servers = readServers(reader)
    return {
      targets: readAddresses(reader.value('addresses')),
      servers,
      ask: readAsk(reader, servers),
      verify: reader.boolean('verify'),
      servicePort: reader.integer('servicePort', { max: 65535 }) ?? null,
      concurrency: reader.integer('concurrency', { min: 1 }) ?? DEFAULT_CONCURRENCY,
    }
  })
}

/** Lists in the order in which they stand, each address once. */
function readAddresses(
  addresses: ReverseOptions['addresses'] | undefined,
): readonly TargetList[] | AsyncIterable<string> {
  if (addresses instanceof TargetList) return [addresses]
  if (typeof addresses === 'object' && addresses !== null && Symbol.asyncIterator in addresses) return addresses
  const texts: readonly unknown[] = Array.isArray(addresses) ? addresses : [addresses]
  const lists: TargetList[] = []
  let before: TargetList | null = null
  for (const text of texts) {
    if (typeof text !== 'string') throw UsageError.of('addresses', shown(text), 'an address, a block or a range')
    for (const element of text.split(',')) {
      const list: TargetList = parseAddresses(element, 'addresses')
      lists.push(before ? list.exclude(before) : list)
      before = before ? before.union(list) : list
    }
  }
  if (lists.length === 0) throw new UsageError('addresses: there is none', 'addresses')
  return lists
}
