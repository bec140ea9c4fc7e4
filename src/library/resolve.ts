import { checkHost } from '../core/address/host-name.js'
import type { Run } from '../core/iterate.js'
import { UsageError } from '../core/usage-error.js'
import { ServicesFile } from '../net/system/services-file.js'
import { questionName } from '../operations/dns/index.js'
import {
  parseServer,
  type ResolveEvent,
  type ResolveMode,
  type ResolveSummary,
  resolve as resolveOperation,
  rootServers,
  type Service,
} from '../operations/resolve/index.js'
import { CLASS, classNumber, TYPE, typeNumber } from '../protocol/dns/index.js'
import { type DnsOptions, readAsk, readServers } from './dns.js'
import { begin, type OptionsReader, type RunOptions, shown } from './options.js'

/** What {@link resolve} takes. */
export interface ResolveOptions extends RunOptions, DnsOptions {
  /** Names; addresses where `PTR` is asked for. May be a stream without end. */
  readonly names?: string | readonly string[] | AsyncIterable<string> | undefined
  /**
   * `system`: getaddrinfo(3), as programs see it; the default. `dns`: the DNS itself, from the first server that answers; the
   * default where `types`, `servers` or `class` is given. `compare`: the same question to getaddrinfo and to every server.
   * `trace`: from the root downwards. `hijack`: names that cannot exist, below `names` as well.
   */
  readonly mode?: 'system' | 'dns' | 'compare' | 'trace' | 'hijack' | undefined
  /** Record types to ask for: `MX`, `TYPE65280`. Default A and AAAA, or that of `family`. */
  readonly types?: string | readonly string[] | undefined
  /** `IN`, `CH`, `HS`, `ANY` or `CLASSnnn`. Default `IN`. */
  readonly class?: string | undefined
  /** Of type IXFR (RFC 1995): the serial of the zone that is there already. */
  readonly ixfrSerial?: number | undefined
  /** Of mode `system`: getaddrinfo's tuples for this service, `http` or 443. */
  readonly service?: string | number | undefined
  /** Of mode `system`: the canonical name too. */
  readonly canonical?: boolean | undefined
  /** Of mode `dns`: tries the search domains of this system, as getaddrinfo does. */
  readonly search?: boolean | undefined
  /** Of mode `trace`: where it starts, instead of the root. */
  readonly roots?: string | readonly string[] | undefined
  /** Authority and additional records too. */
  readonly sections?: boolean | undefined
  /** Values that must all be among the answers. */
  readonly expect?: string | readonly string[] | undefined
  /** There must be no answer. */
  readonly expectNone?: boolean | undefined
  /** Names asked for at once. Default 100. */
  readonly concurrency?: number | undefined
}

const MODES = ['system', 'dns', 'compare', 'trace', 'hijack'] as const
const DEFAULT_CONCURRENCY = 100

/**
 * What names stand for: through getaddrinfo, or by the DNS itself. Each name's events come together, in the order of the
 * names. Fails with why a name did not resolve; with PARTIAL where others did.
 *
 *     for await (const event of resolve({ names: 'example.com', types: 'MX', servers: '127.0.0.1' })) {
 *       if (event.type === 'answer') console.log(event.value, event.ttl)
 *     }
 */
export function resolve(options: ResolveOptions): Run<ResolveEvent, ResolveSummary> {
  return begin('resolve', resolveOperation, options, (reader) => {
    const types = readTypes(reader)
    const mode = readMode(reader)
    const servers = mode.kind === 'trace' ? mode.roots : mode.kind === 'system' ? null : mode.servers
    const ask = readAsk(reader, servers)
    const expect = reader.texts('expect')
    const expectNone = reader.boolean('expectNone')
    if (expectNone && expect.length > 0) throw new UsageError('expect and expectNone exclude each other', 'expectNone')
    return {
      names: readNames(reader.value('names'), mode, types),
      mode,
      types,
      class: readClass(reader.text('class')),
      ask: {
        ...ask,
        ixfrSerial: reader.integer('ixfrSerial', { max: 0xffff_ffff }),
        recursionDesired: ask.recursionDesired && mode.kind !== 'trace',
      },
      sections: reader.boolean('sections'),
      expect,
      expectNone,
      concurrency: reader.integer('concurrency', { min: 1 }) ?? DEFAULT_CONCURRENCY,
    }
  })
}

