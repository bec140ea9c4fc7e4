import { statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { Deadline } from '../../core/deadline.js'
import {
  type Attempt,
  abortFailure,
  attemptAt,
  deadlineFailure,
  type Failure,
  failure,
  fromNodeError,
} from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import type { Outcome } from '../../core/outcome.js'
import { settle } from '../../core/settle.js'
import { stopwatch } from '../../core/timer.js'
import { MAX_PATH_BYTES } from '../listen/unix-socket.js'

export interface PathConnection {
  /** Connected, half-open allowed, paused; its owner must listen for `error`. */
  readonly socket: Socket
  readonly connectMs: number
  /** One, with `unix:PATH` as its address and port 0. */
  readonly attempts: readonly Attempt[]
}

/**
 * Connects to a Unix socket (unix(7)): ENOENT where there is none, ECONNREFUSED where nobody listens any more,
 * ENAMETOOLONG for a path that Node would cut short.
 */
export function dialPath(
  path: string,
  options: { readonly deadline?: Deadline | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<Outcome<PathConnection>> {
  const { deadline, signal } = options
  const elapsed = stopwatch()
  const where = { endpoint: { host: null, address: null, port: null, path }, syscall: 'connect' }
  const attempt = (failed: Failure | null) => attemptAt(`unix:${path}`, 0, failed, elapsed())
  const refused = (failed: Failure): Failure => ({ ...failed, attempts: [attempt(failed)] })
  const onDeadline = ({ inWords }: Deadline) =>
    refused(deadlineFailure('connect', `unix:${path} did not answer in ${inWords}`, { ...where, ...FULL_QUEUE }))
  const onAbort = () => refused(abortFailure('connect', `connecting to unix:${path} was interrupted`, where))

  return settle<PathConnection>({ deadline, signal, onDeadline, onAbort }, (done) => {
    if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
      const message = `cannot connect to unix:${path}: the path of a Unix socket has at most ${MAX_PATH_BYTES} bytes here`
      done.fail(
        refused(failure({ ...where, phase: 'connect', origin: 'os', code: 'ENAMETOOLONG', message, ...SHORTER })),
      )
      return undefined
    }
    const socket = connect({ path, allowHalfOpen: true })
    const onError = (error: Error) => {
      const base = { ...fromNodeError(error, 'connect', where), ...whoRefused(error, path) }
      done.fail(refused({ ...base, message: `cannot connect to unix:${path}: ${base.message}` }))
    }
    socket.once('connect', () => done.ok({ socket, connectMs: elapsed(), attempts: [attempt(null)] }))
    socket.once('error', onError)
    return ({ ok }) => {
      socket.off('error', onError)
      if (!ok) socket.on('error', () => {}).destroy()
    }
  })
}

const SHORTER = hint('name it by a shorter path: from its own folder, or by a symbolic link')
/** Nothing drops what goes to a Unix socket: connect(2) waits for room in its queue alone. */
const FULL_QUEUE = hint('its queue is full: see why its service does not accept, or allow more time', 'more-time')

/** The general words for ECONNREFUSED and EACCES speak of hosts and ports. */
function whoRefused(error: Error, path: string): Partial<Failure> {
  if (!('code' in error)) return {}
  if (error.code === 'EACCES') {
    return hint('connecting needs the right to write to the socket, and to search each folder above it: see ls -l')
  }
  if (error.code !== 'ECONNREFUSED') return {}
  const isSocket = statSync(path, { throwIfNoEntry: false })?.isSocket() === true
  return isSocket
    ? {
        message: 'ECONNREFUSED: the socket is there, and nobody listens on it',
        ...hint('the service that made it has ended: start it again'),
      }
    : { message: 'ECONNREFUSED: that is no socket', ...hint('check the path') }
}
