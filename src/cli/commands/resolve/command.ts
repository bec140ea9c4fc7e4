import { isAddress } from '../../../core/address/address.js'
import { checkHost } from '../../../core/address/host-name.js'
import { servicePorts } from '../../../core/ports/services.js'
import { UsageError } from '../../../core/usage-error.js'
import { questionName } from '../../../operations/dns/index.js'
import {
  resolve as operation,
  type ResolveEvent,
  type ResolveMode,
  type ResolveOptions,
  type ResolveSummary,
  rootServers,
  type Service,
} from '../../../operations/resolve/index.js'
import { CLASS, classNumber, TYPE, typeNames, typeNumber } from '../../../protocol/dns/index.js'
import type { Arguments } from '../../args/arguments.js'
import { QUESTION_FLAGS, readAsk, readServers, SERVER_FLAGS } from '../../args/flags/dns.js'
import { checkFamily } from '../../args/flags/network.js'
import { type Flags, REACH_FLAGS } from '../../args/flags/shared.js'
import { nearest } from '../../args/suggest.js'
import type { Command } from '../../command.js'
import { integer } from '../../schema.js'
import { resolveEvents } from './schema.js'
import { resolveView } from './view.js'

/** resolve's face: what it shows, and how. */
export interface ResolveRequest extends ResolveOptions {
  readonly short: boolean
  /** Names come as a stream: each is shown as soon as it is known. */
  readonly streaming: boolean
}

const DEFAULT_CONCURRENCY = 100

const FLAGS: Flags = {
  type: { kind: 'value', alias: 't', metavar: 'TYPE,...', describe: 'ask the DNS: A, MX, TXT, TYPE65280 ..., ANY' },
  names: { kind: 'lines', metavar: 'FILE|-', describe: 'names from a file or stdin, one a line' },
  short: { kind: 'switch', describe: 'values only, one a line' },
  service: { kind: 'value', metavar: 'NAME', describe: "getaddrinfo's tuples for a service: http, 443" },
  canonical: { kind: 'switch', describe: 'the canonical name too' },
  sections: { kind: 'switch', describe: 'authority and additional records too' },
  class: { kind: 'value', metavar: 'CLASS', describe: 'IN, CH, HS, ANY or CLASSnnn (IN)' },
  search: { kind: 'switch', describe: 'try the search domains of this system, as getaddrinfo does' },
  compare: { kind: 'switch', describe: 'ask getaddrinfo and all servers at once: who differs, in what' },
  trace: { kind: 'switch', describe: 'from the root downwards, each referral with its time' },
  root: { kind: 'values', metavar: 'ADDR[:port]', describe: 'with --trace: start there' },
  'check-hijack': { kind: 'switch', describe: 'who answers for names that cannot exist' },
  expect: { kind: 'values', metavar: 'VALUE', describe: 'exit 1 unless this is among the answers' },
  'expect-none': { kind: 'switch', describe: 'exit 1 if there is an answer' },
  concurrency: { kind: 'value', metavar: 'N', describe: `names asked for at once (${DEFAULT_CONCURRENCY})` },
}

/** Flags that only make sense of the DNS: one of them is enough to ask it. */
const DNS_ONLY = ['type', 'server', 'tcp', 'sections', 'class', 'search', 'retries', ...Object.keys(QUESTION_FLAGS)]
const MODES = ['compare', 'trace', 'check-hijack'] as const

