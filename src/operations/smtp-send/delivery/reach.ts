import type { OperationContext } from '../../../core/operation.js'
import { fail, type Outcome, ok } from '../../../core/outcome.js'
import { type Reached, type ReachTarget, reach } from '../../../net/connect/reach.js'
import type { SmtpSendEvent, SmtpSendOptions } from '../types.js'
import type { Hop } from './route.js'

export type SmtpContext = OperationContext<SmtpSendEvent>

/** A mail server that is connected to. */
export interface ReachedServer extends Reached {
  /** All look-ups together, in milliseconds. */
  readonly lookupMs: number
}

/** Connects to a hop, with TLS where it is to be there from the first byte on. `startedAt` is the operation's own start. */
export async function reachHop(
  hop: Hop,
  { reach: settings, security, tls }: SmtpSendOptions,
  { deadline, signal, emit }: SmtpContext,
  startedAt: number,
): Promise<Outcome<ReachedServer>> {
  const within = deadline.within(settings.timeoutMs)
  const found = hop.kind === 'host' && hop.mx ? await hop.mx.find(within) : null
  if (hop.kind === 'host' && hop.mx) {
    const { domain, preference } = hop.mx
    const { addresses, alias } = found?.value ?? { addresses: [], alias: null }
    const each = addresses.map(({ address }) => address)
    emit({ type: 'mx', domain, exchange: hop.host, preference, addresses: each, alias })
  }
  if (found && !found.ok) return fail(found.failure, found.elapsedMs)
  const { host, port, path } = hop.kind === 'host' ? { ...hop, path: null } : { ...hop, host: null, port: null }
  const target: ReachTarget = hop.kind === 'host' ? { host: hop.host, port: hop.port } : { path: hop.path }
  const lookupMsOf = (reached: Reached) => (reached.lookupMs ?? 0) + (found?.elapsedMs ?? 0)

  const outcome = await reach(target, {
    ...settings,
    addresses: found?.value.addresses,
    deadline: within,
    signal,
    tls: security === 'implicit' ? tls : null,
    // What a mail server has taken its replies tell.
    patienceMs: 0,
    onAttempt: host === null ? undefined : (attempt) => emit({ type: 'attempt', host, ...attempt }),
    onConnected: (reached) => {
      const { address, localAddress, localPort, connectMs } = reached
      const atMs = performance.now() - startedAt
      const times = { atMs, lookupMs: lookupMsOf(reached), connectMs }
      emit({ type: 'connected', host, port, address, path, localAddress, localPort, ...times })
    },
  })
  if (!outcome.ok) return fail(outcome.failure, outcome.elapsedMs)
  return ok({ ...outcome.value, lookupMs: lookupMsOf(outcome.value) }, outcome.elapsedMs)
}
