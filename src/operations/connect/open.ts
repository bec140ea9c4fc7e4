import type { Deadline } from '../../core/deadline.js'
import { type Attempt, type Failure, withAttempts } from '../../core/failure.js'
import type { OperationContext } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { UsageError } from '../../core/usage-error.js'
import { type Connection, type DialOptions, dial } from '../../net/connect/dial.js'
import { dialPath } from '../../net/connect/dial-path.js'
import { proxyName, throughProxy } from '../../net/connect/proxy.js'
import { starttls } from '../../net/connect/starttls.js'
import type { SessionMode } from './session-types.js'
import { targetName, unixPath } from './target.js'
import type { ConnectEvent, ConnectedEvent, HostPort, ReachOptions } from './types.js'

type Socket = Connection['socket']

export interface Opened {
  readonly socket: Socket
  readonly connected: ConnectedEvent
  /** The addresses that were tried, the one connected to among them. */
  readonly attempts: readonly Attempt[]
}

/** What a connection has that knows neither proxy nor TLS. */
export const PLAIN = { proxy: null, proxyMs: null, tlsMs: null, tls: null } as const

/** Connects one stream all the way: address, proxy, the words before TLS, TLS; within one timeout. */
export async function open(
  target: HostPort,
  mode: SessionMode,
  reach: ReachOptions,
  { signal, deadline, emit }: OperationContext<ConnectEvent>,
): Promise<Outcome<Opened>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const within = deadline.within(reach.timeoutMs)
  const name = targetName(target)
  const { host, port } = target
  const { proxy } = mode
  // Loaded only here: node:tls costs every other connection start-up time.
  const tls = mode.tls && (await import('../../net/tls/client.js'))
  const unusable = mode.tls && tls?.checkCredentials(mode.tls)
  if (unusable) return fail(unusable, elapsed())

  const base = await connectTo(proxy ?? target, { ...reach, deadline: within, signal }, (made) =>
    emit({ type: 'attempt', host: proxy?.host ?? host, ...made }),
  )
  if (!base.ok && proxy) {
    const message = `the proxy ${proxyName(proxy)} cannot be reached: ${base.failure.message}`
    return fail({ ...base.failure, message }, elapsed())
  }
  if (!base.ok) return base
  let { socket } = base.value
  const { attempts } = base.value
  const refuse = (failed: Failure) => fail(withAttempts(failed, attempts), elapsed())
  let connected: ConnectedEvent = { ...base.value.connected, host, port }
  const endpoint = { host: unixPath(target) === null ? host : null, address: null, port, path: unixPath(target) }
  const common = { endpoint, deadline: within, signal }

  if (proxy) {
    const through = await throughProxy(socket, proxy, target, common)
    if (!through.ok) return refuse(through.failure)
    socket = through.value
    connected = { ...connected, proxy: proxyName(proxy), proxyMs: through.elapsedMs }
  }
  if (mode.starttls) {
    const ready = await starttls(socket, mode.starttls, { ...common, phase: 'tls', name })
    if (!ready.ok) return refuse(ready.failure)
    socket = ready.value
  }
  if (mode.tls && tls) {
    const secure = await tls.startTls(socket, endpoint, { ...mode.tls, deadline: within, signal })
    if (!secure.ok) {
      if (secure.value) emit({ type: 'untrusted', host, port, tls: secure.value.report })
      return refuse(secure.failure)
    }
    socket = secure.value.socket
    connected = { ...connected, tlsMs: secure.value.tlsMs, tls: secure.value.report }
  }
  return ok({ socket, connected, attempts }, elapsed())
}

/** One stream to an address or a path, without anything on top. */
export async function connectTo(
  target: HostPort,
  options: DialOptions & { readonly deadline: Deadline },
  onAttempt: NonNullable<DialOptions['onAttempt']>,
): Promise<Outcome<Opened>> {
  const { host, port } = target
  const path = unixPath(target)
  if (path === null) {
    const outcome = await dial(host, port, { ...options, onAttempt })
    if (!outcome.ok) return fail(outcome.failure, outcome.elapsedMs)
    const { socket, address, localAddress, localPort, lookupMs, connectMs, attempts } = outcome.value
    const ends = { host, port, address, localAddress, localPort, lookupMs, connectMs }
    return ok({ socket, connected: { type: 'connected', ...ends, ...PLAIN }, attempts }, outcome.elapsedMs)
  }
  if (options.sourceAddress || options.sourcePort !== undefined || options.family) {
    throw new UsageError(`${host}: a Unix socket has neither an address family nor a source address`, '<endpoint>')
  }
  const outcome = await dialPath(path, options)
  const { elapsedMs } = outcome
  const { attempts } = outcome.ok ? outcome.value : outcome.failure
  for (const each of attempts) onAttempt(each)
  if (!outcome.ok) return fail(outcome.failure, elapsedMs)
  const { socket, connectMs } = outcome.value
  const ends = { host, port, address: host, localAddress: null, localPort: null, lookupMs: 0, connectMs }
  return ok({ socket, connected: { type: 'connected', ...ends, ...PLAIN }, attempts }, elapsedMs)
}
