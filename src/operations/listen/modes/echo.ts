import type { Peer, Responder } from '../responder.js'

/** Sends back what comes (RFC 862). Reads no faster than the peer takes it. */
export function createEcho(): Responder {
  return {
    async serve(peer) {
      const received = peer.received()
      while (await sendBack(peer, received)) {
        // a loop over the pieces would hold the last of them, in each of thousands that are silent
      }
    },
  }
}

/** False once there is no more to come, or nobody to send to. */
async function sendBack(peer: Peer, received: ReturnType<Peer['received']>): Promise<boolean> {
  const { done, value } = await received.next()
  return done !== true && (await peer.send(value))
}