function readMode(reader: OptionsReader<ResolveOptions>): ResolveMode {
  const asksDns = ['types', 'servers', 'class'].some((name) => reader.value(name as keyof ResolveOptions) !== undefined)
  const kind = reader.choice('mode', MODES) ?? (asksDns ? 'dns' : 'system')
  const servers = readServers(reader)
  const service = readService(reader.value('service'))
  const canonical = reader.boolean('canonical')
  const search = reader.boolean('search')
  const roots = reader.texts('roots').map((text) => parseServer(text, 'roots'))
  const stray = [
    kind !== 'system' && service && 'service',
    kind !== 'system' && canonical && 'canonical',
    kind !== 'dns' && search && 'search',
    kind !== 'trace' && roots.length > 0 && 'roots',
    (kind === 'system' || kind === 'trace') && servers && 'servers',
  ].find((name) => typeof name === 'string')
  if (stray) throw new UsageError(`${stray} does not go with mode ${kind}`, stray)
  switch (kind) {
    case 'system':
      return { kind, service, canonical }
    case 'dns':
      return { kind, servers, search }
    case 'compare':
      return { kind, servers }
    case 'trace':
      return { kind, roots: roots.length > 0 ? roots : rootServers(reader.value('family')) }
    case 'hijack':
      return { kind, servers, system: servers === null }
  }
}

function readTypes(reader: OptionsReader<ResolveOptions>): number[] {
  const texts = reader.texts('types').flatMap((text) => text.split(','))
  const types = texts.map((text) => {
    const type = typeNumber(text.trim())
    if (type === null || type === TYPE.OPT) throw UsageError.of('types', text, 'a record type: A, MX, TYPEnnn or ANY')
    return type
  })
  if (new Set(types).size < types.length) throw UsageError.of('types', texts.join(), 'a list of different types')
  if (types.length > 0) return types
  const family = reader.choice('family', [4, 6] as const)
  if (family !== undefined) return [family === 4 ? TYPE.A : TYPE.AAAA]
  return reader.value('mode') === 'trace' ? [TYPE.A] : [TYPE.A, TYPE.AAAA]
}

function readClass(text: string | undefined): number {
  const number = text === undefined ? CLASS.IN : classNumber(text)
  if (number === null) throw UsageError.of('class', text ?? '', 'a class: IN, CH, HS, ANY or CLASSnnn')
  return number
}

function readService(service: unknown): Service | null {
  if (service === undefined) return null
  if (typeof service === 'number' && Number.isInteger(service) && service >= 0 && service <= 65535)
    return { text: String(service), tcpPort: service, udpPort: service, numeric: true }
  const text = typeof service === 'string' ? service : ''
  const services = ServicesFile.read()
  const [tcpPort, udpPort] = [services.port(text, 'tcp'), services.port(text, 'udp')]
  if (tcpPort === null && udpPort === null)
    throw UsageError.of('service', shown(service), 'the name of a service (http, domain) or a port, 0 to 65535')
  return { text, tcpPort, udpPort, numeric: false }
}

/** Names that are there are checked before anything is sent; those of a stream one by one, each failing alone. */
function readNames(
  names: ResolveOptions['names'],
  mode: ResolveMode,
  types: readonly number[],
): readonly string[] | AsyncIterable<string> {
  if (typeof names === 'object' && names !== null && Symbol.asyncIterator in names) return names
  const list: readonly unknown[] = names === undefined ? [] : Array.isArray(names) ? names : [names]
  if (list.length === 0 && mode.kind !== 'hijack') throw new UsageError('names: there is no name to resolve', 'names')
  for (const name of list) {
    if (typeof name !== 'string') throw UsageError.of('names', shown(name), 'a name, a list or a stream of names')
    if (mode.kind === 'system') checkHost(name, 'names')
    else for (const type of types) questionName(name, type)
  }
  return list as readonly string[]
}
