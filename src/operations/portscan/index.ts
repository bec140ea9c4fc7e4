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
import { checkSource } from '../../net/source.js'
import type { PortResult } from './drive.js'
import { ExpectationCheck } from './expectations.js'
import { type HostList, resolveHosts } from './hosts.js'
import { MAX_DOMAIN, seedOf } from './permutation.js'
import { ProgressMeter } from './progress.js'
import { NO_RUN, runScan, type ScanRun } from './run.js'
import { ProbeSpace } from './space.js'
import { Tally } from './tally.js'
import type { PortscanEvent, PortscanOptions, PortscanSummary } from './types.js'

export { PORTSCAN_DEFAULTS } from './defaults.js'
export type * from './types.js'
export type { PortState } from './verdict.js'

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
  const { targets, ports, inOrder, show } = options
  const seed = options.seed ?? seedOf(`${targets} ${ports}`)
  const space = { hosts: hosts.size, ports: ports.size, seed, inOrder }
  const total = hosts.size * ports.size
  const portAt = (index: number) => ports.at(index) ?? 0
  const expectations = new ExpectationCheck(options.expect)
  const tally = new Tally(new ProbeSpace(space), (host, counts) => {
    if (show !== 'all' && counts[show] === 0) return
    const { target, address } = hosts.at(host)
    emit({ type: 'host', target, address, ...counts, ...failureFields(null) })
  })
  const meter = new ProgressMeter(() => ({ done: tally.scanned, total, open: tally.counts.open }), emit)

  const onResult = (result: PortResult) => {
    const { state, code, silent } = result
    if (expectations.active || show === 'all' || show === state) {
      const { target, address } = hosts.at(result.host)
      const port = portAt(result.port)
      expectations.add(target, port, state, code)
      if (show === 'all' || show === state) {
        const { errno, rttMs, tries } = result
        const origin = code === null ? null : silent ? 'deadline' : 'os'
        const service = serviceName(port, 'tcp')
        emit({ type: 'port', target, address, port, state, code, errno, origin, rttMs, tries, service, banner: null })
      }
    }
    tally.add(result)
  }

  const stop = new AbortController()
  const callOff = deadline.onExpire(() => stop.abort())
  const signal = AbortSignal.any([context.signal, stop.signal])
  const run = total === 0 ? NO_RUN : await runScan({ options, hosts, space, signal, onResult, emit })
  callOff()
  meter.stop()
  tally.finish()
  const summary: PortscanSummary = {
    total,
    scanned: tally.scanned,
    ...tally.counts,
    hosts: hosts.size,
    unresolved: hosts.unresolved.length,
    reasons: tally.reasons,
    seed,
    engine: run.engine,
    probesSent: run.sent,
  }
  return { summary, expectations, stopped: whyStopped(run, stop.signal.aborted, context.signal.aborted, summary) }
}

function whyStopped(
  run: ScanRun,
  late: boolean,
  aborted: boolean,
  { scanned, total }: PortscanSummary,
): Failure | null {
  const reached = `${scanned} of ${total} ports have a verdict`
  if (aborted) return abortFailure('connect', `interrupted: ${reached}`)
  if (late) return deadlineFailure('connect', `the time for the whole run is over: ${reached}`)
  return run.failure && { ...run.failure, message: `${run.failure.message}; ${reached}` }
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
