import { parseAddresses } from '../../../core/address/target-syntax.js'
import type { TargetList } from '../../../core/address/targets.js'
import { UsageError } from '../../../core/usage-error.js'
import type { ReverseOptions } from '../../../operations/reverse/index.js'
import { PLAIN_QUESTION, readAsk, readServers } from '../../args/flags/dns.js'
import { readFamily } from '../../args/flags/network.js'
import { REVERSE_FLAGS, type ReverseArguments } from './flags.js'

export interface ReverseCommandOptions extends ReverseOptions {
  /** Names alone are shown. */
  readonly short: boolean
}

/** Throws UsageError. */
export function readReverse(args: ReverseArguments): ReverseCommandOptions {
  const servers = readServers(args.value('server'), '--server')
  return {
    ...args.options(REVERSE_FLAGS),
    targets: readTargets(args),
    servers,
    ask: { ...readAsk(args, servers, readFamily(args)), ...PLAIN_QUESTION },
    servicePort: args.value('service'),
  }
}

/** Words are checked before anything is sent; what a stream holds one by one, each failing alone. */
function readTargets(args: ReverseArguments): ReverseOptions['targets'] {
  const words = args.words('address')
  const lines = args.value('targets')
  if (lines !== null) {
    if (words.length > 0) throw new UsageError('<address> goes without --targets', '<address>')
    return targetsIn(lines)
  }
  if (words.length === 0)
    throw new UsageError('<address> is missing: an address, a block or a range, or --targets FILE', '<address>')
  const name = words.flatMap((word) => word.split(',')).find((word) => /^[a-z][\w-]*(\.[\w-]+)*\.?$/i.test(word))
  if (name !== undefined)
    throw UsageError.of('<address>', name, 'an address; netkit resolve asks for the addresses of a name')
  parseAddresses(words, '<address>')
  // Within a list addresses ascend: as they are written, each is one of its own, without what came before.
  let before: TargetList | null = null
  return words
    .flatMap((word) => word.split(','))
    .map((word) => {
      const list = parseAddresses(word, '<address>')
      const rest = before ? list.exclude(before) : list
      before = before ? before.union(list) : list
      return rest
    })
}

/** One or more on a line, between blanks or commas; `#` begins a comment. */
async function* targetsIn(lines: AsyncIterable<readonly string[]>): AsyncGenerator<string> {
  for await (const some of lines) {
    for (const line of some) {
      for (const target of line.replace(/#.*/, '').split(/[\s,]+/)) if (target !== '') yield target
    }
  }
}
