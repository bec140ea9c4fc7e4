import type { Socket } from 'node:net'

const NOTHING = new Uint8Array()

/**
 * After a stream's 'end': the reset that it hides, or null. Where a reset comes so soon behind data that one poll shows
 * both, libuv reports an end. The kernel has kept the error for whoever touches the socket next: a write of nothing does
 * (tcp(7)), and sends nothing where all is well. A direction that is closed already, or still busy, cannot be asked.
 * @param writeError what `surviveFailedWrites` was told, for a socket that it looks after
 */
export function hiddenReset(
  socket: Socket,
  settled: (reset: Error | null) => void,
  writeError: () => Error | null = () => null,
): void {
  if (!socket.writable || socket.writableLength > 0) {
    settled(null)
    return
  }
  socket.write(NOTHING, (error) => {
    const found: NodeJS.ErrnoException | null = error ?? writeError()
    // Behind a FIN a reset is EPIPE: what was read before is complete.
    if (found?.code !== 'ECONNRESET') return settled(null)
    settled(Object.assign(new Error('read ECONNRESET'), { code: found.code, errno: found.errno, syscall: 'read' }))
  })
}
