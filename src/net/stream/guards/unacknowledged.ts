import { fstatSync } from 'node:fs'
import type { Socket } from 'node:net'
import { socketRowOf } from '../../system/procfs.js'
import { descriptorOf } from '../hooks.js'

/**
 * How much of what was sent its peer's system has not taken yet, a FIN counted as one byte, as proc(5) tells it; null
 * where there is no such file, or the connection is over.
 */
export function unacknowledgedBytes(socket: Socket): number | null {
  const fd = descriptorOf(socket)
  try {
    if (fd === null || process.platform !== 'linux') return null
    const table = socket.localFamily === 'IPv6' ? 'tcp6' : 'tcp'
    return socketRowOf(table, fstatSync(fd).ino)?.sendQueueBytes ?? null
  } catch {
    return null // the descriptor is closed already
  }
}
