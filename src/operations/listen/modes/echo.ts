import type { Responder } from '../responder.js'

/** Sends back what comes (RFC 862). Reads no faster than the peer takes it. */
export function createEcho(): Responder {
  return {
    async serve(peer) {
      for await (const bytes of peer.received()) {
        if (!(await peer.send(bytes))) return
      }
    },
  }
}
