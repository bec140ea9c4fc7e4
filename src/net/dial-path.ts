import { connect, type Socket } from 'node:net'
import { Deadline } from '../core/deadline.js'
import { abortFailure, deadlineFailure, fromNodeError } from '../core/failure.js'
import { fail, type Outcome, ok } from '../core/outcome.js'

export interface PathConnection {
  /** Connected, half-open allowed, paused; its owner must listen for `error`. */
  readonly socket: Socket
  readonly connectMs: number
}

/** Connects to a Unix socket (unix(7)): ENOENT where there is none, ECONNREFUSED where nobody listens any more. */
export function dialPath(
  path: string,
  options: { readonly deadline?: Deadline | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<Outcome<PathConnection>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const { deadline = Deadline.never, signal } = options
  const where = { endpoint: { host: null, address: null, port: null, path }, syscall: 'connect' }
  const interrupted = () =>
    fail(abortFailure('connect', `connecting to unix:${path} was interrupted`, where), elapsed())
  if (signal?.aborted) return Promise.resolve(interrupted())

  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true })
    const settle = (outcome: Outcome<PathConnection>) => {
      callOff()
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', onError)
      if (!outcome.ok) socket.on('error', () => {}).destroy()
      resolve(outcome)
    }
    const onAbort = () => settle(interrupted())
    const onError = (error: Error) => {
      const base = fromNodeError(error, 'connect', where)
      settle(fail({ ...base, message: `cannot connect to unix:${path}: ${base.message}` }, elapsed()))
    }
    const callOff = deadline.onExpire(() =>
      settle(fail(deadlineFailure('connect', `unix:${path} did not answer in the time allowed`, where), elapsed())),
    )
    socket.once('connect', () => settle(ok({ socket, connectMs: elapsed() }, elapsed())))
    socket.once('error', onError)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
