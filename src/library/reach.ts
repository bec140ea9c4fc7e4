import { parseAddress } from '../core/address/address.js'
import { Deadline } from '../core/deadline.js'
import type { Outcome } from '../core/outcome.js'
import { UsageError } from '../core/usage-error.js'
import { connectEx as connectExInner } from '../net/connect/connect-ex.js'
import { type Connection, dial as dialInner } from '../net/connect/dial.js'
import { type Family, lookup as lookupInner, type ResolvedAddress } from '../net/connect/lookup.js'
import type { TlsOptions as InnerTls } from '../net/tls/client.js'
import { type OptionsReader, readOptions, readSignal } from './options.js'

/** How a peer is reached. */
export interface ReachOptions {
  /** Only addresses of that family; both where it is left out. */
  readonly family?: Family | undefined
  /** Local address to connect from, a literal one; its family then decides which addresses are tried. */
  readonly sourceAddress?: string | undefined
  readonly sourcePort?: number | undefined
  /**
   * Milliseconds for each try to reach a peer: lookup, connect and TLS together. Default 5000, and for the lookup what the
   * system's own settings give it (resolv.conf(5)).
   */
  readonly timeoutMs?: number | undefined
}

/** Whom to believe, and as whom to come, in TLS. */
export interface TlsOptions {
  /** Name to ask for (SNI) and to verify; the host where it is left out. Empty sends none. */
  readonly servername?: string | undefined
  /** PEM. Trusted instead of the system's authorities. */
  readonly ca?: string | undefined
  /** PEM of the client's certificate chain. */
  readonly cert?: string | undefined
  /** PEM of its private key, without passphrase. */
  readonly key?: string | undefined
  /** Protocols to offer (RFC 7301), the best first. */
  readonly alpn?: readonly string[] | undefined
  /** Goes on where verification fails, and reports why it did. */
  readonly insecure?: boolean | undefined
}

const DEFAULT_TIMEOUT_MS = 5000

/** What {@link ReachOptions} say. */
export function readReach(options: OptionsReader<ReachOptions>, timeoutMs = DEFAULT_TIMEOUT_MS) {
  const given = options.positive('timeoutMs')
  return { ...readSource(options), timeoutMs: given ?? timeoutMs, systemTime: given === undefined }
}

function readSource(options: OptionsReader<ReachOptions>) {
  return {
    family: options.choice('family', [4, 6] as const),
    sourceAddress: readSourceAddress(options.text('sourceAddress')),
    sourcePort: options.integer('sourcePort', { min: 0, max: 65535 }),
  }
}

function readSourceAddress(text: string | undefined): ResolvedAddress | undefined {
  if (text === undefined) return undefined
  const address = parseAddress(text)
  if (!address) throw UsageError.of('sourceAddress', text, 'a literal address of this machine')
  return { address: text, family: address.family }
}

/** What {@link TlsOptions} say. */
export function readTls(options: OptionsReader<TlsOptions>): Omit<InnerTls, 'deadline' | 'signal'> {
  const alpn = options.value('alpn') === undefined ? undefined : options.texts('alpn')
  const [cert, key] = [options.text('cert'), options.text('key')]
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('cert and key go together', 'cert')
  const tls = { servername: options.text('servername'), ca: options.text('ca'), cert, key, alpn }
  return { ...tls, insecure: options.boolean('insecure') }
}

/** True, or TLS with these options; undefined without TLS. */
export function readOptionalTls<Options extends { readonly tls?: boolean | TlsOptions | undefined }>(
  options: OptionsReader<Options>,
): ReturnType<typeof readTls> | undefined {
  const tls = options.value('tls')
  if (tls === undefined || tls === false) return undefined
  return readOptions('tls', tls === true ? {} : (tls as TlsOptions), readTls)
}

/** Bounds of one call that has no events. */
export interface CallOptions {
  /** Ends it early, as ECANCELED. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for all of it, 0 or more; where it is left out the system gives up by itself. */
  readonly timeoutMs?: number | undefined
}

/** What {@link dial} and {@link connectEx} take. */
export interface DialOptions extends CallOptions, Omit<ReachOptions, 'timeoutMs'> {}

/** What {@link lookup} takes. */
export interface LookupOptions extends CallOptions {
  /** Only addresses of this family; both where it is left out. */
  readonly family?: Family | undefined
}

/**
 * connect_ex as BSD and Python have it: tries to connect, closes again, and resolves to one number, whatever a network
 * does.
 *
 * Returns 0 when connected; the errno of connect(2) or bind(2), > 0; EAGAIN when `timeoutMs` ran out (the kernel's own
 * giving up is ETIMEDOUT); ECANCELED when `signal` was aborted; the getaddrinfo(3) code, < 0, when the name does not
 * resolve. Rejects with UsageError for misuse alone.
 *
 *     const errno = await connectEx('localhost', 5432, { timeoutMs: 2000 })
 */
export async function connectEx(host: string, port: number, options: DialOptions = {}): Promise<number> {
  const timeoutMs = options === null ? undefined : options.timeoutMs
  return connectExInner(host, port, { ...readDial('connectEx', options), timeoutMs })
}

/**
 * Resolves a host and connects to it: its addresses are raced with a head start of 250 ms each, families alternating
 * (RFC 8305); the first to connect wins, and every attempt is kept. The socket is paused and half-open; who gets it listens
 * for its `error`. Rejects with UsageError for misuse alone.
 *
 *     const outcome = await dial('localhost', 5432, { timeoutMs: 2000 })
 *     if (outcome.ok) outcome.value.socket.end()
 *     else console.log(outcome.failure.code, outcome.failure.attempts)
 */
export async function dial(host: string, port: number, options: DialOptions = {}): Promise<Outcome<Connection>> {
  return dialInner(host, port, readDial('dial', options))
}

/**
 * getaddrinfo(3): the addresses of a host, in the system's order (RFC 6724). Literal addresses never reach the resolver.
 * Rejects with UsageError for what can be neither a name nor an address.
 *
 *     const outcome = await lookup('localhost', { family: 4 })
 */
export async function lookup(host: string, options: LookupOptions = {}): Promise<Outcome<ResolvedAddress[]>> {
  const read = readOptions('lookup', options, (reader) => ({
    ...readCall(reader),
    family: reader.choice('family', [4, 6] as const),
  }))
  return lookupInner(host, read)
}

function readDial(what: string, options: DialOptions) {
  return readOptions(what, options, (reader) => ({ ...readCall(reader), ...readSource(reader) }))
}

function readCall(options: OptionsReader<CallOptions>) {
  const timeoutMs = options.value('timeoutMs') ?? null
  if (timeoutMs !== null && !(typeof timeoutMs === 'number' && timeoutMs >= 0))
    throw UsageError.of('timeoutMs', String(timeoutMs), 'a number of milliseconds, 0 or more')
  return { deadline: Deadline.after(timeoutMs), signal: readSignal(options) }
}
