import { fstatSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { descriptorOf } from './hooks.js'

/**
 * How much of what was sent its peer's system has not taken yet, a FIN counted as one byte, as proc(5) tells it; null
 * where there is no such file, or the connection is over.
 */
export function unacknowledgedBytes(socket: Socket): number | null {
  const fd = descriptorOf(socket)
  try {
    if (fd === null || process.platform !== 'linux') return null
    const inode = String(fstatSync(fd).ino)
    const table = readFileSync(socket.localFamily === 'IPv6' ? '/proc/net/tcp6' : '/proc/net/tcp', 'utf8')
    for (const line of table.split('\n')) {
      const [, , , , queues = '', , , , , owner] = line.trim().split(/\s+/)
      if (owner === inode) return Number.parseInt(queues, 16) || 0
    }
  } catch {
    // no such system, or a sandbox without /proc
  }
  return null
}
