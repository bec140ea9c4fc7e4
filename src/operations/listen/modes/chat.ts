import { type Peer, type Responder, type ResponderContext, unreadInput } from '../responder.js'
import type { ListenInput } from '../types.js'
import { splitLines } from './lines.js'

/** A member that takes nothing any more does not hold up the room, nor fill our memory. */
const MAX_QUEUED_BYTES = 1 << 20
const MAX_NAME_CHARACTERS = 32
const NAME_COMMAND = /^\/name\s+(\S.*)$/

/**
 * All peers and the terminal in one room: each line goes to everyone else, with the name of who said it. A member is
 * called `guest1` until it says `/name NEW`.
 */
export function createChat(input: ListenInput | null, { emit, signal }: ResponderContext): Responder {
  const members = new Map<Peer, string>()
  if (input) void typed(input.chunks).catch((error) => emit(unreadInput(error)))

  const tell = (text: string, except: Peer | null = null) => {
    const bytes = Buffer.from(`${text}\n`)
    for (const member of members.keys()) {
      if (member === except) continue
      if (member.queuedBytes > MAX_QUEUED_BYTES) member.reset()
      else void member.send(bytes, true)
    }
  }

  async function typed(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const line of splitLines(chunks)) {
      if (signal.aborted) return
      if (line.length === 0) continue
      emit({ type: 'message', id: null, name: null, bytes: line })
      tell(`host: ${printable(line)}`)
    }
  }

  const rename = (peer: Peer, wanted: string): void => {
    const before = members.get(peer) ?? ''
    const name = wanted.trim().slice(0, MAX_NAME_CHARACTERS)
    if (name === 'host' || [...members.values()].includes(name)) {
      void peer.send(Buffer.from(`* ${name} is taken\n`), true)
      return
    }
    members.set(peer, name)
    tell(`* ${before} is now ${name}`)
  }

  return {
    async serve(peer) {
      const others = [...members.values()]
      let name = `guest${peer.id}`
      members.set(peer, name)
      const here = others.length === 0 ? 'nobody else is here' : `here are ${others.join(', ')}`
      void peer.send(Buffer.from(`* you are ${name} (/name NEW changes it); ${here}\n`), true)
      tell(`* ${name} joined`, peer)
      for await (const line of splitLines(peer.received(true))) {
        if (line.length === 0) continue
        const text = printable(line)
        const wanted = NAME_COMMAND.exec(text)?.[1]
        if (wanted !== undefined) {
          rename(peer, wanted)
          continue
        }
        name = members.get(peer) ?? name
        emit({ type: 'message', id: peer.id, name, bytes: line })
        tell(`${name}: ${text}`, peer)
      }
      name = members.get(peer) ?? name
      members.delete(peer)
      tell(`* ${name} left`)
    },
  }
}

/** One member's bytes must not steer another's terminal: control characters become spaces. */
function printable(line: Uint8Array): string {
  return new TextDecoder().decode(line).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, ' ')
}
