import type { Responder } from '../responder.js'

/** Reads as fast as it can and keeps nothing (RFC 863): bytes and time tell the throughput. */
export function createDiscard(): Responder {
  return {
    async serve(peer) {
      for await (const _ of peer.received(true)) {
        // nothing is kept
      }
    },
  }
}
