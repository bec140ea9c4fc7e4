import type { Endpoint } from '../../../core/address/endpoint.js'
import type { Deadline } from '../../../core/deadline.js'
import { type Attempt, withAttempts } from '../../../core/failure.js'
import { fail, type Outcome, ok } from '../../../core/outcome.js'
import type { Socket } from '../../../net/connect/attempt.js'
import { dial } from '../../../net/connect/dial.js'
import { dialPath } from '../../../net/connect/dial-path.js'
import { startTls, type TlsSession } from '../../../net/tls/client.js'
import type { SmtpConnectedEvent, SmtpSendEvent, SmtpSendOptions } from '../types.js'
import type { Hop, MxSource } from './route.js'

export interface Reached {
  readonly socket: Socket
  readonly endpoint: Endpoint
  readonly localAddress: string | null
  readonly lookupMs: number
  readonly connectMs: number
  /** TLS that stands already (port 465). */
  readonly session: TlsSession | null
  /** The addresses that were tried, the one connected to among them. */
  readonly attempts: readonly Attempt[]
}

interface ReachContext {
  readonly deadline: Deadline
  readonly signal: AbortSignal
  emit(event: SmtpSendEvent): void
}

/** Connects to a hop, with TLS where it is to be there from the first byte on. */
export async function reach(
  hop: Hop,
  { reach: settings, security, tls }: SmtpSendOptions,
  { deadline, signal, emit }: ReachContext,
  startedAt: number,
): Promise<Outcome<Reached>> {
  const within = deadline.within(settings.timeoutMs)
  const connected = hop.kind === 'path' ? await viaPath(hop.path) : await viaAddress(hop.host, hop.port, hop.mx)
  if (!connected.ok || security !== 'implicit') return connected
  const { socket, endpoint, attempts } = connected.value
  const outcome = await startTls(socket, endpoint, { ...tls, deadline: within, signal })
  if (!outcome.ok) return fail(withAttempts(outcome.failure, attempts), connected.elapsedMs + outcome.elapsedMs)
  const session = outcome.value
  return ok({ ...connected.value, socket: session.socket, session }, connected.elapsedMs + outcome.elapsedMs)

  async function viaPath(path: string): Promise<Outcome<Reached>> {
    const outcome = await dialPath(path, { deadline: within, signal })
    if (!outcome.ok) return fail(outcome.failure, outcome.elapsedMs)
    const { socket, connectMs, attempts } = outcome.value
    const times = { lookupMs: 0, connectMs }
    emit({ ...NOWHERE, ...times, atMs: performance.now() - startedAt, path })
    const endpoint: Endpoint = { host: null, address: null, port: null, path }
    return ok({ socket, endpoint, localAddress: null, ...times, session: null, attempts }, outcome.elapsedMs)
  }

  async function viaAddress(host: string, port: number, mx: MxSource | null): Promise<Outcome<Reached>> {
    const found = mx && (await mx.find(within))
    if (mx) {
      const { addresses, alias } = found?.value ?? { addresses: [], alias: null }
      const { domain, preference } = mx
      emit({
        type: 'mx',
        domain,
        exchange: host,
        preference,
        addresses: addresses.map(({ address }) => address),
        alias,
      })
    }
    if (found && !found.ok) return fail(found.failure, found.elapsedMs)
    const outcome = await dial(host, port, {
      ...settings,
      addresses: found?.value.addresses,
      deadline: within,
      signal,
      onAttempt: (attempt) => emit({ type: 'attempt', host, ...attempt }),
    })
    if (!outcome.ok) return fail(outcome.failure, outcome.elapsedMs)
    const { socket, address, localAddress, localPort, connectMs, attempts } = outcome.value
    const lookupMs = outcome.value.lookupMs + (found?.elapsedMs ?? 0)
    // A dialogue of short lines must not wait for the acknowledgement of the line before.
    socket.setNoDelay(true)
    const atMs = performance.now() - startedAt
    emit({ type: 'connected', atMs, host, port, address, path: null, localAddress, localPort, lookupMs, connectMs })
    const endpoint: Endpoint = { host, address, port, path: null }
    return ok({ socket, endpoint, localAddress, lookupMs, connectMs, session: null, attempts }, outcome.elapsedMs)
  }
}

const NOWHERE: Omit<SmtpConnectedEvent, 'atMs' | 'path' | 'lookupMs' | 'connectMs'> = {
  type: 'connected',
  host: null,
  port: null,
  address: null,
  localAddress: null,
  localPort: null,
}
