import { createSocket } from 'node:dgram'
import { type Failure, fromNodeError } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import type { ResolvedAddress } from './lookup.js'
import { zoneError, zoneHint } from './zone.js'

/** Any port does: a UDP connect(2) only fixes the far end. */
const PORT = 53

/** The local address that the system would use toward a literal address, by a connected UDP socket: nothing is sent. */
export function sourceAddressTo(target: ResolvedAddress): Promise<Outcome<string>> {
  const started = performance.now()
  return new Promise((resolve) => {
    const socket = createSocket({
      type: target.family === 6 ? 'udp6' : 'udp4',
      lookup: (literal, _options, callback) => callback(null, literal, target.family),
    })
    const settle = (outcome: string | Failure) => {
      socket.close()
      const elapsedMs = performance.now() - started
      resolve(typeof outcome === 'string' ? ok(outcome, elapsedMs) : fail(outcome, elapsedMs))
    }
    const refuse = (error: Error) => {
      const endpoint = { host: target.address, address: target.address, port: null, path: null }
      const base = fromNodeError(error, 'connect', { endpoint })
      settle({
        ...base,
        message: `no way to ${target.address}: ${base.message}`,
        ...zoneHint(base.code, target.address),
      })
    }
    socket.once('error', refuse)
    const connect = () => {
      const refused = zoneError(target.address)
      if (refused) return process.nextTick(refuse, refused)
      // Where connect(2) fails, Node hands the error to the callback, and to nobody else.
      socket.connect(PORT, target.address, (error?: Error) =>
        error ? refuse(error) : settle(socket.address().address),
      )
    }
    if (target.family === 6) return connect()
    // Else a broadcast address is EACCES, though there is a way to it; the option needs a bound socket.
    socket.bind(0, () => {
      socket.setBroadcast(true)
      connect()
    })
  })
}
