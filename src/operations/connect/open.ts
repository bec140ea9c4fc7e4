import type { OperationContext } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { UsageError } from '../../core/usage-error.js'
import { proxyName } from '../../net/connect/proxy.js'
import { type Reached, type ReachSettings, type ReachTarget, reach } from '../../net/connect/reach.js'
import type { Stream } from '../../net/stream/stream.js'
import type { SessionMode } from './session-types.js'
import { targetName, unixPath } from './target.js'
import type { ConnectConnectedEvent, ConnectEvent, ConnectReachOptions, HostPort } from './types.js'

export interface OpenStream {
  readonly stream: Stream
  readonly connected: ConnectConnectedEvent
  readonly attempts: Reached['attempts']
}

/** What a connection has that knows neither proxy nor TLS. */
export const PLAIN = { proxy: null, proxyMs: null, tlsMs: null, tls: null } as const

/** Connects one stream all the way: address, proxy, the words before TLS, TLS; within one timeout. */
export async function openSession(
  target: HostPort,
  { proxy, starttls, tls }: SessionMode,
  options: ConnectReachOptions,
  { signal, deadline, emit }: OperationContext<ConnectEvent>,
): Promise<Outcome<OpenStream>> {
  const { host, port } = target
  const within = deadline.within(options.timeoutMs)
  const outcome = await openStream(target, {
    ...options,
    ...{ proxy, starttls, tls, deadline: within, signal },
    onAttempt: (made) => emit({ type: 'attempt', host: proxy?.host ?? host, ...made }),
  })
  if (outcome.ok) return outcome
  const untrusted = outcome.value?.connected.tls
  if (untrusted) emit({ type: 'untrusted', host, port, tls: untrusted })
  return outcome
}

/** One stream to an address or a path. Where TLS is not with whom it should be, the value has what was agreed on. */
export async function openStream(target: HostPort, settings: ReachSettings): Promise<Outcome<OpenStream>> {
  const { host, port } = target
  const path = unixPath(target)
  if (path !== null && (settings.sourceAddress || settings.sourcePort !== undefined || settings.family)) {
    throw new UsageError(`${host}: a Unix socket has neither an address family nor a source address`, 'endpoints')
  }
  const to: ReachTarget = path === null ? { host, port } : { path }
  const outcome = await reach(to, { name: targetName(target), ...settings })
  if (outcome.ok) return ok(describe(target, outcome.value, settings), outcome.elapsedMs)
  return fail(outcome.failure, outcome.elapsedMs, outcome.value && describe(target, outcome.value, settings))
}

function describe({ host, port }: HostPort, reached: Reached, { proxy }: ReachSettings): OpenStream {
  const { stream, address, localAddress, localPort, lookupMs, connectMs, proxyMs, tls, attempts } = reached
  const ends = { host, port, address: address ?? host, localAddress, localPort, lookupMs: lookupMs ?? 0, connectMs }
  const way = { proxy: proxy ? proxyName(proxy) : null, proxyMs, tlsMs: tls?.tlsMs ?? null, tls: tls?.report ?? null }
  return { stream, connected: { type: 'connected', ...ends, ...way }, attempts }
}
