import { parseAddress } from '../../core/address.js'
import type { Deadline } from '../../core/deadline.js'
import { type Failure, failure } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { lookupMx, type MxHost } from '../../net/mx.js'
import type { MailRoute } from './types.js'

/** A place to connect to. */
export type Hop =
  | { readonly kind: 'host'; readonly host: string; readonly port: number; readonly preference: number | null }
  | { readonly kind: 'path'; readonly path: string }

/**
 * The places to try, in order. For a domain those of its MX records, equal preferences in random order; the domain
 * itself where it has none (RFC 5321 section 5.1); a null MX is a plain no (RFC 7505).
 */
export async function hopsOf(
  route: MailRoute,
  options: { readonly deadline: Deadline; readonly signal: AbortSignal },
): Promise<Outcome<readonly Hop[]>> {
  if (route.kind === 'unix') return ok([{ kind: 'path', path: route.path }], 0)
  if (route.kind === 'server') return ok([hop(route.host, route.port, null)], 0)
  const { domain, port, dnsServer } = route
  const literal = readLiteral(domain)
  if (literal !== null) return ok([hop(literal, port, null)], 0)
  const found = await lookupMx(domain, { ...options, server: dnsServer ?? undefined })
  if (!found.ok) return fail(found.failure, found.elapsedMs)
  const hosts = found.value.filter(({ exchange }) => exchange !== '' && exchange !== '.')
  if (hosts.length === 0 && found.value.length > 0) return fail(nullMx(domain), found.elapsedMs)
  const hops = inOrder(hosts).map(({ exchange, preference }) => hop(exchange, port, preference))
  return ok(hops.length > 0 ? hops : [hop(domain, port, null)], found.elapsedMs)
}

function hop(host: string, port: number, preference: number | null): Hop {
  return { kind: 'host', host, port, preference }
}

function inOrder(hosts: readonly MxHost[]): MxHost[] {
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
    hint: 'the domain says so on purpose (RFC 7505); check the address',
  })
}
