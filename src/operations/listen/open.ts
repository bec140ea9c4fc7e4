import { formatEndpoint } from '../../core/address/endpoint.js'
import type { OperationContext } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { lookup } from '../../net/connect/lookup.js'
import { bindDatagram, type DatagramListener } from '../../net/datagram/bind.js'
import { bind } from '../../net/listen/bind.js'
import { admission } from './access.js'
import type { Certified } from './certificate.js'
import { DatagramPeer } from './datagram-peer.js'
import type { Room } from './room.js'
import type { ListenEvent, ListeningEvent, ListenOptions } from './types.js'

/**
 * For one more acknowledgement of what was sent last, where one alone is served: its end is our own. Of many none may
 * wait: proc(5) would be read for each, again and again.
 */
const PATIENCE_MS = 1000
const HANDSHAKE_TIMEOUT_MS = 10_000
/** UDP has no end: a peer that was silent for so long is forgotten. */
const DATAGRAM_IDLE_MS = 60_000
/** Source addresses can be forged at will; a flood of them must not fill our memory. */
const MAX_DATAGRAM_PEERS = 10_000

export interface Opened {
  readonly where: Omit<ListeningEvent, 'type' | 'fingerprint256'>
  /** Takes no more; resolves when all is closed. */
  close(): Promise<void>
}

/** Binds what the options name and leads whoever comes into the room. */
export async function openTarget(
  options: ListenOptions,
  certified: Certified | null,
  room: Room,
  context: OperationContext<ListenEvent>,
): Promise<Outcome<Opened>> {
  const { target, maxConnections, backlog, allow, deny, tls, count, idleTimeoutMs } = options
  const admit = admission(allow, deny)
  const shared = {
    maxConnections,
    backlog,
    admit,
    stream: { patienceMs: count === 1 ? PATIENCE_MS : 0 },
    tls: certified
      ? {
          ...certified,
          alpn: tls?.alpn,
          handshakeTimeoutMs: Math.min(HANDSHAKE_TIMEOUT_MS, idleTimeoutMs ?? HANDSHAKE_TIMEOUT_MS),
        }
      : undefined,
    onConnection: room.accept.bind(room),
    onRefused: room.refuse.bind(room),
    onHandshakeFailed: (remote: Parameters<Room['refuse']>[0], failed: Parameters<Room['problem']>[0]) =>
      room.problem(failed, remote),
    onAcceptFailed: room.problem.bind(room),
  }
  if (target.kind === 'unix') {
    const bound = await bind(target, shared)
    if (!bound.ok) return fail(bound.failure, bound.elapsedMs)
    const { address, port, path, close } = bound.value
    return ok({ where: { protocol: 'unix', address, port, path }, close }, bound.elapsedMs)
  }

  const found = await lookup(target.host, { signal: context.signal, deadline: context.deadline })
  if (!found.ok) return fail(found.failure, found.elapsedMs)
  const address = found.value[0]?.address ?? target.host
  const place = { ...target, kind: 'inet', address } as const
  if (target.kind === 'udp') return openDatagrams(place, options, admit, room)
  const bound = await bind(place, shared)
  if (!bound.ok) return fail(bound.failure, bound.elapsedMs)
  const where = { protocol: 'tcp', address: bound.value.address, port: bound.value.port, path: null } as const
  return ok({ where, close: bound.value.close }, bound.elapsedMs)
}

async function openDatagrams(
  place: Parameters<typeof bindDatagram>[0],
  { idleTimeoutMs, maxConnections = MAX_DATAGRAM_PEERS }: ListenOptions,
  admit: ReturnType<typeof admission>,
  room: Room,
): Promise<Outcome<Opened>> {
  const peers = new Map<string, DatagramPeer>()
  let listener: DatagramListener | undefined
  const bound = await bindDatagram(place, {
    onMessage(bytes, address, port) {
      const key = formatEndpoint(address, port)
      let peer = peers.get(key)
      if (!room.isOpen) return
      if (!peer && listener) {
        if (admit && !admit(address)) return room.refuse({ address, port }, 'denied')
        if (peers.size >= maxConnections) return room.refuse({ address, port }, 'full')
        const from = { address, port }
        peer = new DatagramPeer(room.nextId, from, listener, idleTimeoutMs ?? DATAGRAM_IDLE_MS, room.emit)
        peers.set(key, peer)
        void peer.closed.then(() => peers.delete(key))
        room.enter(peer, null)
      }
      if (!peer) return
      peer.push(bytes)
      room.count()
      if (!room.isOpen) for (const each of peers.values()) each.last()
    },
    onFailed: (failed) => room.problem(failed),
  })
  if (!bound.ok) return fail(bound.failure, bound.elapsedMs)
  listener = bound.value
  const { address, port } = listener
  const closeWhenEmpty = () => room.empty().then(() => listener?.close())
  return ok({ where: { protocol: 'udp', address, port, path: null }, close: closeWhenEmpty }, bound.elapsedMs)
}
