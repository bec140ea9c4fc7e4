import { abortedBy } from '../../../core/settle.js'
import { type Peer, type Responder, type ResponderContext, unreadInput } from '../responder.js'
import type { ListenInput } from '../types.js'

/**
 * Shows what comes and sends what is typed or piped in. Piped input goes to the first peer, then our side is ended, as
 * nc does it; typed lines go to the one peer that is there.
 */
export function createConversation(input: ListenInput | null, { emit, signal }: ResponderContext): Responder {
  const peers = new Set<Peer>()
  let started = false
  if (input?.isTTY) void typed(input.chunks).catch((error) => emit(unreadInput(error)))

  async function typed(lines: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const bytes of lines) {
      if (signal.aborted) return
      const [only] = peers
      if (only && peers.size === 1) await only.send(bytes)
      else emit({ type: 'unsent', peers: peers.size, bytes })
    }
    for (const peer of peers) peer.end()
  }

  async function piped(peer: Peer, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    let any = false
    for await (const bytes of chunks) {
      any = true
      if (!(await peer.send(Buffer.from(bytes)))) return // the input uses its memory again
    }
    if (any) peer.end() // an empty input (/dev/null) was not meant as one
  }

  return {
    async serve(peer) {
      peers.add(peer)
      const first = !started
      started = true
      const pump =
        input && !input.isTTY && first ? piped(peer, input.chunks).catch((error) => emit(unreadInput(error))) : null
      for await (const _ of peer.received()) {
        // telling of it is all there is to do
      }
      await (pump && Promise.race([pump, abortedBy(peer.signal)]))
      peers.delete(peer)
    },
  }
}
