import pLimit from 'p-limit'
import {
  abortFailure,
  combineFailures,
  deadlineFailure,
  type Failure,
  failure,
  failureFields,
  fromFileError,
} from '../../core/failure.js'
import { FailureTally } from '../../core/failure-tally.js'
import { hint, NO_HINT, RUN_OVER } from '../../core/hint.js'
import type { Operation, OperationContext } from '../../core/operation.js'
import { fail, ok } from '../../core/outcome.js'
import { stopwatch } from '../../core/timer.js'
import { nameInfo } from '../../net/system/name-info.js'
import { readResolverConfig } from '../../net/system/resolver-config.js'
import { ServicesFile } from '../../net/system/services-file.js'
import { askOptions, canonicalAddress, DnsClient, systemServers, systemTimeMs, tellingSilence } from '../dns/index.js'
import { inOrder } from '../shared/in-order.js'
import { NameFinder } from './names-of.js'
import { sizeOf, type Target, targetsOf } from './targets.js'
import type { NameEvent, ReverseEvent, ReverseOptions, ReverseSummary } from './types.js'

export { sizeOf } from './targets.js'
export type * from './types.js'

type ReverseContext = OperationContext<ReverseEvent>

/** Of one address, looked up at once under `verify`. */
const NAMES_AT_ONCE = 32

interface Result {
  readonly events: readonly ReverseEvent[]
  readonly failure: Failure | null
  readonly named: boolean
  readonly confirmed: boolean
}

/**
 * The names of addresses, in the order of the addresses. Fails with why an address has no name; with UNCONFIRMED where,
 * under `verify`, none of its names leads back to it; with PARTIAL where others are fine.
 */
export const reverse: Operation<ReverseOptions, ReverseEvent, ReverseSummary> = async (options, context) => {
  const elapsed = stopwatch()
  const config = readResolverConfig()
  const total = sizeOf(options.targets)
  const given = askOptions(options.ask, config)
  // One question that is lost would hold up many others.
  const much = total === null || total > options.concurrency
  const ask = { ...given, repeats: given.repeats === true && much }
  const { signal, deadline } = context
  const systemMs = systemTimeMs(ask, config)
  const { servers } = options
  const ofSystem = systemServers(config)
  const others = (servers ?? ofSystem).length > 1
  const client = new DnsClient(ask, signal, much && others ? { fellSilent: tellingSilence(context) } : {})
  const finder = new NameFinder({ client, servers, systemServers: ofSystem, timeoutMs: systemMs, signal })
  const tally = new FailureTally()
  let [done, named, confirmed] = [0, 0, 0]
  const deliver = (result: Result) => {
    done++
    if (result.named) named++
    if (result.confirmed) confirmed++
    if (result.failure) tally.add(result.failure)
    for (const event of result.events) context.emit(event)
    context.emit({ type: 'progress', done, total, named })
  }
  const limits = { limit: options.concurrency, signal, deadline, drained: context.drained }
  const work = (target: Target) =>
    'mistake' in target
      ? Promise.resolve(unnamed(target.text, target.mistake, 0, null))
      : nameAddress(target.address, finder, { ...options, timeoutMs: systemMs }, context)
  let complete = true
  let unreadable: Failure | null = null
  try {
    complete = await inOrder(targetsOf(options.targets), limits, work, deliver)
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    unreadable = fromFileError(error, 'cannot read the addresses')
  } finally {
    client.close()
  }
  const elapsedMs = elapsed()
  const summary = { addresses: done, named, confirmed: options.verify ? confirmed : null }
  const failed =
    unreadable ??
    (signal.aborted ? abortFailure('lookup') : null) ??
    (complete ? null : deadlineFailure('lookup', 'the time for the whole run is over', RUN_OVER)) ??
    (done === 0 ? noAddresses() : tally.combine(done, 'addresses'))
  return failed ? fail(failed, elapsedMs, summary) : ok(summary, elapsedMs)
}

function noAddresses(): Failure {
  const message = 'there are no addresses to ask for'
  return failure({ phase: 'options', origin: 'usage', code: 'EUSAGE', message, ...NO_HINT })
}

async function nameAddress(
  address: string,
  finder: NameFinder,
  options: Pick<ReverseOptions, 'verify' | 'servicePort'> & { readonly timeoutMs: number },
  { deadline, signal }: ReverseContext,
): Promise<Result> {
  const elapsed = stopwatch()
  const { servicePort, timeoutMs } = options
  const [found, info] = await Promise.all([
    finder.namesOf(address, deadline),
    servicePort === null ? null : nameInfo(address, servicePort, { deadline: deadline.within(timeoutMs), signal }),
  ])
  if (!found.ok) return unnamed(address, found.failure, elapsed(), serviceOf(servicePort))
  const { names, source, server, ttl } = found.value
  const events: NameEvent[] = []
  const failures: Failure[] = []
  // Whose address it is says how many names it has: one that nobody answers for must not hold up the next.
  const lookBack = pLimit(NAMES_AT_ONCE)
  const led = options.verify ? await lookBack.map(names, (name) => finder.addressesOf(name, deadline)) : []
  for (const [at, name] of names.entries()) {
    const back = led[at]
    if (back && !back.ok) failures.push(back.failure)
    const addresses = back?.ok ? back.value : null
    const confirmed = addresses?.some((each) => canonicalAddress(each) === address) ?? null
    events.push({
      type: 'name',
      address,
      name,
      role: at === 0 || source === 'dns' ? 'primary' : 'alias',
      source,
      server,
      ttl,
      confirmed,
      addresses,
      service: info?.ok ? info.value.service : serviceOf(servicePort),
      elapsedMs: elapsed(),
    })
  }
  const confirmed = events.some((event) => event.confirmed === true)
  if (!options.verify || confirmed) return { events, failure: null, named: true, confirmed }
  const failed =
    failures.length > 0 ? combineFailures(failures, failures.length, 'names') : unconfirmed(address, events)
  const reason = unnamed(address, failed, elapsed(), serviceOf(servicePort))
  return { ...reason, events: [...events, ...reason.events], named: true }
}

/** getnameinfo tells none without a name of the address. */
function serviceOf(port: number | null): string | null {
  return port === null ? null : ServicesFile.read().name(port, 'tcp')
}

function unnamed(address: string, failed: Failure, elapsedMs: number, service: string | null): Result {
  const event = { type: 'unnamed', address, service, elapsedMs, ...failureFields(failed) } as const
  return { events: [event], failure: failed, named: false, confirmed: false }
}

function unconfirmed(address: string, events: readonly NameEvent[]): Failure {
  const led = events.map(({ name, addresses }) => `${name} leads to ${addresses?.join(', ') || 'no address'}`)
  return failure({
    phase: 'lookup',
    origin: 'expectation',
    code: 'UNCONFIRMED',
    endpoint: { host: address, address, port: null, path: null },
    message: `${address} has no name that leads back to it: ${led.join('; ')}`,
    ...hint(
      'the PTR record and the A or AAAA record are kept in different zones: one of them was not changed with the other',
    ),
  })
}