export const resolve: Command<ResolveRequest, ResolveEvent, ResolveSummary> = {
  name: 'resolve',
  summary: 'what a name stands for: to programs (getaddrinfo), and to the DNS, server by server',
  positionals: [{ name: 'name', describe: 'names; addresses with -t PTR', required: false, variadic: true }],
  flags: { ...FLAGS, ...SERVER_FLAGS, ...QUESTION_FLAGS, ...REACH_FLAGS },
  examples: [
    ['netkit resolve localhost', 'the addresses that programs get, and where they come from'],
    ['netkit resolve example.com -t MX,TXT --server 192.0.2.53', 'records, asked of one server'],
    ['netkit resolve example.com --compare --server 192.0.2.53,tls://192.0.2.54', 'who says what'],
    ['netkit resolve --names hosts.txt --short -4', 'many names, in order'],
    ['netkit resolve example.com --expect 192.0.2.1', 'a health check: exit 1 unless it is there'],
  ],
  events: resolveEvents,
  result: { names: integer, resolved: integer },
  run: operation,
  resultFields: (value) => ({ names: value?.names ?? 0, resolved: value?.resolved ?? 0 }),

  toOptions(args) {
    const { types, ixfrSerial } = readTypes(args)
    const mode = readMode(args)
    const servers = 'servers' in mode ? mode.servers : null
    // Without -t, -4 and -6 say which records are wanted, not how a server is reached.
    const family = mode.kind === 'system' || args.has('type') ? args.family() : undefined
    const ask = {
      ...(mode.kind === 'trace'
        ? { ...readAsk(args, mode.roots, family, 'root'), recursionDesired: false }
        : readAsk(args, servers, family)),
      ixfrSerial,
    }
    return {
      ...readNames(args, types, mode),
      mode,
      types,
      class: readClass(args),
      ask: mode.kind === 'system' ? { ...ask, timeoutMs: ask.timeoutMs ?? 5000 } : ask,
      sections: args.has('sections'),
      ...readExpectations(args, mode),
      concurrency: args.integer('concurrency', { min: 1, max: 10_000 }, DEFAULT_CONCURRENCY),
      short: readShort(args, mode),
    }
  },

  view: resolveView,
}

/** With IXFR its serial: `IXFR=2026112201`. */
function readTypes(args: Arguments): { types: number[]; ixfrSerial?: number } {
  const text = args.text('type')
  if (text === null) {
    const family = args.family()
    if (family !== undefined) return { types: [family === 4 ? TYPE.A : TYPE.AAAA] }
    return { types: args.has('trace') ? [TYPE.A] : [TYPE.A, TYPE.AAAA] }
  }
  let ixfrSerial: number | undefined
  const types = text.split(',').map((word) => {
    const [name = '', serial] = word.trim().split('=')
    const type = typeNumber(name)
    if (type === TYPE.IXFR || serial !== undefined) {
      ixfrSerial = Number(serial)
      if (type === TYPE.IXFR && /^\d+$/.test(serial ?? '') && ixfrSerial <= 0xffff_ffff) return type
      throw UsageError.of('--type', word, 'IXFR with the serial of the zone that you have: IXFR=2026112201')
    }
    if (type !== null && type !== TYPE.OPT) return type
    const near = type === TYPE.OPT ? null : nearest(word.trim().toUpperCase(), typeNames)
    throw UsageError.of(
      '--type',
      word,
      `a record type: A, AAAA, MX, TXT ..., TYPEnnn or ANY${near ? `; did you mean ${near}?` : ''}`,
    )
  })
  const twice = types.find((type, at) => types.indexOf(type) !== at)
  if (twice !== undefined) throw UsageError.of('--type', text, 'a list of different types')
  return { types, ...(ixfrSerial !== undefined && { ixfrSerial }) }
}

function readClass(args: Arguments): number {
  const text = args.text('class')
  if (text === null) return CLASS.IN
  const number = classNumber(text)
  if (number === null) throw UsageError.of('--class', text, 'a class: IN, CH, HS, ANY or CLASSnnn')
  return number
}

