import { lookupService } from 'node:dns'
import { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure, fromNodeError } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'

export interface NameInfo {
  readonly name: string
  readonly service: string
}

export interface NameInfoOptions {
  readonly deadline?: Deadline | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * getnameinfo(3) with NI_NAMEREQD: the name of a literal address and of a TCP port, 0 to 65535, by all that the system
 * goes by. The deadline ends the wait even though the call beneath cannot be cancelled.
 */
export function nameInfo(address: string, port: number, options: NameInfoOptions = {}): Promise<Outcome<NameInfo>> {
  const started = performance.now()
  const { deadline = Deadline.never, signal } = options
  const where = { endpoint: { host: address, address, port, path: null }, syscall: 'getnameinfo' }
  return new Promise((resolve) => {
    const settle = (outcome: NameInfo | Failure) => {
      callOff()
      signal?.removeEventListener('abort', onAbort)
      const elapsedMs = performance.now() - started
      resolve('name' in outcome ? ok(outcome, elapsedMs) : fail(outcome, elapsedMs))
    }
    const onAbort = () => settle(abortFailure('lookup', `asking for the name of ${address} was interrupted`, where))
    const callOff = deadline.onExpire(() =>
      settle(
        deadlineFailure('lookup', `the name of ${address} did not come in ${deadline.inWords}`, { ...where, deadline }),
      ),
    )
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    lookupService(address, port, (error, name, service) => {
      if (!error) return settle({ name, service })
      const base = fromNodeError(error, 'lookup', where)
      settle({ ...base, origin: 'resolver', message: `no name for ${address}: ${base.message}` })
    })
  })
}
