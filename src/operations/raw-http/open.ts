import { formatEndpoint } from '../../core/address/endpoint.js'
import { abortFailure, type Failure, failure } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
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
  { peer, reach: { timeoutMs, ...ends }, tls, request }: RawHttpOptions,
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
  const alpn = reached.tls?.report.alpn ?? null
  // Raw bytes may be of any protocol.
  if (alpn !== null && !OF_HTTP_1.has(alpn) && request.kind === 'fields') {
    const agreed = agreedOnOther(peer, alpn)
    reached.stream.end('error', agreed)
    return fail({ ...agreed, endpoint: reached.endpoint, attempts: reached.attempts }, elapsed())
  }
  return ok({ ...reached, startedAt, connectDoneMs, tlsDoneMs: reached.tls && elapsed() }, elapsed())
}

/** The names under which ALPN offers what is spoken here (RFC 7301 6, RFC 9112 12.4). */
const OF_HTTP_1: ReadonlySet<string> = new Set(['http/1.1', 'http/1.0', 'http/0.9'])

/** We offered it, and the peer took us at our word. */
function agreedOnOther(peer: HttpPeer, alpn: string): Failure {
  const message = `${alpn} was offered, and ${peerName(peer)} chose it: HTTP/1 cannot be sent over it, and nothing was sent`
  const hinted = hint('HTTP/1 alone is spoken here: offer http/1.1, or nothing', 'alpn')
  return failure({ phase: 'tls', origin: 'expectation', code: 'ALPN_NOT_HTTP1', message, ...hinted })
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
