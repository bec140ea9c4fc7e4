import { getServers } from 'node:dns'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { formatAddress, parseAddress } from '../../core/address/address.js'
import { parseEndpoint } from '../../core/address/endpoint.js'
import { zoneError } from '../connect/zone.js'

export interface NameServer {
  readonly address: string
  readonly port: number
}

/** What the stub resolver of this system goes by (resolv.conf(5)). */
export interface ResolverConfig {
  /** In the order in which they are asked. */
  readonly servers: readonly NameServer[]
  /** Domains below which names are tried, as they stand there: a dot before one means nothing, `.` is the root. */
  readonly search: readonly string[]
  /** Names with fewer dots are tried below the search domains first. */
  readonly ndots: number
  /** Whether a name without a dot is tried below the search domains alone (`no-tld-query`). */
  readonly noTldQuery: boolean
  /** Whether A and AAAA are asked for one after the other (`single-request`). */
  readonly singleRequest: boolean
  /** Milliseconds for one try. */
  readonly timeoutMs: number
  /** Rounds over all servers. */
  readonly attempts: number
  /** Where it was read; null: from the system's own interface, which tells the servers alone, or there is none. */
  readonly path: string | null
}

const PATH = '/etc/resolv.conf'
const DNS_PORT = 53
/** Limits of the GNU C library (resolv.conf(5)). */
const MAX = { servers: 3, ndots: 15, timeoutSeconds: 30, attempts: 5 }
/** Where nothing is set: this machine's. */
const OWN_SERVER: NameServer = { address: '127.0.0.1', port: DNS_PORT }

export function readResolverConfig(): ResolverConfig {
  // Windows has no such file: c-ares knows how to ask there.
  if (process.platform === 'win32') {
    return { ...parseResolvConf('', null), servers: getServers().flatMap(serverOfNode) }
  }
  let text = ''
  let path: string | null = PATH
  try {
    text = readFileSync(PATH, 'utf8')
  } catch {
    path = null // the C library goes on without the file too
  }
  return parseResolvConf(text, path, hostname(), process.env)
}

/**
 * As the GNU C library reads it: a keyword begins its line, the last `search` or `domain` that names one rules, without
 * either it is the domain of the host name, and without servers it is this machine's. A process may set LOCALDOMAIN (none,
 * where that is empty) and RES_OPTIONS for itself.
 */
export function parseResolvConf(
  text: string,
  path: string | null,
  hostName = '',
  { LOCALDOMAIN, RES_OPTIONS = '' }: NodeJS.ProcessEnv = {},
): ResolverConfig {
  const servers: NameServer[] = []
  const [, ownDomain] = /^[^.]*\.(.+)$/.exec(hostName) ?? []
  let search = ownDomain === undefined ? [] : [ownDomain]
  const options: string[] = []
  // A carriage return is no line end there, but a part of the last word: as programs see it. A comment begins its line.
  for (const line of text.split('\n')) {
    const [keyword = '', ...words] = line.split(/[ \t]+/)
    if (words.at(-1) === '') words.pop()
    const [first] = words
    if (first === undefined) continue
    if (keyword === 'nameserver') servers.push(...nameServer(first))
    else if (keyword === 'search') search = words
    else if (keyword === 'domain') search = [first]
    else if (keyword === 'options') options.push(...words)
  }
  if (LOCALDOMAIN !== undefined) search = LOCALDOMAIN.split(/[ \t]+/).filter((word) => word !== '')
  options.push(...RES_OPTIONS.split(/[ \t]+/))
  return {
    servers: servers.length > 0 ? servers.slice(0, MAX.servers) : [OWN_SERVER],
    search,
    // In four bits: -1 is 15.
    ndots: numberIn(options, 'ndots', 1, MAX.ndots) & 15,
    noTldQuery: options.some((word) => word.startsWith('no-tld-query')),
    singleRequest: options.some((word) => word.startsWith('single-request')),
    timeoutMs: Math.max(1, numberIn(options, 'timeout', 5, MAX.timeoutSeconds)) * 1000,
    attempts: Math.max(1, numberIn(options, 'attempts', 2, MAX.attempts)),
    path,
  }
}

/** The last one that is set, read by atoi(3): 0 for what is no number. */
function numberIn(options: readonly string[], name: string, otherwise: number, most: number): number {
  const value = options.findLast((word) => word.startsWith(`${name}:`))?.slice(name.length + 1)
  if (value === undefined) return otherwise
  return Math.min(Number(/^[+-]?\d+/.exec(value)?.[0] ?? 0), most)
}

/**
 * How long getaddrinfo(3) may take with these settings, in milliseconds, where servers are silent: each name that it
 * tries, each round, and each server in it, of which the first has `timeout`, the next ones a share of it that doubles
 * (res_send.c of the GNU C library). With a second more it is getaddrinfo that tells what came of it.
 */
export function lookupTimeMs({ servers, search, timeoutMs, attempts, singleRequest }: ResolverConfig): number {
  const count = servers.length
  const seconds = servers.map((_, at) =>
    at === 0 ? timeoutMs / 1000 : Math.floor(((timeoutMs / 1000) * 2 ** at) / count),
  )
  const round = seconds.reduce((sum, each) => sum + Math.max(1, each), 0)
  return (round * attempts * (search.length + 1) * (singleRequest ? 2 : 1) + 1) * 1000
}

/** An address as inet_aton(3) or inet_pton(3) read it, of IPv6 with its zone; nothing where it is neither. */
function nameServer(text: string): NameServer[] {
  const ipv4 = inetAton(text)
  if (ipv4 !== null) return [{ address: ipv4, port: DNS_PORT }]
  const address = parseAddress(text)
  if (address?.family !== 6) return []
  // Of an interface that is not there the zone means nothing.
  const known = address.zone === null || /^\d+$/.test(address.zone) || zoneError(text) === null
  return [{ address: formatAddress(known ? address : { ...address, zone: null }), port: DNS_PORT }]
}

/** One to four numbers, each decimal, octal behind a 0, or hexadecimal behind 0x; the last one has all octets that are left. */
function inetAton(text: string): string | null {
  const parts = text.replace(/[\r\v\f]+$/, '').split('.')
  if (parts.length > 4 || !parts.every((part) => /^(?:0x[\da-f]+|0[0-7]*|[1-9]\d*)$/i.test(part))) return null
  const numbers = parts.map((part) => (/^0[0-7]/.test(part) ? Number.parseInt(part, 8) : Number(part)))
  const last = numbers.pop() ?? 0
  const left = 4 - numbers.length
  if (last >= 256 ** left || numbers.some((each) => each > 255)) return null
  const octets = Array.from({ length: left }, (_, at) => Math.floor(last / 256 ** (left - 1 - at)) % 256)
  return [...numbers, ...octets].join('.')
}

/** What dns.getServers writes: an address, with its port where that is another one. */
function serverOfNode(text: string): NameServer[] {
  const address = parseAddress(text)
  if (address) return [{ address: formatAddress(address), port: DNS_PORT }]
  const { host, port } = parseEndpoint(text, 'nameserver')
  return host === null ? [] : [{ address: host, port: port ?? DNS_PORT }]
}
