import { getServers } from 'node:dns'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { formatAddress, parseAddress } from '../core/address.js'
import { parseEndpoint } from '../core/endpoint.js'
import { UsageError } from '../core/usage-error.js'

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
    return parseResolvConf(readFileSync(PATH, 'utf8') + ofEnvironment(process.env), PATH, hostname())
  } catch {
    // Windows, and systems without the file: c-ares knows how to ask there.
    return { ...parseResolvConf('', null), servers: getServers().flatMap(nameServer) }
  }
}

/** What a process may set for itself, as lines of the file that come last. */
export function ofEnvironment({ LOCALDOMAIN, RES_OPTIONS }: NodeJS.ProcessEnv): string {
  return `${LOCALDOMAIN ? `\nsearch ${LOCALDOMAIN}` : ''}${RES_OPTIONS ? `\noptions ${RES_OPTIONS}` : ''}`
}

/**
 * As the GNU C library reads it: the last `search` or `domain` rules, without either it is the domain of the host name,
 * and without servers it is this machine's.
 */
export function parseResolvConf(text: string, path: string | null, hostName = ''): ResolverConfig {
  const servers: NameServer[] = []
  const [, ownDomain] = /^[^.]*\.(.+)$/.exec(hostName) ?? []
  let search = ownDomain === undefined ? [] : [ownDomain]
  const options = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const [keyword, ...words] = line
      .replace(/^\s*[#;].*/, '')
      .split(/\s+/)
      .filter((word) => word !== '')
    if (keyword === 'nameserver') servers.push(...nameServer(words[0] ?? ''))
    else if (keyword === 'search') search = words.filter((word) => word !== '.')
    else if (keyword === 'domain') search = words.slice(0, 1)
    else if (keyword === 'options') {
      for (const word of words) {
        const [name = '', value = ''] = word.split(':')
        options.set(name, value)
      }
    }
  }
  const number = (name: string, otherwise: number, most: number) => {
    const value = options.get(name)
    return value !== undefined && /^\d+$/.test(value) ? Math.min(Number(value), most) : otherwise
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
