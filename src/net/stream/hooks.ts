/**
 * The one file that reaches into Node's sockets: where their documented events say too little, the hooks of their
 * streams are taken over, and the descriptor is read. `test/integration/net/stream/hooks.test.ts` holds what is relied on
 * here, and names the releases of Node that it was checked on.
 */
import type { Socket } from 'node:net'

type Done = (error?: Error | null) => void

/** The file descriptor; null where there is none (Windows, TLS over a stream of ours), or Node no longer shows it. */
export function descriptorOf(socket: Socket): number | null {
  const handle: unknown = '_handle' in socket ? socket._handle : null
  const fd = typeof handle === 'object' && handle !== null && 'fd' in handle ? handle.fd : null
  return typeof fd === 'number' && fd >= 0 ? fd : null
}

/**
 * Lets a socket outlive a failed write. Node destroys it at once, and with it whatever the peer had said before it
 * left: the answer that tells why it left. Here the error is reported once instead, the stream stays readable up to what
 * the kernel still holds, and nothing more is written.
 * @returns what gives the socket back as it was, for another owner
 */
export function surviveFailedWrites(socket: Socket, failed: (error: Error) => void): () => void {
  let broken = false
  const settle = (done: Done) => (error?: Error | null) => {
    if (error && !broken) {
      broken = true
      failed(error)
    }
    done()
  }
  const { _write, _writev } = socket
  socket._write = (chunk, encoding, done) => {
    if (broken) done()
    else _write.call(socket, chunk, encoding, settle(done))
  }
  if (_writev) {
    socket._writev = (chunks, done) => {
      if (broken) done()
      else _writev.call(socket, chunks, settle(done))
    }
  }
  return () => {
    socket._write = _write
    if (_writev) socket._writev = _writev
  }
}

/** Calls `before` when all has been written and our direction is to be closed; that waits for its `goOn`. */
export function beforeOurEnd(socket: Socket, before: (goOn: () => void) => void): () => void {
  const { _final } = socket
  socket._final = (done) => before(() => _final.call(socket, done))
  return () => {
    socket._final = _final
  }
}

/** Calls `before` when the socket is to be closed, with the error that closes it; that waits for its `goOn`. */
export function beforeDestroy(socket: Socket, before: (error: Error | null, goOn: () => void) => void): () => void {
  const { _destroy } = socket
  socket._destroy = (error, done) => before(error, () => _destroy.call(socket, error, done))
  return () => {
    socket._destroy = _destroy
  }
}

/**
 * Lets a server's TLS session tell of alerts that come behind its handshake, as one of Node's own TLS server does: until
 * then Node takes them for that server's.
 */
export function tellAlerts(socket: Socket): void {
  if ('_releaseControl' in socket && typeof socket._releaseControl === 'function') socket._releaseControl()
}

/** Calls back when the stream is told that no more comes, which its reader may hear of much later. */
export function onLastRead(socket: Socket, last: () => void): void {
  const { push } = socket
  socket.push = (chunk, encoding) => {
    if (chunk === null) last()
    return push.call(socket, chunk, encoding)
  }
}
