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

/** What a socket is to do instead, kept on the socket itself: functions of its own would cost each of thousands dearly. */
const SURVIVING = Symbol('surviving')
const OUR_END = Symbol('our end')
const LATE_ERROR = Symbol('late error')
const BEFORE_ERROR = Symbol('before error')

interface Hooked extends Socket {
  [LATE_ERROR]?: Error | undefined
  [BEFORE_ERROR]?: ((socket: Socket) => void) | undefined
  [SURVIVING]?: Surviving
  [OUR_END]?: OurEnd
}

interface Surviving {
  broken: boolean
  readonly failed: (error: Error, socket: Socket) => void
  readonly _write: Socket['_write']
  readonly _writev: Socket['_writev']
}

interface OurEnd {
  readonly before: (goOn: () => void) => void
  readonly _final: Socket['_final']
}

/**
 * Lets a socket outlive a failed write, for one owner at a time. Node destroys it at once, and with it whatever the peer had said before it
 * left: the answer that tells why it left. Here the error is reported once instead, the stream stays readable up to what
 * the kernel still holds, and nothing more is written.
 * @returns what gives the socket back as it was, for another owner
 */
export function surviveFailedWrites(socket: Hooked, failed: (error: Error, socket: Socket) => void): () => void {
  const { _write, _writev } = socket
  socket[SURVIVING] = { broken: false, failed, _write, _writev }
  socket._write = write
  if (_writev) socket._writev = writev
  return () => dieOfFailedWrites(socket)
}

/** Takes back what {@link surviveFailedWrites} did. */
export function dieOfFailedWrites(socket: Hooked): void {
  const surviving = socket[SURVIVING]
  if (!surviving) return
  const { _write, _writev } = surviving
  socket._write = _write
  if (_writev) socket._writev = _writev
}

const write: Socket['_write'] = function (this: Hooked, chunk, encoding, done) {
  const surviving = this[SURVIVING]
  if (!surviving || surviving.broken) done()
  else surviving._write.call(this, chunk, encoding, settled(this, surviving, done))
}

const writev: NonNullable<Socket['_writev']> = function (this: Hooked, chunks, done) {
  const surviving = this[SURVIVING]
  if (!surviving || surviving.broken) done()
  else surviving._writev?.call(this, chunks, settled(this, surviving, done))
}

function settled(socket: Socket, surviving: Surviving, done: Done): Done {
  return (error) => {
    // With a socket that is gone its writes are given up, which is no failure of theirs; Node calls them done.
    if (socket.destroyed) return done(error ?? socket.errored ?? new Error('given up'))
    if (error && !surviving.broken) {
      surviving.broken = true
      surviving.failed(error, socket)
    }
    done()
  }
}

/**
 * Calls `before` when all has been written and our direction is to be closed; that waits for its `goOn`. For one owner
 * at a time.
 */
export function beforeOurEnd(socket: Hooked, before: (goOn: () => void) => void): void {
  socket[OUR_END] = { before, _final: socket._final }
  socket._final = final
}

/** Takes back what {@link beforeOurEnd} did. */
export function endAtOnce(socket: Hooked): void {
  const ourEnd = socket[OUR_END]
  if (ourEnd) socket._final = ourEnd._final
}

const final: Socket['_final'] = function (this: Hooked, done) {
  const ourEnd = this[OUR_END]
  if (ourEnd) ourEnd.before(() => ourEnd._final.call(this, done))
  else done()
}

/**
 * Has an error of the socket wait until all that came before it has been read, for which its reader calls
 * {@link tellLateError}. Node reads ahead of whoever reads, and destroys what nobody has read yet together with the socket.
 * @param before called right before an error closes it; left out: what was given before
 */
export function errorsComeLast(socket: Hooked, before?: (socket: Socket) => void): void {
  if (before) socket[BEFORE_ERROR] = before
  socket.destroy = destroyOnceRead
}

const destroyOnceRead: Socket['destroy'] = function (this: Hooked, error) {
  if (error && !this.destroyed && this.readableLength > 0) {
    this[LATE_ERROR] ??= error
    return this
  }
  if (error && !this.destroyed) this[BEFORE_ERROR]?.(this)
  return Object.getPrototypeOf(this).destroy.call(this, error)
}

/** Destroys the socket by an error that waited, where all has been read now. */
export function tellLateError(socket: Hooked): void {
  const error = socket[LATE_ERROR]
  if (!error || socket.readableLength > 0) return
  socket[LATE_ERROR] = undefined
  socket.destroy(error)
}

/** Takes back what {@link errorsComeLast} did. */
export function errorsComeAtOnce(socket: Hooked): void {
  if (!Object.hasOwn(socket, 'destroy')) return
  Reflect.deleteProperty(socket, 'destroy')
  const error = socket[LATE_ERROR]
  socket[LATE_ERROR] = undefined
  if (error) socket.destroy(error)
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
