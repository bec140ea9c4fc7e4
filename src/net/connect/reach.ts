import type { Endpoint } from '../../core/address/endpoint.js'
import type { Deadline } from '../../core/deadline.js'
import { type Attempt, withAttempts } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { stopwatch } from '../../core/timer.js'
import { Stream } from '../stream/stream.js'
import type { TlsOptions, TlsSession } from '../tls/client.js'
import { type DialOptions, dial } from './dial.js'
import { dialPath } from './dial-path.js'
import { type ProxyServer, proxyName, throughProxy } from './proxy.js'
import { type StarttlsProtocol, starttls } from './starttls.js'

/** Whom to reach: a host's port, or a Unix socket. */
export type ReachTarget = { readonly host: string; readonly port: number } | { readonly path: string }

export interface ReachSettings extends DialOptions {
  readonly deadline: Deadline
  /** Who it is, for messages of what is said on the way. */
  readonly name?: string | undefined
  readonly proxy?: ProxyServer | null | undefined
  /** What is spoken in the clear before TLS begins. */
  readonly starttls?: StarttlsProtocol | null | undefined
  readonly tls?: Omit<TlsOptions, 'deadline' | 'signal'> | null | undefined
  /** Told once the connection stands, before anything is said over it. */
  readonly onConnected?: ((reached: Reached) => void) | undefined
  /** How long the stream's end waits for an acknowledgement, in milliseconds; see {@link Stream}. */
  readonly patienceMs?: number | undefined
}

/** A stream that reaches all the way to its peer, and how each step went; times in milliseconds. */
export interface Reached {
  readonly stream: Stream
  readonly endpoint: Endpoint
  /** Null for a Unix socket, as are the next two. With a proxy, that of the proxy. */
  readonly address: string | null
  readonly localAddress: string | null
  readonly localPort: number | null
  readonly lookupMs: number | null
  readonly connectMs: number
  readonly proxyMs: number | null
  readonly tls: TlsSession | null
  /** The addresses that were tried, the one connected to among them. */
  readonly attempts: readonly Attempt[]
}

/**
 * Connects a stream all the way: lookup, address, proxy, the words before TLS, TLS; all within one deadline. Fails with
 * the attempts that led to the failure; where TLS was agreed on and not with whom it should be, the value has its session.
 */
export async function reach(target: ReachTarget, settings: ReachSettings): Promise<Outcome<Reached>> {
  const elapsed = stopwatch()
  const { proxy, signal, systemTime, name = 'the peer' } = settings
  // Loaded only here: node:tls costs every other connection start-up time.
  const tls = settings.tls && (await import('../tls/client.js'))
  const unusable = settings.tls && tls?.checkTlsCredentials(settings.tls)
  if (unusable) return fail(unusable, elapsed())

  const base = await connectTo(proxy ?? target, settings)
  if (!base.ok && proxy) {
    const message = `the proxy ${proxyName(proxy)} cannot be reached: ${base.failure.message}`
    return fail({ ...base.failure, message }, elapsed())
  }
  if (!base.ok) return base
  const endpoint: Endpoint = proxy && 'host' in target ? { ...target, address: null, path: null } : base.value.endpoint
  let reached: Reached = { ...base.value, endpoint }
  const { stream, attempts } = reached
  settings.onConnected?.(reached)
  const deadline = systemTime ? settings.deadline.postponed(reached.lookupMs ?? 0) : settings.deadline
  const common = { endpoint, deadline, signal }

  if (proxy && 'host' in target) {
    const through = await throughProxy(stream, proxy, target, common)
    if (!through.ok) return fail(withAttempts(through.failure, attempts), elapsed())
    reached = { ...reached, proxyMs: through.elapsedMs }
  }
  if (settings.starttls) {
    const ready = await starttls(stream, settings.starttls, { ...common, phase: 'tls', name })
    if (!ready.ok) return fail(withAttempts(ready.failure, attempts), elapsed())
  }
  if (settings.tls && tls) {
    const secured = await tls.secure(stream, endpoint, { ...settings.tls, deadline, signal })
    reached = { ...reached, tls: secured.value }
    if (!secured.ok) return fail(withAttempts(secured.failure, attempts), elapsed(), secured.value && reached)
  }
  return ok(reached, elapsed())
}

async function connectTo(target: ReachTarget, settings: ReachSettings): Promise<Outcome<Reached>> {
  const { patienceMs } = settings
  const nothing = { proxyMs: null, tls: null }
  if ('path' in target) {
    const { path } = target
    const made = await dialPath(path, settings)
    for (const each of made.ok ? made.value.attempts : made.failure.attempts) settings.onAttempt?.(each)
    if (!made.ok) return fail(made.failure, made.elapsedMs)
    const { socket, connectMs, attempts } = made.value
    const endpoint: Endpoint = { host: null, address: null, port: null, path }
    const nowhere = { address: null, localAddress: null, localPort: null, lookupMs: null }
    const stream = new Stream(socket, { patienceMs })
    return ok({ stream, endpoint, ...nowhere, connectMs, ...nothing, attempts }, made.elapsedMs)
  }
  const { host, port } = target
  const made = await dial(host, port, settings)
  if (!made.ok) return fail(made.failure, made.elapsedMs)
  const { socket, address, localAddress, localPort, lookupMs, connectMs, attempts } = made.value
  const endpoint: Endpoint = { host, address, port, path: null }
  const ends = { address, localAddress, localPort, lookupMs, connectMs }
  return ok({ stream: new Stream(socket, { patienceMs }), endpoint, ...ends, ...nothing, attempts }, made.elapsedMs)
}
