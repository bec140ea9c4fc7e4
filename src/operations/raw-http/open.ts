import { formatEndpoint } from '../../core/address/endpoint.js'
import { abortFailure } from '../../core/failure.js'
import type { OperationContext } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { stopwatch } from '../../core/timer.js'
import { type Reached, reach } from '../../net/connect/reach.js'
import type { HttpPeer, RawHttpConnectedEvent, RawHttpEvent, RawHttpOptions } from './types.js'

/** A peer that has been reached, and when each step to it was done, in milliseconds since `startedAt`. */
export interface TimedReach extends Reached {
  /** On the clock of `performance.now()`. */
  readonly startedAt: number
  readonly connectDoneMs: number
  readonly tlsDoneMs: number | null
}

export function peerName(peer: HttpPeer): string {
  return peer.kind === 'unix' ? `unix:${peer.path}` : formatEndpoint(peer.host, peer.port)
}

/** Looks up, connects and speaks TLS, all within the time allowed to reach the peer. */
export async function openForRequest(
  { peer, reach: { timeoutMs, ...ends }, tls }: RawHttpOptions,
  { signal, deadline, emit }: OperationContext<RawHttpEvent>,
): Promise<Outcome<TimedReach>> {
  const startedAt = performance.now()
  const elapsed = stopwatch()
  if (signal.aborted) return fail(abortFailure('connect'), 0)
  let connectDoneMs = 0
  const outcome = await reach(peer.kind === 'unix' ? { path: peer.path } : peer, {
    ...ends,
    ...{ name: peerName(peer), tls, deadline: deadline.within(timeoutMs), signal, lends: true },
    onAttempt: (attempt) => {
      if (peer.kind === 'tcp') emit({ type: 'attempt', host: peer.host, ...attempt })
    },
    onConnected: () => {
      connectDoneMs = elapsed()
    },
  })
  if (!outcome.ok) return fail(outcome.failure, elapsed())
  const reached = outcome.value
  emit(connectedEvent(peer, reached))
  return ok({ ...reached, startedAt, connectDoneMs, tlsDoneMs: reached.tls && elapsed() }, elapsed())
}

function connectedEvent(
  peer: HttpPeer,
  { address, localAddress, localPort, lookupMs, connectMs, tls }: Reached,
): RawHttpConnectedEvent {
  const named =
    peer.kind === 'unix'
      ? { host: null, port: null, path: peer.path }
      : { host: peer.host, port: peer.port, path: null }
  const ends = { ...named, address, localAddress, localPort }
  return { type: 'connected', ...ends, lookupMs, connectMs, tlsMs: tls?.tlsMs ?? null, tls: tls?.report ?? null }
}
