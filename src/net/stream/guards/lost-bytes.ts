import type { Socket } from 'node:net'
import { socketQueues } from '../../syscall/socket-queues.js'
import { descriptorOf } from '../hooks.js'
import { queuesInTable } from './unacknowledged.js'

/** What the end of a connection took with it, in bytes of TCP: over TLS with its records. Null where nobody can say. */
export interface LostBytes {
  /** Taken by our system and never acknowledged by the peer's. */
  readonly unacknowledged: number | null
  /** Came, and was not read. */
  readonly unread: number | null
}

const NOT_KNOWN: LostBytes = { unacknowledged: null, unread: null }
const noted = new WeakMap<Socket, LostBytes>()

/** To be called before a socket is closed by an error: then nobody can be asked any more. */
export function noteLostBytes(raw: Socket): void {
  if (!noted.has(raw)) noted.set(raw, lookAt(raw))
}

/** What is lost when the connection ends now, or was when it ended. */
export function lostBytesOf(raw: Socket): LostBytes {
  return noted.get(raw) ?? lookAt(raw)
}

function lookAt(raw: Socket): LostBytes {
  const fd = descriptorOf(raw)
  const queues = fd === null ? null : (socketQueues(fd) ?? queuesInTable(raw))
  if (queues === null) return NOT_KNOWN
  const ourFin = raw.writableFinished ? 1 : 0
  return {
    unacknowledged: Math.max(0, queues.sendBytes - ourFin),
    unread: queues.receiveBytes + raw.readableLength,
  }
}