function readMode(args: Arguments): ResolveMode {
  const [chosen, other] = MODES.filter((flag) => args.has(flag))
  if (chosen !== undefined && other !== undefined)
    throw new UsageError(`--${chosen} and --${other} exclude each other; choose one`, `--${other}`)
  if (chosen === 'check-hijack' && args.has('type'))
    throw new UsageError('--check-hijack asks for addresses: it goes without --type', '--type')
  if (args.has('root') && chosen !== 'trace') throw new UsageError('--root goes with --trace', '--root')
  const service = readService(args)
  const canonical = args.has('canonical')
  const dns = chosen ?? DNS_ONLY.find((flag) => args.has(flag))
  if (dns === undefined) return { kind: 'system', service, canonical }
  const systemOnly = service ? 'service' : canonical ? 'canonical' : null
  if (systemOnly !== null)
    throw new UsageError(`--${systemOnly} is about getaddrinfo: it does not go with --${dns}`, `--${systemOnly}`)
  const servers = readServers(args)
  if (chosen === 'compare') return { kind: 'compare', servers }
  if (chosen === 'check-hijack') return { kind: 'hijack', servers, system: servers === null }
  if (chosen !== 'trace') return { kind: 'dns', servers, search: args.has('search') }
  if (servers !== null)
    throw new UsageError('--trace asks the servers that it finds; --root says where to start', '--server')
  return { kind: 'trace', roots: readServers(args, 'root') ?? rootServers(args.family()) }
}

function readService(args: Arguments): Service | null {
  const text = args.text('service')
  if (text === null) return null
  if (/^\d+$/.test(text)) {
    const port = Number(text)
    if (port > 65535) throw UsageError.of('--service', text, 'a service: a name such as http, or a port, 0 to 65535')
    return { text, tcpPort: port, udpPort: port, numeric: true }
  }
  const [tcpPort = null] = servicePorts(text, 'tcp')
  const [udpPort = null] = servicePorts(text, 'udp')
  if (tcpPort === null && udpPort === null)
    throw UsageError.of('--service', text, 'the name of a service (http, domain) or a port, 0 to 65535')
  return { text, tcpPort, udpPort, numeric: false }
}

/** Words are checked before anything is sent; a stream's lines one by one, each failing alone. */
function readNames(args: Arguments, types: readonly number[], mode: ResolveMode) {
  const words = args.words('name')
  const lines = args.lines('names')
  if (lines !== null) {
    if (words.length > 0) throw new UsageError('<name> goes without --names', '<name>')
    return { names: namesIn(lines), streaming: true }
  }
  if (words.length === 0 && mode.kind !== 'hijack')
    throw new UsageError('<name> is missing: a name, or --names FILE (- is stdin)', '<name>')
  for (const word of words) {
    if (mode.kind !== 'system') for (const type of types) questionName(word, type)
    else {
      checkHost(word, '<name>')
      checkFamily(word, '<name>', { family: args.family(), sourceAddress: undefined })
    }
    if (mode.kind !== 'system' && isAddress(word) !== 0 && !types.includes(TYPE.PTR))
      throw UsageError.of('<name>', word, 'a name; ask for -t PTR, or use netkit reverse')
  }
  return { names: words, streaming: false }
}

/** Blank lines and comments left out. */
async function* namesIn(lines: AsyncIterable<readonly string[]>): AsyncGenerator<readonly string[]> {
  for await (const some of lines) yield some.map(nameOn).filter((name) => name !== '')
}

function nameOn(line: string): string {
  return (line.includes('#') ? line.replace(/(^|\s)#.*$/, '') : line).trim()
}

function readExpectations(args: Arguments, mode: ResolveMode) {
  const expect = args.list('expect')
  const expectNone = args.has('expect-none')
  if (expect.includes('')) throw UsageError.of('--expect', '', 'a value; --expect-none wants no answer')
  if (expectNone && expect.length > 0)
    throw new UsageError('--expect and --expect-none exclude each other', '--expect-none')
  if ((expectNone || expect.length > 0) && mode.kind === 'hijack')
    throw new UsageError('--expect is about answers: it does not go with --check-hijack', '--expect')
  return { expect, expectNone }
}

function readShort(args: Arguments, { kind }: ResolveMode): boolean {
  if (args.has('short') && (kind === 'compare' || kind === 'hijack'))
    throw new UsageError('--short shows answers alone: it does not go with comparisons', '--short')
  return args.has('short')
}
