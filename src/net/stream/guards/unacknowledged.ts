import { fstatSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { SocketQueues } from '../../syscall/socket-queues.js'
import { socketRowOf } from '../../system/procfs.js'
import { descriptorOf } from '../hooks.js'

/**
 * What waits at a connection, as proc(5) tells it, our FIN counted as one byte to send; null where there is no such file,
 * and for a connection that is over or was reset.
 */
export function queuesInTable(socket: Socket): SocketQueues | null {
  const fd = descriptorOf(socket)
  try {
    if (fd === null || process.platform !== 'linux') return null
    const row = socketRowOf(socket.localFamily === 'IPv6' ? 'tcp6' : 'tcp', fstatSync(fd).ino)
    return row && { sendBytes: row.sendQueueBytes, receiveBytes: row.receiveQueueBytes }
  } catch {
    return null // the descriptor is closed already
  }
}

/** How much of what was sent its peer's system has not taken yet; see {@link queuesInTable}. */
export function unacknowledgedBytes(socket: Socket): number | null {
  return queuesInTable(socket)?.sendBytes ?? null
}
