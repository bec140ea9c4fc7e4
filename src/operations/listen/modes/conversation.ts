import { abortedBy } from '../../../core/settle.js'
import { type Peer, type Responder, type ResponderContext, unreadInput } from '../responder.js'
import type { ListenInput } from '../types.js'

/**
 * Shows what comes and sends what is typed or piped in. Piped input goes to the first peer, then our side is ended, as
 * nc does it; typed lines go to the one peer that is there. Of several it is the one that has spoken: a browser opens a
 * connection more than it uses.
 */
export function createConversation(input: ListenInput | null, { emit, signal }: ResponderContext): Responder {
  const peers = new Set<Peer>()
  const spoken = new Set<Peer>()
  let started = false
  /** Of what is piped in; where its peer is gone it stays unsent. */
  let sending: Uint8Array | null = null
  if (input?.isTTY) void typed(input.chunks).catch((error) => emit(unreadInput(error)))

  async function typed(lines: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const bytes of lines) {
      if (signal.aborted) return
      const [only, another] = spoken.size > 0 ? spoken : peers
      if (!only || another) emit({ type: 'unsent', peers: peers.size, bytes })
      else if (!(await only.send(bytes))) emit({ type: 'unsent', peers: 1, bytes })
    }
    for (const peer of peers) peer.end()
  }

  async function piped(peer: Peer, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    let any = false
    for await (const bytes of chunks) {
      any = true
      sending = Buffer.from(bytes) // the input uses its memory again
      if (!(await peer.send(sending))) return
      sending = null
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
      for await (const _ of peer.received()) spoken.add(peer)
      await (pump && Promise.race([pump, abortedBy(peer.signal)]))
      if (pump && sending) emit({ type: 'unsent', peers: 1, bytes: sending })
      peers.delete(peer)
      spoken.delete(peer)
    },
  }
}
