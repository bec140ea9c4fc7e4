import { createSocket, type Socket } from 'node:dgram'
import { formatEndpoint } from '../../core/address/endpoint.js'
import type { ResolvedAddress } from '../connect/lookup.js'
import { withNamedZone, zoneError } from '../connect/zone.js'
import { messageOf, type WrittenExchange } from './exchange.js'

export interface UdpPortOptions {
  readonly server: ResolvedAddress
  readonly port: number
  readonly sourceAddress?: ResolvedAddress | undefined
  readonly sourcePort?: number | undefined
}

export interface UdpPortEvents {
  /** A datagram, which ends before `end` and had come by `now`, clock of `performance.now()`. Its octets are lent. */
  received(bytes: Uint8Array, end: number, now: number): void
  /** The same from another address or port than was asked, see {@link openWideUdpPort}: nothing can trust it. */
  elsewhere?(from: string, bytes: Uint8Array): void
  /** The server's port is closed, the way to it is gone, the socket is of no more use: all that wait at it wait in vain. */
  failed(error: Error): void
}

/** A socket connected to one server: the kernel drops what comes from elsewhere, and a closed port is ECONNREFUSED. */
export interface UdpPort {
  /** Sends the question with this id, in this turn of the event loop. */
  send(question: WrittenExchange, id: number): void
  /** Whether what was sent last has not left yet, and a further question would leave with it. */
  readonly takesMore: boolean
  close(): void
}

/** A {@link UdpPort} through node:dgram. */
export function openUdpPort(
  { server, port, sourceAddress, sourcePort }: UdpPortOptions,
  events: UdpPortEvents,
): UdpPort {
  const socket = socketFor(server)
  /** What goes out once the socket is connected; null from then on. */
  let waiting: Uint8Array[] | null = []
  const send = (datagram: Uint8Array) =>
    socket.send(datagram, (error) => {
      if (error) events.failed(error)
    })
  socket.on('error', (error) => events.failed(error))
  socket.on('message', (datagram) => events.received(datagram, datagram.length, performance.now()))
  socket.once('connect', () => {
    const early = waiting ?? []
    waiting = null
    early.forEach(send)
  })
  const connect = () => {
    const refused = zoneError(server.address)
    if (refused) process.nextTick(() => events.failed(refused))
    else socket.connect(port, server.address)
  }
  if (sourceAddress || sourcePort !== undefined) {
    socket.bind({ port: sourcePort ?? 0, ...(sourceAddress && { address: sourceAddress.address }) }, connect)
  } else connect()
  return {
    send: (question, id) => {
      const datagram = messageOf(question, id)
      if (waiting) waiting.push(datagram)
      else send(datagram)
    },
    takesMore: false,
    close: () => void socket.close(),
  }
}

/**
 * A {@link UdpPort} through node:dgram that is not connected, and so hears who answers in the server's place: one with
 * several addresses, or behind a NAT that does not know the way back. It does not learn of a closed port.
 */
export function openWideUdpPort(
  { server, port, sourceAddress, sourcePort }: UdpPortOptions,
  events: UdpPortEvents,
): UdpPort {
  const socket = socketFor(server)
  const asked = withNamedZone(server.address)
  socket.on('error', (error) => events.failed(error))
  socket.on('message', (datagram, from) => {
    if (from.address === asked && from.port === port) events.received(datagram, datagram.length, performance.now())
    else events.elsewhere?.(formatEndpoint(from.address, from.port), datagram)
  })
  // Sending binds it, where nothing else is asked for.
  if (sourceAddress || sourcePort !== undefined)
    socket.bind({ port: sourcePort ?? 0, ...(sourceAddress && { address: sourceAddress.address }) })
  return {
    send: (question, id) =>
      socket.send(messageOf(question, id), port, server.address, (error) => {
        if (error) events.failed(error)
      }),
    takesMore: false,
    close: () => void socket.close(),
  }
}

/**
 * Every address is a literal: nothing is looked up, and the thread pool stays out of it. What bind says comes later all the
 * same: whoever opens the socket must have it before it fails.
 */
function socketFor({ family }: ResolvedAddress): Socket {
  return createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    lookup: (literal, _options, callback) => process.nextTick(callback, null, literal, family),
  })
}
