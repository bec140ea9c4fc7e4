import type { Socket } from 'node:net'
import { descriptorOf } from '../hooks.js'
import { errorOfRead } from './kept-error.js'

const NOTHING = new Uint8Array()

/**
 * In a stream's 'end': the reset that it hides, or null. Where a reset comes so soon behind data that one poll shows
 * both, libuv reports an end. The kernel has kept the error for whoever touches the socket next: read(2) on its
 * descriptor, at once and also where our direction is closed. Where there is none to be had, a write of nothing does
 * (tcp(7)), which sends nothing where all is well, and cannot be asked of a direction that is closed or still busy.
 * @param writeError what `surviveFailedWrites` was told, for a socket that it looks after
 */
export function hiddenReset(
  socket: Socket,
  settled: (reset: Error | null) => void,
  writeError: () => Error | null = () => null,
): void {
  const settle = (found: Error | null) => settled(found && isReset(found) ? readError(found) : null)
  const fd = descriptorOf(socket)
  if (fd !== null) settle(errorOfRead(fd) ?? writeError())
  else if (!socket.writable || socket.writableLength > 0) settle(null)
  else socket.write(NOTHING, (error) => settle(error ?? writeError()))
}

/** Behind a FIN a reset is EPIPE to a write: what was read before is complete. */
function isReset(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET'
}

function readError({ code, errno }: NodeJS.ErrnoException): Error {
  return Object.assign(new Error('read ECONNRESET'), { code, errno, syscall: 'read' })
}
