import { parseAddress } from '../../../core/address/address.js'
import type { Deadline } from '../../../core/deadline.js'
import { type Failure, failure } from '../../../core/failure.js'
import { hint } from '../../../core/hint.js'
import { fail, type Outcome, ok } from '../../../core/outcome.js'
import type { MailRoute } from '../types.js'
import { type HostAddresses, MxFinder, type MxFinderOptions, type MxHost } from './mx.js'

/** What the DNS says of a host. */
export interface MxSource {
  readonly domain: string
  /** Null where the domain has no MX and stands for itself. */
  readonly preference: number | null
  find(deadline: Deadline): Promise<Outcome<HostAddresses>>
}

/** A place to connect to. */
export type Hop =
  | { readonly kind: 'path'; readonly path: string }
  /** `mx` is null where the user named the host: it is looked up as this system does. */
  | { readonly kind: 'host'; readonly host: string; readonly port: number; readonly mx: MxSource | null }

/** The places to try, in order, and what they need. */
export interface Itinerary {
  readonly hops: readonly Hop[]
  close(): void
}

type MxRoute = Extract<MailRoute, { kind: 'mx' }>

export async function itineraryOf(
  route: MailRoute,
  options: Omit<MxFinderOptions, 'servers'>,
  deadline: Deadline,
): Promise<Outcome<Itinerary>> {
  if (route.kind === 'unix') return ok(direct({ kind: 'path', path: route.path }), 0)
  if (route.kind === 'server') return ok(direct({ kind: 'host', host: route.host, port: route.port, mx: null }), 0)
  const literal = readLiteral(route.domain)
  if (literal !== null) return ok(direct({ kind: 'host', host: literal, port: route.port, mx: null }), 0)
  const finder = new MxFinder({ ...options, servers: route.dnsServers })
  const found = await mxHops(route, finder, deadline)
  if (found.ok) return ok({ hops: found.value, close: () => finder.close() }, found.elapsedMs)
  finder.close()
  return fail(found.failure, found.elapsedMs)
}

function direct(hop: Hop): Itinerary {
  return { hops: [hop], close: () => {} }
}

/**
 * The hosts of a domain's MX records, equal preferences in random order; the domain itself where it has none (RFC 5321
 * section 5.1); a null MX is a plain no (RFC 7505).
 */
async function mxHops(
  { domain, port }: MxRoute,
  finder: MxFinder,
  deadline: Deadline,
): Promise<Outcome<readonly Hop[]>> {
  const found = await finder.hostsOf(domain, deadline)
  if (!found.ok) return fail(found.failure, found.elapsedMs)
  // Beside others the null MX means nothing (RFC 7505 section 3).
  const hosts = found.value.filter(({ exchange }) => exchange !== '')
  if (hosts.length === 0 && found.value.length > 0) return fail(nullMx(domain), found.elapsedMs)
  const hop = (host: string, preference: number | null): Hop => ({
    kind: 'host',
    host,
    port,
    mx: { domain, preference, find: (within) => finder.addressesOf(host, within) },
  })
  const hops = byPreference(hosts).map(({ exchange, preference }) => hop(exchange, preference))
  return ok(hops.length > 0 ? hops : [hop(domain, null)], found.elapsedMs)
}

function byPreference(hosts: readonly MxHost[]): MxHost[] {
  return hosts
    .map((host) => ({ host, lot: Math.random() }))
    .sort((a, b) => a.host.preference - b.host.preference || a.lot - b.lot)
    .map(({ host }) => host)
}

/** The address in `[192.0.2.1]` or `[IPv6:2001:db8::1]`; null for a domain. */
function readLiteral(domain: string): string | null {
  const [, text] = /^\[(?:IPv6:)?(.*)\]$/i.exec(domain) ?? []
  return text !== undefined && parseAddress(text) ? text : null
}

function nullMx(domain: string): Failure {
  return failure({
    phase: 'lookup',
    origin: 'peer',
    code: 'SMTP_NULL_MX',
    endpoint: { host: domain, address: null, port: null, path: null },
    message: `${domain} accepts no mail: its MX record is the null MX`,
    ...hint('the domain says so on purpose (RFC 7505); check the address'),
  })
}
