import type { Endpoint } from '../../core/address/endpoint.js'
import { formatEndpoint } from '../../core/address/endpoint.js'
import { type Attempt, abortFailure, withAttempts } from '../../core/failure.js'
import type { OperationContext } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import type { Socket } from '../../net/connect/attempt.js'
import { dial } from '../../net/connect/dial.js'
import { dialPath } from '../../net/connect/dial-path.js'
import type { ConnectedEvent, Peer, RawHttpEvent, RawHttpOptions } from './types.js'

/** A connection that a request may be sent on, and when each step to it was done, in milliseconds since `startedAt`. */
export interface Opened {
  readonly socket: Socket
  readonly endpoint: Endpoint
  readonly secure: boolean
  readonly startedAt: number
  readonly lookupDoneMs: number | null
  readonly connectDoneMs: number
  readonly tlsDoneMs: number | null
  /** The addresses that were tried, the one connected to among them. */
  readonly attempts: readonly Attempt[]
}

export function peerName(peer: Peer): string {
  return peer.kind === 'unix' ? `unix:${peer.path}` : formatEndpoint(peer.host, peer.port)
}

/** Looks up, connects and speaks TLS, all within the time allowed to reach the peer. */
export async function open(
  { peer, reach, tls }: RawHttpOptions,
  { signal, deadline, emit }: OperationContext<RawHttpEvent>,
): Promise<Outcome<Opened>> {
  const startedAt = performance.now()
  const elapsed = () => performance.now() - startedAt
  const within = deadline.within(reach.timeoutMs)
  if (signal.aborted) return fail(abortFailure('connect'), 0)

  const made = await connectTo(peer, { ...reach, deadline: within, signal, lends: true }, emit)
  if (!made.ok) return fail(made.failure, elapsed())
  const { socket, endpoint, lookupMs, fields, attempts } = made.value
  const steps = { endpoint, startedAt, lookupDoneMs: lookupMs, connectDoneMs: elapsed(), attempts }
  if (!tls) {
    emit({ ...fields, tlsMs: null, tls: null })
    return ok({ ...steps, socket, secure: false, tlsDoneMs: null }, elapsed())
  }
  const { startTls } = await import('../../net/tls/client.js')
  const secured = await startTls(socket, endpoint, { ...tls, deadline: within, signal })
  if (!secured.ok) return fail(withAttempts(secured.failure, attempts), elapsed())
  emit({ ...fields, tlsMs: secured.value.tlsMs, tls: secured.value.report })
  return ok({ ...steps, socket: secured.value.socket, secure: true, tlsDoneMs: elapsed() }, elapsed())
}

interface Made {
  readonly socket: Socket
  readonly endpoint: Endpoint
  readonly lookupMs: number | null
  readonly attempts: readonly Attempt[]
  readonly fields: Omit<ConnectedEvent, 'tls' | 'tlsMs'>
}

async function connectTo(
  peer: Peer,
  options: NonNullable<Parameters<typeof dial>[2]>,
  emit: (event: RawHttpEvent) => void,
): Promise<Outcome<Made>> {
  if (peer.kind === 'unix') {
    const { path } = peer
    const made = await dialPath(path, options)
    if (!made.ok) return fail(made.failure, made.elapsedMs)
    const { socket, connectMs, attempts } = made.value
    const nowhere = { host: null, port: null, address: null, localAddress: null, localPort: null, lookupMs: null }
    const fields = { type: 'connected', ...nowhere, path, connectMs } as const
    const endpoint = { host: null, address: null, port: null, path }
    return ok({ socket, endpoint, lookupMs: null, fields, attempts }, connectMs)
  }
  const { host, port } = peer
  const onAttempt = (attempt: Parameters<NonNullable<typeof options.onAttempt>>[0]) =>
    emit({ type: 'attempt', host, ...attempt })
  const made = await dial(host, port, { ...options, onAttempt })
  if (!made.ok) return fail(made.failure, made.elapsedMs)
  const { socket, address, localAddress, localPort, lookupMs, connectMs, attempts } = made.value
  const local = { address, path: null, localAddress, localPort, lookupMs, connectMs }
  const fields = { type: 'connected', host, port, ...local } as const
  return ok({ socket, endpoint: { host, address, port, path: null }, lookupMs, fields, attempts }, made.elapsedMs)
}
