import { connect, Socket } from 'node:net'
import { isAddress } from '../../core/address/address.js'
import { UsageError } from '../../core/usage-error.js'
import { lending } from '../stream/receive.js'
import type { Family, ResolvedAddress } from './lookup.js'
import { withNamedZone, zoneError } from './zone.js'

export type { Socket }

/** One connect(2) to a literal address: where to, and from where. */
export interface AttemptTarget {
  readonly address: string
  readonly family: Family
  readonly port: number
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
  /** The socket is for `receive` alone, which then reads into one buffer. */
  readonly lends?: boolean | undefined
}

interface EndOptions {
  readonly family?: Family | undefined
  readonly sourceAddress?: ResolvedAddress | undefined
  readonly sourcePort?: number | undefined
}

/** The ends of a connection as a caller gives them. Throws UsageError for what no socket can have. */
export function checkEnds(port: number, { family, sourceAddress, sourcePort }: EndOptions): void {
  const within = (value: number, least: number) => Number.isInteger(value) && value >= least && value <= 65535
  if (!within(port, 1)) throw UsageError.of('port', String(port), 'a port from 1 to 65535')
  if (family !== undefined && family !== 4 && family !== 6) throw UsageError.of('family', String(family), '4 or 6')
  if (sourcePort !== undefined && !within(sourcePort, 0))
    throw UsageError.of('sourcePort', String(sourcePort), 'a port from 1 to 65535, or 0 for any')
  if (sourceAddress && isAddress(sourceAddress.address) !== sourceAddress.family)
    throw UsageError.of('sourceAddress', sourceAddress.address, `a literal IPv${sourceAddress.family} address`)
}

/**
 * Starts one connect(2) and reports once how it ended, never synchronously: with null when connected, else with the
 * error. The caller owns the socket either way and ends the attempt early by destroying it, after which nothing more
 * is reported.
 */
export function startAttempt(target: AttemptTarget, settled: (error: Error | null, socket: Socket) => void): Socket {
  // autoSelectFamily would race addresses behind our back and cut each at 250 ms without a reason.
  const lender = target.lends ? lending() : null
  const refused = zoneError(target.address)
  const socket = refused
    ? new Socket().destroy(refused)
    : connect({
        host: withNamedZone(target.address),
        port: target.port,
        family: target.family,
        autoSelectFamily: false,
        allowHalfOpen: true,
        ...(target.localAddress !== undefined && { localAddress: withNamedZone(target.localAddress) }),
        ...(target.localPort !== undefined && { localPort: target.localPort }),
        ...(lender && { onread: lender.onread }),
      })
  lender?.bind(socket)
  const onConnect = () => {
    socket.off('error', onError)
    settled(null, socket)
  }
  const onError = (error: Error) => {
    socket.off('connect', onConnect)
    settled(error, socket)
  }
  socket.once('connect', onConnect)
  socket.once('error', onError)
  return socket
}

/**
 * Whether a connection leads to itself: the kernel chose the target port as source port and TCP's simultaneous open
 * (RFC 9293 3.5) did the rest. Nothing listens there.
 */
export function isSelfConnected(socket: Socket): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress
}
