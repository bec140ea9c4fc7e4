import {
  abortFailure,
  combineFailures,
  deadlineFailure,
  type Failure,
  failure,
  failureFields,
} from '../../core/failure.js'
import type { Operation, OperationContext } from '../../core/operation.js'
import { fail, ok } from '../../core/outcome.js'
import { serviceName } from '../../core/services.js'
import { UsageError } from '../../core/usage-error.js'
import { descriptorLimit } from '../../net/limits.js'
import { checkSource } from '../../net/source.js'
import { drive, type PortResult } from './drive.js'
import { ExpectationCheck } from './expectations.js'
import { type HostList, resolveHosts } from './hosts.js'
import { netEngine } from './net-engine.js'
import { MAX_DOMAIN, seedOf } from './permutation.js'
import { ProgressMeter } from './progress.js'
import { Scheduler } from './scheduler.js'
import { ProbeSpace } from './space.js'
import { Tally } from './tally.js'
import type { PortscanEvent, PortscanOptions, PortscanSummary } from './types.js'
import { SpaceWalk } from './walk.js'

export type * from './types.js'
export type { PortState } from './verdict.js'

/** More sockets than this slow the event loop down without speeding the scan up. */
const MAX_SOCKETS = 1000
/** Descriptors left alone, for lookups and the program around the scan. */
const SPARE_DESCRIPTORS = 12

/**
 * A TCP connect scan: every port of every target is open, closed or filtered, with its reason. Fails where a target
 * does not resolve, an expectation is not met, or this machine cannot go on; the summary stands in every outcome.
 * Throws UsageError for more than 2^52 probes.
 */
export const portscan: Operation<PortscanOptions, PortscanEvent, PortscanSummary> = async (options, context) => {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  if (options.targets.size * options.ports.size > MAX_DOMAIN) {
    throw new UsageError(
      `${options.targets.size} targets times ${options.ports.size} ports are too many for one scan`,
      '<target>',
    )
  }
  const badSource = options.sourceAddress && (await checkSource(options.sourceAddress))
  if (badSource) return fail(badSource, elapsed())

  const { emit, signal, deadline } = context
  const hosts = await resolveHosts(options.targets, options.sourceAddress?.family ?? options.family, signal, deadline)
  for (const { target, failure: failed } of hosts.unresolved) {
    emit({ type: 'host', target, address: null, open: 0, closed: 0, filtered: 0, ...failureFields(failed) })
  }
  const { summary, expectations, stopped } = await scan(options, hosts, context)
  if (stopped) return fail(stopped, elapsed(), summary)

  const targets = [...hosts.unresolved.map(({ target }) => target), ...scannedTargets(hosts, expectations.active)]
  const broken = expectations.broken(expectations.active ? targets : [])
  for (const each of broken) emit(each)
  if (broken.length > 0) return fail(expectationFailure(broken.length), elapsed(), summary)
  if (hosts.unresolved.length > 0) {
    const failures = hosts.unresolved.map((each) => each.failure)
    return fail(combineFailures(failures, failures.length + hosts.size), elapsed(), summary)
  }
  return ok(summary, elapsed())
}

async function scan(options: PortscanOptions, hosts: HostList, context: OperationContext<PortscanEvent>) {
  const { emit, deadline } = context
  const { targets, ports, inOrder } = options
  const seed = options.seed ?? seedOf(`${targets} ${ports}`)
  const space = new ProbeSpace({ hosts: hosts.size, ports: ports.size, seed, inOrder })
  const portAt = (index: number) => ports.at(index) ?? 0
  const expectations = new ExpectationCheck(options.expect)
  const tally = new Tally(space, (host, counts) => {
    const { target, address } = hosts.at(host)
    emit({ type: 'host', target, address, ...counts, ...failureFields(null) })
  })
  const maxInFlight =
    options.concurrency ?? Math.max(4, Math.min(MAX_SOCKETS, descriptorLimit().free - SPARE_DESCRIPTORS))
  const scheduler = new Scheduler(new SpaceWalk(space), { ...options, maxInFlight })
  const meter = new ProgressMeter(() => ({ done: tally.scanned, total: space.size, open: tally.counts.open }), emit)

  const onResult = ({ silent, ...result }: PortResult) => {
    const { target, address } = hosts.at(result.host)
    const port = portAt(result.port)
    const { state, code, errno, rttMs, tries } = result
    tally.add({ silent, ...result })
    expectations.add(target, port, state, code)
    const origin = code === null ? null : silent ? 'deadline' : 'os'
    const service = serviceName(port, 'tcp')
    emit({ type: 'port', target, address, port, state, code, errno, origin, rttMs, tries, service, banner: null })
  }

  const stop = new AbortController()
  const callOff = deadline.onExpire(() => stop.abort())
  const refused =
    hosts.size === 0
      ? null
      : await drive({
          scheduler,
          engine: (report) =>
            netEngine(
              {
                addressOf: hosts.at,
                portOf: portAt,
                sourceAddress: options.sourceAddress?.address,
                sourcePort: options.sourcePort,
              },
              report,
            ),
          signal: AbortSignal.any([context.signal, stop.signal]),
          onResult,
        })
  callOff()
  meter.stop()
  tally.finish()
  const summary: PortscanSummary = {
    total: space.size,
    scanned: tally.scanned,
    ...tally.counts,
    hosts: hosts.size,
    unresolved: hosts.unresolved.length,
    reasons: tally.reasons,
    seed,
    engine: 'net',
    probesSent: scheduler.sent,
  }
  return { summary, expectations, stopped: whyStopped(refused, stop.signal.aborted, context.signal.aborted, summary) }
}

function whyStopped(
  refused: string | null,
  late: boolean,
  aborted: boolean,
  { scanned, total }: PortscanSummary,
): Failure | null {
  const reached = `${scanned} of ${total} ports have a verdict`
  if (aborted) return abortFailure('connect', `interrupted: ${reached}`)
  if (late) return deadlineFailure('connect', `the time for the whole run is over: ${reached}`)
  if (refused === null) return null
  const base = failure({ phase: 'connect', origin: 'os', code: refused, syscall: 'connect' })
  return { ...base, message: `this machine refuses to open more connections, ${reached}: ${base.message}` }
}

function* scannedTargets(hosts: HostList, wanted: boolean): Generator<string> {
  if (wanted) for (let i = 0; i < hosts.size; i++) yield hosts.at(i).target
}

function expectationFailure(count: number): Failure {
  return failure({
    phase: 'connect',
    origin: 'expectation',
    code: 'EXPECTATION',
    message: count === 1 ? 'one expectation is not met' : `${count} expectations are not met`,
  })
}
