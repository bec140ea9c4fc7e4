import { createSocket, type Socket } from 'node:dgram'
import { Deadline } from '../core/deadline.js'
import type { Endpoint } from '../core/endpoint.js'
import { formatEndpoint } from '../core/endpoint.js'
import { abortFailure, deadlineFailure, fromNodeError } from '../core/failure.js'
import { fail, type Outcome, ok } from '../core/outcome.js'
import type { ResolvedAddress } from './lookup.js'

export interface DatagramOptions {
  readonly sourceAddress?: ResolvedAddress | undefined
  readonly sourcePort?: number | undefined
  readonly deadline?: Deadline | undefined
  readonly signal?: AbortSignal | undefined
}

export interface DatagramConnection {
  /** Connected: it sends to and hears from one peer alone, and learns of ECONNREFUSED (udp(7)). */
  readonly socket: Socket
  readonly localAddress: string
  readonly localPort: number
  readonly connectMs: number
}

/** connect(2) on a UDP socket. Nothing is sent: it says only that this machine has a route. */
export function dialDatagram(
  host: string,
  port: number,
  { address, family }: ResolvedAddress,
  options: DatagramOptions = {},
): Promise<Outcome<DatagramConnection>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const { sourceAddress, sourcePort, deadline = Deadline.never, signal } = options
  const endpoint: Endpoint = { host, address, port, path: null }
  const name = formatEndpoint(address, port)

  return new Promise((resolve) => {
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
    const settle = (outcome: Outcome<DatagramConnection>) => {
      callOff()
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', onError)
      if (!outcome.ok) socket.on('error', () => {}).close()
      resolve(outcome)
    }
    const onError = (error: Error) => {
      const { syscall } = error as NodeJS.ErrnoException
      const base = fromNodeError(error, syscall === 'bind' ? 'bind' : 'connect', { endpoint })
      settle(fail({ ...base, message: `cannot reach ${name} over UDP: ${base.message}` }, elapsed()))
    }
    const onAbort = () =>
      settle(fail(abortFailure('connect', `reaching ${name} was interrupted`, { endpoint }), elapsed()))
    const callOff = deadline.onExpire(() =>
      settle(fail(deadlineFailure('connect', `no time was left to reach ${name}`, { endpoint }), elapsed())),
    )
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('error', onError)
    socket.bind({ port: sourcePort ?? 0, ...(sourceAddress && { address: sourceAddress.address }) }, () => {
      socket.connect(port, address, (error?: Error) => {
        if (error) return onError(error)
        const local = socket.address()
        settle(ok({ socket, localAddress: local.address, localPort: local.port, connectMs: elapsed() }, elapsed()))
      })
    })
  })
}
