import { lookup as getaddrinfo, type LookupAddress } from 'node:dns'
import { checkHost } from '../../core/address/host-name.js'
import { Deadline } from '../../core/deadline.js'
import { describeCode } from '../../core/errno/index.js'
import { abortFailure, deadlineFailure, type Failure, failure, fromNodeError } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { settle } from '../../core/settle.js'
import { lookupTimeMs, readResolverConfig } from '../system/resolver-config.js'
import { descriptorScarcity } from '../system/scarcity.js'

/** IPv4 or IPv6. */
export type Family = 4 | 6

/** A literal address and its family. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: Family
}

export interface LookupOptions {
  /** Only addresses of this family; both where it is left out. */
  readonly family?: Family | undefined
  readonly deadline?: Deadline | undefined
  readonly signal?: AbortSignal | undefined
  /**
   * Where the deadline is that of a step, it has the time instead that the system's own settings give it (resolv.conf(5)),
   * so that a dead name server is no failure where it is none for other programs.
   */
  readonly systemTime?: boolean | undefined
}

let pending = 0

function systemLookupMs(): number {
  return lookupTimeMs(readResolverConfig())
}

/** Calls of getaddrinfo(3) that have not returned, also those that nobody waits for any more: each holds a thread. */
export function pendingLookups(): number {
  return pending
}

/**
 * getaddrinfo(3): the addresses of a host in the system's order (RFC 6724). Literals are read strictly and never reach
 * the resolver. The deadline ends the wait even though the call beneath cannot be cancelled.
 * Throws UsageError for what can be neither a name nor an address.
 */
export function lookup(host: string, options: LookupOptions = {}): Promise<Outcome<ResolvedAddress[]>> {
  const { family, signal } = options
  const target = checkHost(host, 'host')

  if (target.kind === 'address') {
    const { address, family: own } = target
    if (family === undefined || family === own) return Promise.resolve(ok([{ address, family: own }], 0))
    return Promise.resolve(fail(wrongFamily(host, address, family), 0))
  }

  const deadline = options.systemTime ? options.deadline?.insteadOf(systemLookupMs()) : options.deadline
  const where = { endpoint: { host, address: null, port: null, path: null }, syscall: 'getaddrinfo' }
  const words = {
    onDeadline: () =>
      deadlineFailure('lookup', `looking up ${host} took longer than ${(deadline ?? Deadline.never).inWords}`, {
        ...where,
        deadline,
      }),
    onAbort: () => abortFailure('lookup', `looking up ${host} was interrupted`, where),
  }
  return settle({ deadline, signal, ...words }, (done) => {
    pending++
    getaddrinfo(target.name, { all: true, verbatim: true, family: family ?? 0 }, (error, addresses) => {
      pending--
      if (error) done.fail(lookupFailure(host, error))
      else done.ok(unique(addresses))
    })
  })
}

/** The systems list an address once for each socket type or hosts-file line; one attempt each is enough. */
function unique(addresses: readonly LookupAddress[]): ResolvedAddress[] {
  const seen = new Map(
    addresses.map(({ address, family }) => [address, { address, family: family === 6 ? 6 : 4 } as const]),
  )
  return [...seen.values()]
}

function lookupFailure(host: string, error: NodeJS.ErrnoException): Failure {
  const scarce = descriptorScarcity()
  const known = fromNodeError(scarce ?? error, 'lookup', { syscall: 'getaddrinfo' })
  const base = describeCode(known.code)?.kind === 'errno' ? { ...known, origin: 'os' as const } : known
  return {
    ...base,
    message: `cannot resolve ${host}: ${base.message}`,
    endpoint: { host, address: null, port: null, path: null },
  }
}

function wrongFamily(host: string, address: string, family: Family): Failure {
  return failure({
    phase: 'lookup',
    origin: 'resolver',
    code: 'EAI_ADDRFAMILY',
    syscall: 'getaddrinfo',
    message: `${address} is not an IPv${family} address`,
    endpoint: { host, address, port: null, path: null },
  })
}
