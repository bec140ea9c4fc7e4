import { getServers } from 'node:dns'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { formatAddress, parseAddress } from '../../core/address/address.js'
import { parseEndpoint } from '../../core/address/endpoint.js'
import { UsageError } from '../../core/usage-error.js'

export interface NameServer {
  readonly address: string
  readonly port: number
}

/** What the stub resolver of this system goes by (resolv.conf(5)). */
export interface ResolverConfig {
  /** In the order in which they are asked. */
  readonly servers: readonly NameServer[]
  readonly search: readonly string[]
  /** Names with fewer dots are tried below the search domains first. */
  readonly ndots: number
  /** Milliseconds for one try. */
  readonly timeoutMs: number
  /** Rounds over all servers. */
  readonly attempts: number
  /** Where it was read; null: from the system's own interface, which tells the servers alone. */
  readonly path: string | null
}

const PATH = '/etc/resolv.conf'
const DNS_PORT = 53
/** Limits of the GNU C library (resolv.conf(5)). */
const MAX = { servers: 3, ndots: 15, timeoutSeconds: 30, attempts: 5 }

export function readResolverConfig(): ResolverConfig {
  try {
    return parseResolvConf(readFileSync(PATH, 'utf8'), PATH, hostname(), process.env)
  } catch {
    // Windows, and systems without the file: c-ares knows how to ask there.
    return { ...parseResolvConf('', null), servers: getServers().flatMap(nameServer) }
  }
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
  const options = new Map<string, string>()
  const setOptions = (words: readonly string[]) => {
    for (const word of words) {
      const [name = '', value = ''] = word.split(':')
      options.set(name, value)
    }
  }
  // A carriage return is no line end there, but a part of the last word, which then means nothing: as programs see it.
  for (const line of text.split('\n')) {
    const [keyword = '', ...words] = line.split(/[ \t]+/)
    if (words.at(-1) === '') words.pop()
    const [first] = words
    if (first === undefined) continue
    if (keyword === 'nameserver') servers.push(...nameServer(first.replace(/[#;].*/, '')))
    else if (keyword === 'search') search = words.filter((word) => word !== '.')
    else if (keyword === 'domain') search = [first]
    else if (keyword === 'options') setOptions(words)
  }
  if (LOCALDOMAIN !== undefined) search = LOCALDOMAIN.split(/[ \t]+/).filter((word) => word !== '' && word !== '.')
  setOptions(RES_OPTIONS.split(/[ \t]+/))
  const number = (name: string, otherwise: number, most: number) => {
    const value = options.get(name)
    const digits = /^\d+/.exec(value ?? '')?.[0]
    return digits === undefined ? otherwise : Math.min(Number(digits), most)
  }
  return {
    servers:
      servers.length > 0 || path === null ? servers.slice(0, MAX.servers) : [{ address: '127.0.0.1', port: DNS_PORT }],
    search,
    ndots: number('ndots', 1, MAX.ndots),
    timeoutMs: Math.max(1, number('timeout', 5, MAX.timeoutSeconds)) * 1000,
    attempts: Math.max(1, number('attempts', 2, MAX.attempts)),
    path,
  }
}

/** An address, or what dns.getServers writes where the port is another one; nothing where it is neither. */
function nameServer(text: string): NameServer[] {
  const address = parseAddress(text)
  if (address) return [{ address: formatAddress(address), port: DNS_PORT }]
  try {
    const { host, port } = parseEndpoint(text, 'nameserver')
    return host !== null && parseAddress(host) ? [{ address: host, port: port ?? DNS_PORT }] : []
  } catch (error) {
    if (error instanceof UsageError) return []
    throw error
  }
}
