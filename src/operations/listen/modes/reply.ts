import type { Responder } from '../responder.js'

/**
 * Sends the same to every peer: over a stream at once, so that those are served who wait for a greeting, and then ends
 * our side; over UDP for each datagram.
 */
export function createReply(bytes: Uint8Array, datagrams: boolean): Responder {
  return {
    async serve(peer) {
      if (!datagrams) {
        await peer.send(bytes)
        peer.end()
      }
      for await (const _ of peer.received()) {
        if (datagrams) await peer.send(bytes)
      }
    },
  }
}
