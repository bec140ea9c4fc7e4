import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import type { Endpoint } from '../../core/address/endpoint.js'
import { type Failure, fromNodeError } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { stopwatch } from '../../core/timer.js'
import { type BindTarget, unmapped } from '../listen/bind.js'
import { bindFailure, checkReusePort } from '../listen/bind-failure.js'

export interface DatagramOptions {
  /** One datagram, and who sent it: recvfrom(2). */
  readonly onMessage: (bytes: Uint8Array, address: string, port: number) => void
  /** The socket failed; it goes on. */
  readonly onFailed?: (failure: Failure) => void
}

export interface DatagramListener {
  readonly address: string
  readonly port: number
  /** sendto(2). Resolves to null once handed to the system, else to why it was not. */
  send(bytes: Uint8Array, address: string, port: number): Promise<Failure | null>
  close(): Promise<void>
}

/** Binds a UDP socket. Fails as `bind` does. */
export async function bindDatagram(
  target: Extract<BindTarget, { kind: 'inet' }>,
  { onMessage, onFailed }: DatagramOptions,
): Promise<Outcome<DatagramListener>> {
  const elapsed = stopwatch()
  const { host, address, port, ipv6Only = false, reusePort = false } = target
  const endpoint: Endpoint = { host, address, port, path: null }
  const refused = reusePort ? checkReusePort(endpoint) : null
  if (refused) return fail(refused, elapsed())

  const v6 = address.includes(':')
  const socket = createSocket({ type: v6 ? 'udp6' : 'udp4', ...(v6 && { ipv6Only }), ...(reusePort && { reusePort }) })
  try {
    socket.bind({ address, port })
    await once(socket, 'listening')
  } catch (error) {
    socket.close()
    return fail(bindFailure(error, endpoint, 'udp'), elapsed())
  }
  const mapped = v6 && !ipv6Only
  socket.on('message', (bytes, from: RemoteInfo) => onMessage(bytes, unmapped(from.address) ?? from.address, from.port))
  socket.on('error', (error) => onFailed?.(fromNodeError(error, 'read', { endpoint })))
  const bound = socket.address()
  const send = (bytes: Uint8Array, to: string, toPort: number): Promise<Failure | null> =>
    new Promise((resolve) => {
      const literal = mapped && !to.includes(':') ? `::ffff:${to}` : to
      socket.send(bytes, toPort, literal, (error) => {
        resolve(
          error && fromNodeError(error, 'write', { endpoint: { host: null, address: to, port: toPort, path: null } }),
        )
      })
    })
  const close = () => new Promise<void>((resolve) => socket.close(() => resolve()))
  return ok({ address: bound.address, port: bound.port, send, close }, elapsed())
}
