import { compareHosts } from '../../../core/address/address.js'
import { abortFailure, combineFailures, deadlineFailure, type Failure, failure } from '../../../core/failure.js'
import { RUN_OVER } from '../../../core/hint.js'
import type { Operation } from '../../../core/operation.js'
import { fail, ok } from '../../../core/outcome.js'
import { stopwatch } from '../../../core/timer.js'
import { type Checks, checksOf, concludeChecks } from '../checks.js'
import type { HostEvent, PortscanEvent, PortscanOptions, PortscanSummary, Reason } from '../types.js'
import { checkParts, LINES_BETWEEN_LOOKS, linesOf, readPart, type ShardPart } from './merge-parts.js'

export interface MergeOptions extends Pick<PortscanOptions, 'expect' | 'before'> {
  /** JSON Lines of one shard each. */
  readonly files: readonly string[]
  /** Which verdicts become events; null: all that the parts hold. */
  readonly show: PortscanOptions['show'] | null
}

/**
 * Joins the results of all shards of one scan as if one machine had made it, and holds them against expectations and an
 * earlier scan. Throws UsageError for parts of different scans, for a part that is missing, doubled or unfinished, for
 * files that are none, and for what the parts cannot tell. Fails as a scan does, and for a file that cannot be read.
 */
export const mergeShards: Operation<MergeOptions, PortscanEvent, PortscanSummary> = async (options, context) => {
  const elapsed = stopwatch()
  const parts: ShardPart[] = []
  for (const file of options.files) {
    const part = await readPart(file, () => whyStopped(context))
    if (!part.ok) return fail(part.failure, elapsed())
    parts.push(part.value)
  }
  const checks = checksOf(options)
  checkParts(parts, options)

  const hosts = new Map<string, HostEvent>()
  const targets = new Set<string>()
  let lines = 0
  for (const { file } of parts) {
    for await (const line of linesOf(file)) {
      const stopped = ++lines % LINES_BETWEEN_LOOKS === 0 ? whyStopped(context) : null
      if (stopped) return fail(stopped, elapsed())
      take(line, { options, checks, hosts, targets, emit: context.emit })
    }
  }
  for (const host of hosts.values()) {
    targets.add(host.target)
    if (host.skipped > 0 && host.address !== null) checks.comparison?.giveUp(host.address)
    if (isShown(host, options.show)) context.emit(host)
  }
  const summary = sumUp(parts)
  const unmet = concludeChecks(checks, [...targets].sort(compareHosts), context.emit)
  if (unmet) return fail(unmet, elapsed(), summary)
  const unresolved = [...hosts.values()].flatMap((host) => unresolvedFailure(host) ?? [])
  if (unresolved.length === 0) return ok(summary, elapsed())
  return fail(combineFailures(unresolved, unresolved.length + summary.hosts), elapsed(), summary)
}

function whyStopped({ signal, deadline }: Parameters<typeof mergeShards>[1]): Failure | null {
  if (signal.aborted) return abortFailure('read', 'interrupted before all parts were read')
  return deadline.expired ? deadlineFailure('read', 'the time for the whole run is over', RUN_OVER) : null
}

interface Joining {
  readonly options: MergeOptions
  readonly checks: Checks
  readonly hosts: Map<string, HostEvent>
  /** Those of which a verdict was read, where anything is expected of them. */
  readonly targets: Set<string>
  readonly emit: (event: PortscanEvent) => void
}

function take(line: PortscanEvent | { readonly type: 'result' }, joining: Joining): void {
  const { options, checks, hosts, targets, emit } = joining
  if (line.type === 'port') {
    const { target, port, state, code } = line
    if (checks.expectations.active) {
      targets.add(target)
      checks.expectations.add(target, port, state, code)
    }
    checks.comparison?.add(line)
    if (options.show === null || options.show === 'all' || options.show === state) emit(line)
  } else if (line.type === 'host') {
    const key = `${line.target} ${line.address}`
    hosts.set(key, addHosts(hosts.get(key), line))
  }
}

function isShown(host: HostEvent, show: MergeOptions['show']): boolean {
  return show === null || show === 'all' || host[show] > 0 || host.skipped > 0 || host.code !== null
}

/** Why a target could not be resolved, as its event tells; null for one that was scanned. */
function unresolvedFailure({
  address,
  code,
  phase,
  origin,
  errno,
  syscall,
  message,
  hint,
  advice,
}: HostEvent): Failure | null {
  if (address !== null || code === null || phase === null || origin === null) return null
  return failure({ phase, origin, code, errno, syscall, message: message ?? code, hint, advice })
}

function addHosts(before: HostEvent | undefined, host: HostEvent): HostEvent {
  if (!before) return host
  const { open, closed, filtered, skipped } = before
  return {
    ...host,
    open: host.open + open,
    closed: host.closed + closed,
    filtered: host.filtered + filtered,
    skipped: host.skipped + skipped,
  }
}

function sumUp(parts: readonly ShardPart[]): PortscanSummary {
  const [first] = parts
  if (!first) throw new Error('checkParts lets no empty list through')
  const { file: _file, ...shared } = first
  const sum = (read: (part: ShardPart) => number) => parts.reduce((total, part) => total + read(part), 0)
  const reasons = new Map<string, Reason>()
  for (const { state, code, count } of parts.flatMap((part) => part.reasons)) {
    const key = `${state} ${code}`
    reasons.set(key, { state, code, count: count + (reasons.get(key)?.count ?? 0) })
  }
  const { scan, targets, ports, hosts, unresolved, seed, engine } = shared
  return {
    scan,
    targets,
    ports,
    shard: null,
    total: sum((part) => part.total),
    scanned: sum((part) => part.scanned),
    open: sum((part) => part.open),
    closed: sum((part) => part.closed),
    filtered: sum((part) => part.filtered),
    skipped: sum((part) => part.skipped),
    hosts,
    unresolved,
    reasons: [...reasons.values()].sort((a, b) => b.count - a.count),
    seed,
    engine,
    probesSent: sum((part) => part.probesSent),
  }
}
