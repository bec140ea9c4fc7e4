import { isAddress } from '../../core/address/address.js'
import { formatEndpoint, parseEndpoint } from '../../core/address/endpoint.js'
import { UsageError } from '../../core/usage-error.js'
import { isTransfer, type Name } from '../../protocol/dns/index.js'

export type Transport = 'udp' | 'tcp' | 'tls' | 'https'

/** A server to ask, and how. */
export interface DnsServer {
  /** As it is shown: `192.0.2.1`, `192.0.2.1:5353`, `tls://dns.example`, `https://dns.example/dns-query`. */
  readonly name: string
  readonly transport: Transport
  /** A literal address, or a name that getaddrinfo resolves. */
  readonly host: string
  readonly port: number
  /** Of an https server; else null. */
  readonly path: string | null
}

const PORTS = { udp: 53, tcp: 53, tls: 853, https: 443 } as const
const DEFAULT_PATH = '/dns-query'

/**
 * Reads `ADDR`, `ADDR:port`, `[v6]:port`, `udp://`, `tcp://`, `tls://` (RFC 7858) and `https://` URLs (RFC 8484, the
 * path `/dns-query` where there is none). Throws UsageError.
 */
export function parseServer(text: string, argument: string): DnsServer {
  const { scheme, host, port, path } = parseEndpoint(text, argument)
  const transport = scheme ?? 'udp'
  if (transport === 'unix' || transport === 'http' || host === null) {
    throw UsageError.of(argument, text, 'a DNS server: ADDR, ADDR:port, tcp://ADDR, tls://HOST or https://HOST/path')
  }
  const url = path === null || path === '/' ? DEFAULT_PATH : path
  return serverAt(host, port ?? PORTS[transport], transport, transport === 'https' ? url : null)
}

/**
 * Over which a question is asked at first. Zones are not transferred over UDP (RFC 5936, section 4.2); differences may be,
 * but hardly ever fit.
 */
export function firstTransport({ transport }: DnsServer, type: number, tcp: boolean): Transport {
  return transport === 'udp' && (tcp || isTransfer(type)) ? 'tcp' : transport
}

export function serverAt(host: string, port: number, transport: Transport, path: string | null = null): DnsServer {
  const bracketed = isAddress(host) === 6 ? `[${host}]` : host
  const at = port === PORTS[transport] ? (transport === 'udp' ? host : bracketed) : formatEndpoint(host, port)
  return { name: transport === 'udp' ? at : `${transport}://${at}${path ?? ''}`, transport, host, port, path }
}

/** A server that is known by name as well: `ns1.example. (192.0.2.1)`. */
export function nameServerAt(name: Name, address: string, port: number): DnsServer {
  const server = serverAt(address, port, 'udp')
  return { ...server, name: `${name} (${server.name})` }
}
