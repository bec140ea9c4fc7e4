import { type Attempt, attemptAt, type Failure } from '../../core/failure.js'
import type { OperationContext } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { furthest } from '../../net/connect/dial.js'
import { lookup } from '../../net/connect/lookup.js'
import { type DatagramConnection, dialDatagram } from '../../net/datagram/session.js'
import { PLAIN } from './open.js'
import type { ConnectConnectedEvent, ConnectEvent, ConnectReachOptions, HostPort } from './types.js'

export interface OpenedDatagram {
  readonly socket: DatagramConnection['socket']
  readonly connected: ConnectConnectedEvent
  readonly attempts: readonly Attempt[]
}

/** A UDP socket connected to the first address that this machine has a route to. Nobody has answered then. */
export async function openDatagram(
  { host, port }: HostPort,
  reach: ConnectReachOptions,
  { signal, deadline, emit }: OperationContext<ConnectEvent>,
): Promise<Outcome<OpenedDatagram>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const step = deadline.within(reach.timeoutMs)
  const family = reach.sourceAddress?.family ?? reach.family
  const found = await lookup(host, { family, deadline: step, signal, systemTime: reach.systemTime })
  if (!found.ok) return fail(found.failure, elapsed())
  const within = reach.systemTime ? step.postponed(found.elapsedMs) : step

  const attempts: Attempt[] = []
  const failures: Failure[] = []
  for (const resolved of found.value) {
    const { address } = resolved
    const outcome = await dialDatagram(host, port, resolved, { ...reach, deadline: within, signal })
    const made = attemptAt(address, port, outcome.ok ? null : outcome.failure, outcome.elapsedMs)
    attempts.push(made)
    emit({ type: 'attempt', host, ...made })
    if (!outcome.ok) {
      failures.push(outcome.failure)
      continue
    }
    const { socket, localAddress, localPort, connectMs } = outcome.value
    const ends = { host, port, address, localAddress, localPort, lookupMs: found.elapsedMs, connectMs }
    return ok({ socket, connected: { type: 'connected', ...ends, ...PLAIN }, attempts }, elapsed())
  }
  return fail({ ...furthest(failures), attempts }, elapsed())
}
