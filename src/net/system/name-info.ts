import { lookupService } from 'node:dns'
import { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, fromNodeError } from '../../core/failure.js'
import type { Outcome } from '../../core/outcome.js'
import { settle } from '../../core/settle.js'
import { descriptorScarcity } from './scarcity.js'

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
  const where = { endpoint: { host: address, address, port, path: null }, syscall: 'getnameinfo' }
  const { deadline = Deadline.never, signal } = options
  const words = {
    onDeadline: () =>
      deadlineFailure('lookup', `the name of ${address} did not come in ${deadline.inWords}`, { ...where, deadline }),
    onAbort: () => abortFailure('lookup', `asking for the name of ${address} was interrupted`, where),
  }
  return settle({ deadline, signal, ...words }, (done) => {
    lookupService(address, port, (error, name, service) => {
      if (!error) return done.ok({ name, service })
      const scarce = descriptorScarcity()
      const base = fromNodeError(scarce ?? error, 'lookup', where)
      const origin = scarce ? 'os' : 'resolver'
      done.fail({ ...base, origin, message: `no name for ${address}: ${base.message}` })
    })
  })
}
