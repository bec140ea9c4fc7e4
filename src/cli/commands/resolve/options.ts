import { isAddress } from '../../../core/address/address.js'
import { checkHost } from '../../../core/address/host-name.js'
import { UsageError } from '../../../core/usage-error.js'
import { ServicesFile } from '../../../net/system/services-file.js'
import { questionName } from '../../../operations/dns/index.js'
import { type ResolveMode, type ResolveOptions, rootServers, type Service } from '../../../operations/resolve/index.js'
import { TYPE, typeNames, typeNumber } from '../../../protocol/dns/index.js'
import { QUESTION_FLAGS, readAsk, readQuestion, readServers } from '../../args/flags/dns.js'
import { checkFamily, readFamily } from '../../args/flags/network.js'
import { nearest } from '../../args/suggest.js'
import { RESOLVE_FLAGS, type ResolveArguments } from './flags.js'

/** resolve's face: what it shows, and how. */
export interface ResolveCommandOptions extends ResolveOptions {
  readonly short: boolean
  /** Names come as a stream: each is shown as soon as it is known. */
  readonly streaming: boolean
}

const MODES = ['compare', 'trace', 'check-hijack'] as const
/** Flags that only make sense of the DNS: one of them is enough to ask it. */
const DNS_ONLY = [
  ...(['type', 'server', 'tcp', 'sections', 'class', 'search', 'retries'] as const),
  ...(Object.keys(QUESTION_FLAGS) as (keyof typeof QUESTION_FLAGS)[]),
]

/** Throws UsageError. */
export function readResolve(args: ResolveArguments): ResolveCommandOptions {
  const { types, ixfrSerial } = readTypes(args)
  const mode = readMode(args)
  const servers = 'servers' in mode ? mode.servers : null
  // Without -t, -4 and -6 say which records are wanted, not how a server is reached.
  const family = mode.kind === 'system' || args.has('type') ? readFamily(args) : undefined
  const question = { ...readQuestion(args), ixfrSerial }
  const ask =
    mode.kind === 'trace'
      ? { ...question, ...readAsk(args, mode.roots, family, '--root'), recursionDesired: false }
      : { ...question, ...readAsk(args, servers, family) }
  checkMode(args, mode)
  return {
    ...args.options(RESOLVE_FLAGS),
    ...readNames(args, types, mode),
    mode,
    types,
    ask,
  }
}

/** With IXFR its serial: `IXFR=2026112201`. */
function readTypes(args: ResolveArguments): { types: number[]; ixfrSerial?: number } {
  const text = args.value('type')
  if (text === null) {
    const family = readFamily(args)
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

function readMode(args: ResolveArguments): ResolveMode {
  const chosen = args.firstOf(MODES)
  if (chosen === 'check-hijack' && args.has('type'))
    throw new UsageError('--check-hijack asks for addresses: it goes without --type', '--type')
  const service = readService(args.value('service'))
  const canonical = args.value('canonical')
  const dns = chosen ?? args.firstOf(DNS_ONLY)
  if (dns === null) return { kind: 'system', service, canonical }
  const systemOnly = service ? 'service' : canonical ? 'canonical' : null
  if (systemOnly !== null)
    throw new UsageError(`--${systemOnly} is about getaddrinfo: it does not go with --${dns}`, `--${systemOnly}`)
  const servers = readServers(args.value('server'), '--server')
  if (chosen === 'compare') return { kind: 'compare', servers }
  if (chosen === 'check-hijack') return { kind: 'hijack', servers, system: servers === null }
  if (chosen !== 'trace') return { kind: 'dns', servers, search: args.value('search') }
  if (servers !== null)
    throw new UsageError('--trace asks the servers that it finds; --root says where to start', '--server')
  const roots = readServers(args.value('root'), '--root')
  return { kind: 'trace', roots: roots ?? rootServers(readFamily(args)) }
}

function readService(text: string | null): Service | null {
  if (text === null) return null
  if (/^\d+$/.test(text)) {
    const port = Number(text)
    if (port > 65535) throw UsageError.of('--service', text, 'a service: a name such as http, or a port, 0 to 65535')
    return { text, tcpPort: port, udpPort: port, numeric: true }
  }
  const services = ServicesFile.read()
  const [tcpPort, udpPort] = [services.port(text, 'tcp'), services.port(text, 'udp')]
  if (tcpPort === null && udpPort === null)
    throw UsageError.of('--service', text, 'the name of a service (http, domain) or a port, 0 to 65535')
  return { text, tcpPort, udpPort, numeric: false }
}

/** Words are checked before anything is sent; a stream's lines one by one, each failing alone. */
function readNames(args: ResolveArguments, types: readonly number[], mode: ResolveMode) {
  const words = args.words('name')
  const lines = args.value('names')
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
      checkFamily(word, '<name>', { family: readFamily(args), sourceAddress: undefined })
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
  return (line.includes('#') ? line.replace(/(^|\s)#.*/, '') : line).trim()
}

/** Throws UsageError for what does not go with the mode. */
function checkMode(args: ResolveArguments, { kind }: ResolveMode): void {
  if (args.value('expect').includes('')) throw UsageError.of('--expect', '', 'a value; --expect-none wants no answer')
  if (args.has('short') && (kind === 'compare' || kind === 'hijack'))
    throw new UsageError('--short shows answers alone: it does not go with comparisons', '--short')
}
