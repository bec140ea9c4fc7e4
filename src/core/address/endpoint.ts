import { UsageError } from '../usage-error.js'
import { isAddress } from './address.js'
import { checkHost, type Host } from './host-name.js'

/** One end of a conversation, as far as it is known. */
export interface Endpoint {
  /** As its user wrote it: a name, a literal address; null for a path. */
  readonly host: string | null
  /** The literal address that was used, once known. */
  readonly address: string | null
  readonly port: number | null
  /** A Unix socket's path, or null. */
  readonly path: string | null
}

const SCHEMES = ['tcp', 'tls', 'udp', 'http', 'https'] as const
const DEFAULT_PORTS: Partial<Record<string, number>> = { http: 80, https: 443 }

/** Which endpoints go somewhere: schemes of URLs, and all of it in words. A host alone and `unix:PATH` are always read. */
export interface EndpointForm {
  readonly schemes: readonly Scheme[]
  readonly text: string
}

type Scheme = (typeof SCHEMES)[number]
const ANY: EndpointForm = {
  schemes: SCHEMES,
  text: 'host:port, [::1]:80, unix:PATH or a URL (tcp, tls, udp, http, https)',
}

/** An endpoint as it was written on a command line; what was not written is null. */
export interface EndpointText {
  readonly scheme: Scheme | 'unix' | null
  /** Checked: a name in ASCII or a canonical address, without brackets. */
  readonly host: string | null
  /** 1 to 65535; the scheme's own where a URL has one (http 80, https 443). */
  readonly port: number | null
  /** Of `unix:PATH` the path; of an http or https URL path and query, which begin with `/`; else null. */
  readonly path: string | null
}

/** A port to connect to, 1 to 65535. @throws UsageError for anything but plain decimal digits in that range. */
export function parsePort(text: string, argument: string): number {
  const port = readPort(text)
  if (port === null || port === 0) throw UsageError.of(argument, text, 'a port, 1 to 65535')
  return port
}

/** A port to bind, where 0 lets the system choose. @throws UsageError as {@link parsePort} does. */
export function parseListenPort(text: string, argument: string): number {
  const port = readPort(text)
  if (port === null) throw UsageError.of(argument, text, 'a port, 1 to 65535, or 0 for a free one')
  return port
}

/**
 * Reads `host`, `host:port`, `[v6]:port`, a bare IPv6 address, `unix:PATH` and tcp, tls, udp, http and https URLs.
 * A text with colons that is a whole IPv6 address is that address: a port then needs brackets.
 * @throws UsageError for everything else, which says what `form` takes, and for URLs with credentials or, outside http,
 * with a path.
 */
export function parseEndpoint(text: string, argument: string, form: EndpointForm = ANY): EndpointText {
  if (/^unix:/i.test(text)) return parseUnix(text, argument)
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)(?:#.*)?$/is.exec(text)
  if (!url) return { scheme: null, ...parseAuthority(text, text, argument, form), path: null }
  const [, name = '', authority = '', rest = ''] = url
  const scheme = form.schemes.find((known) => known === name.toLowerCase())
  if (!scheme) throw UsageError.of(argument, text, form.text)
  // The credentials themselves stay out of whatever keeps this message.
  if (authority.includes('@')) throw new UsageError(`${argument}: a URL with credentials: leave them out`, argument)
  const { host, port } = parseAuthority(authority, text, argument, form)
  const path = scheme.startsWith('http') ? parsePath(rest, text, argument) : null
  if (path === null && rest !== '' && rest !== '/') throw UsageError.of(argument, text, `${scheme}://host:port alone`)
  return { scheme, host, port: port ?? DEFAULT_PORTS[scheme] ?? null, path }
}

/** `host:port`, an IPv6 address in brackets (RFC 3986 section 3.2.2). */
export function formatEndpoint(host: string, port: number): string {
  return isAddress(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

function readPort(text: string): number | null {
  const port = /^(0|[1-9]\d{0,4})$/.test(text) ? Number(text) : Number.NaN
  return port <= 65535 ? port : null
}

function parseUnix(text: string, argument: string): EndpointText {
  // unix:///run/x.sock is what other tools print; the path there is /run/x.sock.
  const path = text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '')
  if (path === '' || path.includes('\0')) throw UsageError.of(argument, text, 'unix: and the path of a socket')
  return { scheme: 'unix', host: null, port: null, path }
}

function parseAuthority(
  authority: string,
  text: string,
  argument: string,
  form: EndpointForm,
): { host: string; port: number | null } {
  if (isAddress(authority) !== 0) return { host: hostText(checkHost(authority, argument)), port: null }
  const bracketed = /^\[(.*)\](?::(.*))?$/s.exec(authority)
  const plain = /^([^:[\]]+)(?::([^:]*))?$/s.exec(authority)
  const [, inner, digits] = bracketed ?? plain ?? []
  if (inner === undefined) throw UsageError.of(argument, text, form.text)
  if (bracketed && isAddress(inner) !== 6) throw UsageError.of(argument, text, 'an IPv6 address in brackets')
  const host = hostText(checkHost(inner, argument))
  if (digits === undefined) return { host, port: null }
  const port = readPort(digits)
  // The whole text is named: digits alone would not show where the mistake is.
  if (port === null || port === 0) throw UsageError.of(argument, text, 'a host and a port of 1 to 65535')
  return { host, port }
}

function parsePath(rest: string, text: string, argument: string): string | null {
  if (rest === '') return null
  for (const char of rest) {
    if (char <= ' ' || char === '\x7f') throw UsageError.of(argument, text, 'a URL: write spaces as %20')
  }
  return rest.startsWith('/') ? rest : `/${rest}`
}

function hostText(host: Host): string {
  return host.kind === 'address' ? host.address : host.name
}
