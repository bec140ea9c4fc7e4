import { type Address, addressBytes, formatAddress, parseAddress, unmapAddress } from '../../core/address/address.js'
import { checkHost } from '../../core/address/host-name.js'
import { quoted, UsageError } from '../../core/usage-error.js'
import { lookupTimeMs, type ResolverConfig } from '../../net/system/resolver-config.js'
import { type Name, parseName, reverseName, TYPE } from '../../protocol/dns/index.js'
import { type DnsServer, serverAt } from './server.js'
import type { AskOptions, AskRequest } from './types.js'

/**
 * The name to ask the DNS for: escapes as zone files have them, IDNA for what is not ASCII, and the reverse name of an
 * address where PTR is asked for. Throws UsageError for what is no domain name.
 */
export function questionName(text: string, type: number): Name {
  const address = type === TYPE.PTR ? parseAddress(text) : null
  if (address) return reverseName(addressOctets(address))
  if (PLAIN.test(text)) return parseName(text)
  const mistake = mistakenName(text)
  if (mistake !== null) throw new UsageError(`${quoted(text)} is not a domain name: ${mistake}`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what ASCII is
  if (/^[\u0000-\u007f]*$/.test(text)) return parseName(text)
  const host = checkHost(text, '<name>')
  return parseName(host.kind === 'name' ? host.name : host.address)
}

/** Nothing that could be a mistake, or another name than it seems: nearly every name. */
const PLAIN = /^[\w.-]+$/

/** What was surely not meant as a name, though all octets may stand in one: escaped, they do. Null for what may be meant. */
function mistakenName(text: string): string | null {
  if (!/[\s:]/.test(text)) return null
  if (text.includes('://')) return 'it is a URL; ask for its host alone'
  if (/^[^:]*[^:\\]:\d+$/.test(text)) return 'a port goes without here'
  return /(?<!\\)\s/.test(text) ? 'a blank stands in it (\\032 where that is meant)' : null
}

/** 4 or 16 octets in network order; an IPv4-mapped address is the IPv4 address that it carries. */
export function addressOctets(given: Address): Uint8Array {
  return addressBytes(unmapAddress(given))
}

/** The one text of a value that may be an address. */
export function canonicalAddress(text: string): string {
  const address = parseAddress(text)
  return address ? formatAddress(address) : text
}

/**
 * The names that the GNU C library tries for one that was typed, in order (resolv.conf(5): search, ndots). The root among
 * the search domains stands for the name as it is.
 */
export function searchNames(name: string, { search, ndots, noTldQuery = false }: SearchSettings): string[] {
  if (name.endsWith('.')) return [name]
  const below = search
    .map((domain) => domain.replace(/^\./, ''))
    .map((rest) => (rest === '' ? name : `${name}.${rest}`))
  const dots = name.split('.').length - 1
  const asIs = dots > 0 || search.length === 0 || !noTldQuery
  return [...new Set(dots >= ndots ? [name, ...below] : [...below, ...(asIs ? [name] : [])])]
}

type SearchSettings = Pick<ResolverConfig, 'search' | 'ndots'> & Partial<Pick<ResolverConfig, 'noTldQuery'>>

/** How often and how long to ask, where the request leaves it to the system. */
export function askOptions(request: AskRequest, config: ResolverConfig): AskOptions {
  return { ...request, timeoutMs: request.timeoutMs ?? config.timeoutMs, tries: request.tries ?? config.attempts }
}

/** How long the system's own look-ups may take, in milliseconds. */
export function systemTimeMs({ timeoutMs, systemTime }: AskOptions, config: ResolverConfig): number {
  return systemTime ? lookupTimeMs(config) : timeoutMs
}

/** The servers of this system. */
export function systemServers({ servers }: ResolverConfig): DnsServer[] {
  return servers.map(({ address, port }) => serverAt(address, port, 'udp'))
}
