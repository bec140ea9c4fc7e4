import { parseAddresses } from '../../../core/address/target-syntax.js'
import type { TargetList } from '../../../core/address/targets.js'
import { counted, groupDigits } from '../../../core/text/digits.js'
import { formatDuration } from '../../../core/text/duration.js'
import { UsageError } from '../../../core/usage-error.js'
import {
  type NameEvent,
  reverse as operation,
  type ReverseEvent,
  type ReverseOptions,
  type ReverseSummary,
  sizeOf,
  type UnnamedEvent,
} from '../../../operations/reverse/index.js'
import type { Arguments } from '../../args/arguments.js'
import { readAsk, readServers, SERVER_FLAGS } from '../../args/flags/dns.js'
import { REACH_FLAGS } from '../../args/flags/shared.js'
import type { Command, View } from '../../command.js'
import { silentFields, tellSilent } from '../../dns-silence.js'
import { escapeText } from '../../render/escape.js'
import type { Screen } from '../../render/screen.js'
import { tableLines } from '../../render/table.js'
import { array, boolean, failureFieldsSchema, integer, nullable, number, oneOf, string } from '../../schema.js'

interface ReverseRequest extends ReverseOptions {
  readonly short: boolean
}

const DEFAULT_CONCURRENCY = 100
/** Up to so many addresses make one table; more are shown as they come. */
const TABLE_ADDRESSES = 64

export const reverse: Command<ReverseRequest, ReverseEvent, ReverseSummary> = {
  name: 'reverse',
  summary: 'the names of addresses, and whether they lead back',
  positionals: [
    {
      name: 'address',
      describe: 'addresses, blocks (192.0.2.0/28), ranges (192.0.2.1-20)',
      required: false,
      variadic: true,
    },
  ],
  flags: {
    targets: { kind: 'lines', metavar: 'FILE|-', describe: 'addresses, blocks and ranges from a file or stdin' },
    verify: { kind: 'switch', describe: 'look each name up again: does it lead back to the address' },
    service: { kind: 'value', metavar: 'PORT', describe: 'the service of a TCP port too, as getnameinfo tells it' },
    short: { kind: 'switch', describe: 'names only, one a line' },
    concurrency: { kind: 'value', metavar: 'N', describe: `addresses asked for at once (${DEFAULT_CONCURRENCY})` },
    ...SERVER_FLAGS,
    ...REACH_FLAGS,
  },
  examples: [
    ['netkit reverse 127.0.0.1', 'the names of an address, as gethostbyaddr gives them'],
    ['netkit reverse 192.0.2.0/28 --verify', 'which names of a block lead back'],
    ['netkit reverse 2001:db8::1 --server 192.0.2.53', 'asked of one server'],
  ],
  events: {
    name: {
      address: string,
      name: string,
      role: oneOf('primary', 'alias'),
      source: oneOf('hosts', 'dns', 'system'),
      server: nullable(string),
      ttl: nullable(integer),
      confirmed: nullable(boolean),
      addresses: nullable(array(string)),
      service: nullable(string),
      elapsedMs: number,
    },
    unnamed: { address: string, elapsedMs: number, ...failureFieldsSchema },
    silent: silentFields,
  },
  result: { addresses: integer, named: integer, confirmed: nullable(integer) },
  run: operation,
  resultFields: (value) => ({
    addresses: value?.addresses ?? 0,
    named: value?.named ?? 0,
    confirmed: value?.confirmed ?? null,
  }),
  keepsEvent: ({ type }) => type !== 'progress',

  toOptions(args) {
    const servers = readServers(args)
    return {
      targets: readTargets(args),
      servers,
      ask: readAsk(args, servers, args.family()),
      verify: args.has('verify'),
      servicePort: args.integer('service', { min: 0, max: 65535 }, null),
      concurrency: args.integer('concurrency', { min: 1, max: 10_000 }, DEFAULT_CONCURRENCY),
      short: args.has('short'),
    }
  },

  view: reverseView,
}

/** Words are checked before anything is sent; what a stream holds one by one, each failing alone. */
function readTargets(args: Arguments): ReverseOptions['targets'] {
  const words = args.words('address')
  const lines = args.lines('targets')
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
      for (const target of line.replace(/#.*$/, '').split(/[\s,]+/)) if (target !== '') yield target
    }
  }
}

function reverseView(
  screen: Screen,
  { targets, verify, servicePort, short }: ReverseRequest,
): View<ReverseEvent, ReverseSummary> {
  const { out, err } = screen
  const size = sizeOf(targets)
  const tabled = size !== null && size <= TABLE_ADDRESSES
  const titles = [
    'ADDRESS',
    'NAME',
    'SOURCE',
    ...(verify ? ['LEADS BACK'] : []),
    ...(servicePort === null ? [] : ['SERVICE']),
  ]
  const rows: string[][] = []

  const rowOf = (event: NameEvent) => [
    event.address,
    `${escapeText(event.name)}${event.role === 'alias' ? out.theme.faint(' (alias)') : ''}`,
    event.server === null ? event.source : escapeText(event.server),
    ...(verify ? [verdict(event)] : []),
    ...(servicePort === null ? [] : [escapeText(event.service ?? '-')]),
  ]
  const verdict = ({ confirmed, addresses }: NameEvent) => {
    if (confirmed === null) return 'unknown'
    if (confirmed) return out.theme.good('yes')
    return out.theme.bad(addresses?.length ? `no, to ${escapeText(addresses.join(', '))}` : 'no, to nothing')
  }
  const unnamed = ({ address, message, origin }: UnnamedEvent) => {
    if (size === 1 || screen.verbosity === 'quiet' || origin === 'abort') return
    // In a large block most addresses have no name: that is told by their number.
    if (!tabled && size !== null && screen.verbosity !== 'verbose') return
    // The address first, but not twice: most messages begin with it.
    const said = message ?? ''
    const rest = said.startsWith(`${address} `) ? said.slice(address.length) : `: ${said}`
    err.line(`${err.theme.bad(escapeText(address))}${escapeText(rest)}`)
  }
  return {
    event(event) {
      if (event.type === 'progress') {
        const of = event.total === null ? '' : ` of ${event.total}`
        if (size !== 1)
          screen.status(`${groupDigits(event.done)}${of} addresses, ${groupDigits(event.named)} with a name`)
      } else if (event.type === 'silent') tellSilent(screen, event)
      else if (event.type === 'unnamed') unnamed(event)
      else if (short) out.line(escapeText(event.name))
      else if (tabled) rows.push(rowOf(event))
      else out.line(rowOf(event).join('  '))
    },
    async end({ value, elapsedMs }) {
      screen.status(null)
      if (rows.length > 0) {
        const columns = titles.map((title) => ({ title }))
        for (const line of await tableLines(columns, rows, { style: out.theme.faint, on: out })) out.line(line)
      }
      if (!value || size === 1 || screen.verbosity === 'quiet') return
      const confirmed = value.confirmed === null ? '' : `, ${value.confirmed} confirmed`
      err.line(
        `${counted(value.addresses, 'address', 'addresses')}, ${groupDigits(value.named)} with a name${confirmed}, in ${formatDuration(elapsedMs)}`,
      )
    },
  }
}
