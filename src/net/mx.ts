import { Resolver } from 'node:dns'
import { Deadline } from '../core/deadline.js'
import { abortFailure, deadlineFailure, fromNodeError } from '../core/failure.js'
import { fail, type Outcome, ok } from '../core/outcome.js'

export interface MxHost {
  /** A host name; empty for the root, which says that there is no mail server (RFC 7505). */
  readonly exchange: string
  /** The lower, the sooner. */
  readonly preference: number
}

export interface MxOptions {
  /** A literal `address:port` or `[v6]:port` to ask instead of the system's servers. */
  readonly server?: string | undefined
  readonly deadline?: Deadline | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The MX records of a domain (RFC 1035 section 3.3.9), in the order of the answer; none is an empty list. Fails with
 * the DNS code (ENOTFOUND, ESERVFAIL, ETIMEOUT ...), origin `resolver`.
 */
export function lookupMx(domain: string, options: MxOptions = {}): Promise<Outcome<readonly MxHost[]>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const { deadline = Deadline.never, signal, server } = options
  const endpoint = { host: domain, address: null, port: null, path: null }
  const interrupted = () => fail(abortFailure('lookup', `looking up the MX of ${domain} was interrupted`), elapsed())
  if (signal?.aborted) return Promise.resolve(interrupted())

  return new Promise((resolve) => {
    const resolver = new Resolver()
    if (server !== undefined) resolver.setServers([server])
    const settle = (outcome: Outcome<readonly MxHost[]>) => {
      callOff()
      signal?.removeEventListener('abort', onAbort)
      resolve(outcome)
      resolver.cancel()
    }
    const onAbort = () => settle(interrupted())
    const callOff = deadline.onExpire(() => {
      const message = `looking up the MX of ${domain} took longer than the time allowed`
      settle(fail(deadlineFailure('lookup', message, { endpoint }), elapsed()))
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    resolver.resolveMx(domain, (error, records) => {
      if (!error)
        return settle(
          ok(
            records.map(({ exchange, priority }) => ({ exchange, preference: priority })),
            elapsed(),
          ),
        )
      if (error.code === 'ENODATA') return settle(ok([], elapsed()))
      const base = fromNodeError(error, 'lookup', { endpoint })
      const message = `cannot look up the MX of ${domain}: ${base.message}`
      settle(fail({ ...base, origin: 'resolver', message }, elapsed()))
    })
  })
}
