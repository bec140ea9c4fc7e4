import type { Socket } from 'node:net'

/**
 * Lets a socket outlive a failed write. Node destroys it at once, and with it whatever the peer had said before it
 * left: the answer that tells why it left. Here the error is reported instead, the stream stays readable up to what the
 * kernel still holds, and nothing more is written.
 * @returns what gives the socket back as it was, for another owner
 */
export function surviveFailedWrites(socket: Socket, failed: (error: Error) => void): () => void {
  let broken = false
  const settle = (done: (error?: Error | null) => void) => (error?: Error | null) => {
    if (error && !broken) {
      broken = true
      failed(error)
    }
    done()
  }
  // Both are the documented hooks of a Writable; the socket's own do the work.
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
