import { fstatSync, readFileSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { descriptorOf } from './socket-descriptor.js'

const NOTHING = new Uint8Array()
const FIRST_PAUSE_MS = 1

/**
 * Tells of data that a peer refused which had closed before: its system answers it with a reset. Behind the peer's FIN
 * no read shows that, nor does shutdown(2), whose ENOTCONN Node keeps to itself. A write of nothing does: EPIPE before
 * our FIN, ECONNRESET behind it (tcp(7) of Linux). Asked at the peer's end, before our FIN, and when both are done,
 * where 'close' waits up to `patienceMs` for what is still on its way. A reset behind data that was acknowledged takes
 * nothing away, and is not told.
 * @returns what is to be called at the peer's end, where no reset was behind it; null for what cannot be asked: TLS,
 * which has an end of its own, Unix sockets, which show it to a read, and Windows
 */
export function watchForRefusal(
  socket: Socket,
  patienceMs: number,
  refused: (error: Error) => void,
): (() => void) | null {
  if ('encrypted' in socket || socket.localPort === undefined || descriptorOf(socket) === null) return null
  let acknowledgedBytes = 0
  const atRisk = () => socket.bytesWritten > acknowledgedBytes
  // Both are documented hooks of a stream; the socket's own do the work.
  const { _final, _destroy } = socket
  socket._final = (done) => {
    const error = atRisk() ? errorOfWrite(socket) : null
    if (error) refused(error)
    _final.call(socket, done)
  }
  socket._destroy = (error, done) => {
    const inOrder = error === null && socket.readableEnded && socket.writableFinished
    if (!inOrder || !atRisk()) return _destroy.call(socket, error, done)
    void resetBehindOurFin(socket, patienceMs).then((reset) => {
      if (reset) refused(reset)
      _destroy.call(socket, null, done)
    })
  }
  return () => {
    if (socket.writableEnded || !atRisk()) return
    const error = errorOfWrite(socket)
    if (error) return refused(error)
    const queued = patienceMs > 0 ? (tableEntry(socket)?.unacknowledgedBytes ?? 0) : 0
    acknowledgedBytes = socket.bytesWritten - socket.writableLength - queued
  }
}

/** Once both directions are closed: the reset of what was on its way, or null. */
async function resetBehindOurFin(socket: Socket, patienceMs: number): Promise<Error | null> {
  const until = performance.now() + patienceMs
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    const waiting = performance.now() < until && (tableEntry(socket)?.awaitsAcknowledgement ?? false)
    const error = errorOfWrite(socket)
    if (error?.code === 'ECONNRESET') return error
    if (!waiting) return null
    await sleep(pauseMs)
  }
}

/** What the kernel has kept for whoever writes next; sends nothing where all is well. */
function errorOfWrite(socket: Socket): NodeJS.ErrnoException | null {
  const fd = descriptorOf(socket)
  if (fd === null) return null
  try {
    writeSync(fd, NOTHING)
    return null
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException
    if (code !== 'ECONNRESET' && code !== 'EPIPE') return null
    return Object.assign(new Error(`write ${code}`), { code, errno, syscall: 'write' })
  }
}

/** Both FINs are under way, and ours with all before it is not acknowledged: TCP_LAST_ACK, TCP_CLOSING. */
const AWAITING = ['09', '0B']

/** What proc(5) tells of a connection; null where there is no such file, or it is over. */
function tableEntry(socket: Socket): { unacknowledgedBytes: number; awaitsAcknowledgement: boolean } | null {
  const fd = descriptorOf(socket)
  try {
    if (fd === null || process.platform !== 'linux') return null
    const inode = String(fstatSync(fd).ino)
    const table = readFileSync(socket.localFamily === 'IPv6' ? '/proc/net/tcp6' : '/proc/net/tcp', 'utf8')
    for (const line of table.split('\n')) {
      const [, , , state = '', queues = '', , , , , owner] = line.trim().split(/\s+/)
      if (owner !== inode) continue
      return {
        unacknowledgedBytes: Number.parseInt(queues, 16) || 0,
        awaitsAcknowledgement: AWAITING.includes(state),
      }
    }
  } catch {
    // no such system, or a sandbox without /proc
  }
  return null
}
