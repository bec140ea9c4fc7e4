import { checkInteger, checkPositive } from '../../core/check-number.js'
import { abortFailure, combineFailures, failureFields } from '../../core/failure.js'
import type { Operation } from '../../core/operation.js'
import { fail, ok } from '../../core/outcome.js'
import { counted } from '../../core/text/digits.js'
import { stopwatch } from '../../core/timer.js'
import { UsageError } from '../../core/usage-error.js'
import { checkSource } from '../../net/connect/source.js'
import { checksOf, concludeChecks } from './checks.js'
import { type HostList, resolveHosts, withoutExcluded } from './hosts.js'
import { scan } from './scan.js'
import { MAX_DOMAIN } from './schedule/permutation.js'
import type { PortscanEvent, PortscanOptions, PortscanSummary } from './types.js'

export { PORTSCAN_DEFAULTS } from './defaults.js'
export { isOnlyListenedTo } from './listened-to.js'
export { readEarlier } from './results/diff.js'
export { type MergeOptions, mergeShards } from './results/merge.js'
export type * from './types.js'
export type { PortState } from './verdict.js'

/**
 * A TCP connect scan: every port of every target is open, closed or filtered, with its reason. Fails where a target
 * does not resolve, an expectation is not met, anything differs from an earlier scan, or this machine cannot go on; the
 * summary stands in every outcome. Throws UsageError for more than 2^52 probes, for another scan's state file, and for a
 * pace that is none.
 */
export const portscan: Operation<PortscanOptions, PortscanEvent, PortscanSummary> = async (given, context) => {
  const elapsed = stopwatch()
  const { ports, sourceAddress, sourcePort, family } = given
  checkPace(given)
  if (given.targets.size * ports.size > MAX_DOMAIN) {
    throw new UsageError(
      `${counted(given.targets.size, 'target')} times ${counted(ports.size, 'port')} are too many for one scan`,
      'targets',
    )
  }
  const named = sourceAddress !== undefined || sourcePort !== undefined
  const badSource = named && (await checkSource(sourceAddress, sourcePort))
  if (badSource) return fail(badSource, elapsed())

  const { emit, signal, deadline } = context
  const lookups = { timeoutMs: given.lookupTimeoutMs, signal, deadline }
  const left = await withoutExcluded(given.targets, lookups)
  if (!left.ok) return fail(left.failure, elapsed())
  const options = { ...given, targets: left.value }
  const hosts = await resolveHosts(options.targets, sourceAddress?.family ?? family, lookups)
  if (signal.aborted) return fail(abortFailure('lookup', 'interrupted while names were looked up'), elapsed())
  for (const { target, failure: failed } of hosts.unresolved) {
    emit({ type: 'host', target, address: null, open: 0, closed: 0, filtered: 0, skipped: 0, ...failureFields(failed) })
  }
  const checks = checksOf(options)
  const { summary, stopped } = await scan(options, hosts, checks, context)
  if (stopped) return fail(stopped, elapsed(), summary)

  const unmet = concludeChecks(checks, allTargets(hosts), emit)
  if (unmet) return fail(unmet, elapsed(), summary)
  if (hosts.unresolved.length > 0) {
    const failures = hosts.unresolved.map((each) => each.failure)
    return fail(combineFailures(failures, failures.length + hosts.size), elapsed(), summary)
  }
  return ok(summary, elapsed())
}

function checkPace({ rate, concurrency, timeoutMs, lookupTimeoutMs, retries }: PortscanOptions): void {
  if (rate !== null) checkPositive('rate', rate)
  if (concurrency !== null) checkInteger('concurrency', concurrency, { min: 1 })
  if (retries !== null) checkInteger('retries', retries, { min: 0 })
  checkPositive('timeoutMs', timeoutMs)
  checkPositive('lookupTimeoutMs', lookupTimeoutMs)
}

function* allTargets(hosts: HostList): Generator<string> {
  for (const { target } of hosts.unresolved) yield target
  for (let i = 0; i < hosts.size; i++) yield hosts.at(i).target
}
