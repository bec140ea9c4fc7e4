import { readSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { constants } from 'node:os'
import { descriptorOf } from '../hooks.js'

const NOTHING = new Uint8Array()
const ONE = new Uint8Array(1)
const BROKEN = ['EPIPE', 'ECONNRESET']

/** Behind an end, where nothing is left to read: what the kernel has kept for whoever reads; null where the peer said FIN. */
export function errorOfRead(fd: number): NodeJS.ErrnoException | null {
  try {
    readSync(fd, ONE)
    return null
  } catch (error) {
    return error instanceof Error ? error : null
  }
}

/** What the kernel has kept for whoever writes next, EPIPE or ECONNRESET; sends nothing where all is well. */
export function errorOfWrite(socket: Socket): NodeJS.ErrnoException | null {
  const fd = descriptorOf(socket)
  if (fd === null) return null
  try {
    writeSync(fd, NOTHING)
    return null
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException
    if (!code || !BROKEN.includes(code)) return null
    return Object.assign(new Error(`write ${code}`), { code, errno, syscall: 'write' })
  }
}

/**
 * At the end of a connection that we have not ended: the reset that made it, of which somebody else was told who keeps
 * it to himself, such as Node's TLS of what fails while it shakes hands. Behind a FIN the system still takes what we write.
 */
export function resetToldElsewhere(socket: Socket): NodeJS.ErrnoException | null {
  if (errorOfWrite(socket) === null) return null
  const errno = -constants.errno.ECONNRESET
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno, syscall: 'read' })
}
